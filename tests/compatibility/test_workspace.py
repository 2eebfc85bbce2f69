"""A workspace of then: what a run of now reads of it, what it makes again, and how it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.load import load
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.train.training import TRAINING_REVISION
from pipeline.steps.train.training_folder import training_folder
from tests.compatibility.conftest import FIXTURE, Old
from tests.serving.conftest import dragoman
from trainer.training.checkpoint import read_arrays
from trainer.training.settings import TrainingSettings
from trainer.vocabulary import Vocabulary

FIRST = "2167e1b7bc3a8bc338217fcc612c5a95421910d60a7742e5f18d9f1f37c70749"
"""The key of version 1's training, as it was then."""
SECOND = "2a6d93b17c9e5a22a3555be87f2afac9644d9de395f63cbcdc2d050c80030a41"


def settings(*overrides: str) -> TrainerSettings:
    """Of the training of the configuration of then."""
    config = load(FIXTURE / "run.yaml", overrides)
    return TrainerSettings(
        languages=config.languages,
        model=config.model,
        training=config.training,
        search=config.search,
        tokenize=config.evaluation.tokenize,
    )


def folder(old: Old, *overrides: str) -> Path:
    """Where a training of these settings on the vocabulary and the examples of then works."""
    examples = old.artifact("Cleaner", "cleaned_examples", 6)
    inputs = [
        old.artifact("Tokenizer", "vocabulary", 7),
        examples / "Split-train",
        examples / "Split-dev",
    ]
    return training_folder(old.workspace / "checkpoints", settings(*overrides), inputs, TRAINING_REVISION)


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ([], FIRST),
        (["training.max_steps=900", "training.patience=9", "search.beams=3"], FIRST),
        (["training.seed=2"], SECOND),
    ],
)
def test_a_training_is_found_under_its_key_of_then(old: Old, overrides: list[str], key: str) -> None:
    before = old.workspace / "checkpoints" / key
    kept = {path.name for path in before.iterdir()}
    now = folder(old, *overrides)
    assert not before.exists()
    assert {path.name for path in now.iterdir()} == kept
    assert folder(old, *overrides) == now


@pytest.mark.parametrize("override", ["training.seed=3", "model.dropout=0.3", "languages.allow_same=true"])
def test_another_training_is_not(old: Old, override: str) -> None:
    assert not folder(old, override).exists()
    assert {path.name for path in (old.workspace / "checkpoints").iterdir()} == {FIRST, SECOND}


def test_its_checkpoint_is_known_by_its_identity_of_then(unpacked: Old) -> None:
    state = unpacked.workspace / "checkpoints" / FIRST / "checkpoints" / "state.npz"
    vocabulary = Vocabulary.load(unpacked.artifact("Tokenizer", "vocabulary", 7))
    known = settings()
    now = TrainingSettings(known.model, known.training, vocabulary, 1)
    assert read_arrays(state)[1]["settings"] == now.digest()
    assert now.differences(now.saved()) == []


def test_a_run_goes_on_in_it(old: Old) -> None:
    """That of an example of then, cut short. All of it is done once more, as the code of every step is
    another one, and the vocabulary has the rules of `texts.normalisation` now, which no training of then had
    learnt with. Versions count on, and the candidate is compared with what is served."""
    changes = [
        *("name=old", f"workspace={old.folder / 'runs'}", f"push.model_root={old.models}"),
        *("corpora.0.pairs=200", "vocabulary.size=340"),
        *("training.max_steps=2", "training.evaluate_sentences=2"),
        *("search.beams=2", "search.max_target_length=12"),
        *("evaluation.bleu_floor=0", "evaluation.max_drop=100", "evaluation.bootstrap_samples=100"),
    ]
    example = FIXTURE / "examples" / "embedded.yaml"
    options = [word for change in changes for word in ("--set", change)]
    done = dragoman("run", example, *options, "--json", timeout=500)
    assert done.returncode == 0, done.stderr.decode()
    result = json.loads(done.stdout)
    assert (result["version"], result["baseline_version"]) == (3, 2)
    assert result["cached"] == []
    assert {path.name for path in (old.models / "old").iterdir() if path.name.isdigit()} == {"1", "2", "3"}
    # As after every training, the one that was used before it is kept beside it.
    trainings = {path.name for path in (old.workspace / "checkpoints").iterdir()}
    assert len(trainings) == 2
    assert len(trainings - {FIRST, SECOND}) == 1
