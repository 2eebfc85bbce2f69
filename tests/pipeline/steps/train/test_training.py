"""What the Trainer leaves: in the artifact, which is kept for ever, and in the folder of checkpoints."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from absl import logging
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from contracts.attention import AligningHead, AttentionStudy
from contracts.card import EXTRA, TRANSLATOR
from contracts.confidence import Confidence
from contracts.protection import ProtectedPieces
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.fingerprint import fingerprint
from pipeline.steps.push.warmup import text_signatures
from pipeline.steps.train import training
from pipeline.steps.train.phases import read_phases
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.train.training_folder import earlier_dumps
from pipeline.workspace import progress
from tests.pipeline.steps.train.conftest import STEPS, Trainings, learn
from trainer.config import VocabularyConfig
from trainer.lexicon import load_lexicon
from trainer.store import load_translator
from trainer.training.checkpoint import read_arrays, write_arrays
from trainer.training.initial import weights_by_name
from trainer.training.settings import TrainingSettings
from trainer.training.step import TrainingStep
from trainer.vocabulary import Vocabulary


def export_nothing(
    _translator: object, _vocabulary: object, _search: object, folder: Path, *_: object
) -> None:
    """Where it is asked what is trained: an export takes longer than these trainings."""
    (folder / EXTRA).mkdir(parents=True)


@pytest.fixture
def _without_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "export_translator", export_nothing)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_artifact_has_what_later_components_and_a_warm_start_need(first: Trainings) -> None:
    model_run = first.model_run()
    assert [line.partition(" ")[0] for line in first.lines[-3:]] == ["ended", "exporting", "loading"]
    assert names(model_run) == {"translator", "training", "seconds.json", "attention.json"}
    assert names(model_run / "training") == {"history.json", "tensorboard"}
    translator, _ = load_translator(model_run / "translator")
    assert translator.trainable_variables
    assert list(read_phases(model_run)) == ["fit", "export", "check"]
    assert read_phases(model_run)["fit"] > 0
    [work] = first.checkpoints.iterdir()
    assert {"state.npz", "best.npz"} <= names(work / "checkpoints")


@pytest.mark.usefixtures("_without_export")
def test_init_from_begins_with_the_weights_that_fit_and_says_which(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[str, np.ndarray] = {}
    step = TrainingStep.run

    def run(self: TrainingStep, *batches: Any) -> float:
        if not begun:
            begun.update((weight.path, weight.numpy()) for weight in self._weights)
        return step(self, *batches)

    monkeypatch.setattr(TrainingStep, "run", run)
    monkeypatch.setattr(progress, "observers", [trainings])
    monkeypatch.setattr(trainings, "lines", [])
    stored = trainings.model_run() / TRANSLATOR
    trainings.init_from, trainings.layers = stored, 2
    deeper, _ = load_translator(trainings.run() / TRANSLATOR)
    said = "\n".join(trainings.lines)
    assert re.search(r"^initial weights: \d+ of \d+ taken: .*encoder_0 \(\d+\)", said, re.MULTILINE)
    assert re.search(r"^begin fresh, absent there: encoder_1 \(\d+\)$", said, re.MULTILINE)
    taken = weights_by_name(load_translator(stored)[0])
    assert {name.split("/")[1] for name in begun.keys() - taken.keys()} == {"encoder_1"}
    for name, weight in taken.items():
        np.testing.assert_array_equal(begun[name], weight)
    assert len(deeper.trainable_variables) == len(begun)


def test_links_are_read_from_a_head_that_artifact_and_version_name(trainings: Trainings) -> None:
    plain = AttentionStudy.of(trainings.model_run())
    assert plain is not None
    assert plain.sentences == 3
    assert plain.aligning is None
    assert AligningHead.of(trainings.exported() / EXTRA) is None
    trainings.signatures = ("align",)
    chosen = AttentionStudy.of(trainings.run())
    assert chosen is not None
    assert chosen.aligning is not None
    assert chosen.aligning.by == "aligner"
    assert AligningHead.of(trainings.exported(2) / EXTRA) == chosen.aligning


def test_what_is_only_shown_ends_no_run(trainings: Trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    def study(*_: Any, **__: Any) -> None:
        raise ValueError("no such axis")

    monkeypatch.setattr(training, "study", study)
    trainings.signatures = ("align",)
    assert names(trainings.run()) == {"translator", "training", "seconds.json"}


def test_the_signature_of_the_dev_bleu_is_in_all_that_training_writes(first: Trainings) -> None:
    training = first.model_run() / "training"
    evaluations = [row for row in json.loads((training / "history.json").read_text()) if "dev_bleu" in row]
    signature = evaluations[0]["dev_bleu_signature"]
    assert signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert [row["dev_bleu_signature"] for row in evaluations] == [signature] * STEPS
    [work] = first.checkpoints.iterdir()
    assert read_arrays(work / "checkpoints" / "best.npz")[1]["dev_bleu_signature"] == signature
    board = EventAccumulator(str(training / "tensorboard"))
    board.Reload()
    written = board.Tensors("dev_bleu_signature")
    assert [event.tensor_proto.string_val[0].decode() for event in written] == [signature] * STEPS


def test_a_finished_training_is_exported_again_and_not_trained_again(trainings: Trainings) -> None:
    trainings.signatures = ("sample",)
    trainings.run(beams=2)
    assert trainings.steps == STEPS
    exports = [trainings.exported(number) for number in (1, 2)]
    assert ["sample" in text_signatures(export) for export in exports] == [False, True]


@pytest.mark.usefixtures("_without_export")
def test_another_revision_is_trained_anew(trainings: Trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "TRAINING_REVISION", training.TRAINING_REVISION + 1)
    trainings.run()
    assert trainings.steps == 2 * STEPS
    assert len(list(trainings.checkpoints.iterdir())) == 2


@pytest.mark.usefixtures("_without_export")
def test_a_training_that_was_known_by_all_keys_is_found_and_goes_on(trainings: Trainings) -> None:
    [now] = trainings.checkpoints.iterdir()
    settings = trainings.settings(max_steps=STEPS + 1)
    splits = [trainings.folder / "Split-train", trainings.folder / "Split-dev"]
    vocabulary = trainings.folder / "vocabulary"
    revision = f"training revision {training.TRAINING_REVISION}"
    name = fingerprint([vocabulary, *splits], next(earlier_dumps(settings)), revision)
    before = now.rename(trainings.checkpoints / name)
    state = before / "checkpoints" / "state.npz"
    arrays, meta = read_arrays(state)
    known = TrainingSettings(settings.model, settings.training, Vocabulary.load(vocabulary), 1).digest()
    write_arrays(state, arrays, {**meta, "settings": known})
    trainings.run(max_steps=STEPS + 1)
    assert trainings.steps == STEPS + 1
    assert names(trainings.checkpoints) == {now.name}
    assert read_arrays(now / "checkpoints" / "state.npz")[1]["settings"] == meta["settings"]


@pytest.mark.usefixtures("_without_export")
def test_checkpoints_of_all_trainings_but_the_last_two_are_pruned_when_one_has_finished(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(trainings.checkpoints)  # It is trained again, and its export fails.
    abandoned = trainings.checkpoints / "abandoned" / "checkpoints"
    abandoned.mkdir(parents=True)
    (abandoned / "state.npz").write_bytes(bytes(1000))
    os.utime(abandoned.parent, (1, 1))
    (trainings.checkpoints / "before").mkdir()
    said: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(training, "export_translator", _fail)
        with pytest.raises(OSError, match="disk"):
            trainings.run()
    assert len(names(trainings.checkpoints)) == 3  # not before it has been exported
    monkeypatch.setattr(logging, "info", lambda text, *values, **_: said.append(text % values))
    trainings.run()
    assert trainings.steps == 2 * STEPS  # A failed export costs no training.
    [current] = set(names(trainings.checkpoints)) - {"before"}
    assert current != "abandoned"
    assert [line for line in said if line.startswith("pruned")] == [
        f"pruned the checkpoints of another training: {abandoned.parent} (1000 bytes)"
    ]


@pytest.mark.usefixtures("_without_export")
def test_a_training_that_was_used_again_outlasts_one_that_was_not(trainings: Trainings) -> None:
    [used] = trainings.checkpoints.iterdir()
    os.utime(used, (1, 1))
    trainings.run(beams=2)
    unused = trainings.checkpoints / "unused"
    unused.mkdir()
    os.utime(unused, (2, 2))
    training.prune(trainings.checkpoints / "current")
    assert names(trainings.checkpoints) == {used.name}


def test_what_a_killed_removal_left_is_no_training_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for age, name in enumerate(("oldest", "older", "current"), 1):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (age, age))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            training.prune(tmp_path / "current")
    assert "oldest" not in names(tmp_path)
    assert len(names(tmp_path)) == 3
    training.prune(tmp_path / "current")
    assert names(tmp_path) == {"older", "current"}


def _fail(*_: object) -> None:
    raise OSError("disk")


def test_the_check_of_the_export_asks_every_direction(tmp_path: Path) -> None:
    names = ["en-de", "fr-de", "es-de", "it-de", "nl-de"]
    with ShardWriter(str(tmp_path), "data") as writer:
        for name in names:
            for row in range(20):
                source, target = (language.encode() for language in name.split("-"))
                writer.write(Pair(f"{name} {row}".encode(), b"t", b"c", row, source, target))
    directions = [{"source_language": way[:2], "target_language": way[3:]} for way in names]
    settings = TrainerSettings.model_validate(
        {
            **Trainings(tmp_path).settings().model_dump(mode="json"),
            "directions": directions,
        }
    )
    asked = list(training._dev_pairs([tmp_path / "data-00000.gz"], settings, 8))
    assert [(pair.source, pair.target_language) for pair in asked] == [
        (f"{name} {row}".encode(), b"de") for name in names for row in range(2)
    ]


def test_a_head_that_goes_by_a_lexicon_has_one_of_the_training_pairs_in_the_version(
    trainings: Trainings,
) -> None:
    steps, asked = trainings.steps, {"head": {"name": "lexical-shortlist", "frequent": 0}}
    # Asking for it trains nothing again.
    model_run = trainings.run(**asked)
    assert trainings.steps == steps
    version = trainings.exported(2)
    assert load_lexicon(trainings.exported(1) / EXTRA / TRANSLATOR) is None
    lexicon = load_lexicon(version / EXTRA / TRANSLATOR)
    assert lexicon is not None
    vocabulary = Vocabulary.load(model_run / TRANSLATOR / "vocabulary")
    source, target = vocabulary.encode_source(["two"])[0], vocabulary.encode_target(["TWO"])[0]
    assert set(target[:-1]) & set(lexicon.candidates[source[0]])
    assert load_translator(version / EXTRA / TRANSLATOR)[1] == vocabulary


def test_what_dev_sentences_tell_of_the_answers_lies_in_the_version(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = trainings.exported() / EXTRA
    assert ProtectedPieces.of(extra) is Confidence.of(extra) is None
    learn(trainings.folder, VocabularyConfig(size=300, protected=2))
    trainings.good_chrf = 50.0
    trainings.run()
    extra = trainings.exported(2) / EXTRA
    protection, confidence = ProtectedPieces.of(extra), Confidence.of(extra)
    assert protection is not None
    assert (protection.pieces, protection.sentences) == (2, 3)
    assert confidence is not None
    assert (confidence.good_chrf, confidence.sentences) == (50.0, 3)
    # Asking for another one trains nothing again.
    steps, trainings.good_chrf = trainings.steps, 40.0
    monkeypatch.setattr(training, "export_translator", export_nothing)
    monkeypatch.setattr(training, "_measure", lambda *_: None)
    trainings.run()
    assert trainings.steps == steps
