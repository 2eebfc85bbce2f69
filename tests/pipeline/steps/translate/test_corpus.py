"""A corpus is translated window by window; what was translated before a kill is not translated again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, standard_artifacts

from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.errors import ConfigurationError, DataError, PipelineError
from pipeline.examples.shards import Pair, ShardWriter, read_batches, shards
from pipeline.steps.translate.component import Executor
from pipeline.steps.translate.corpus import TranslateShard
from pipeline.steps.translate.counts import read_counts
from pipeline.steps.translate.exported import ExportedModel
from pipeline.steps.translate.settings import TranslateSettings
from tests.pipeline.steps.evaluate import toy

SOURCES = [f"word {number} " + "long " * (number % 7) for number in range(25)]


class KilledError(Exception):
    """As a kill would."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.export({source: source.upper() for source in SOURCES}, tmp_path_factory.mktemp("model"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many sentences the model was asked for at once, each time."""
    counts: list[int] = []
    original = ExportedModel.translate_examples

    def counted(
        self: ExportedModel, serialized: Sequence[bytes], lengths: Sequence[int], batch: int
    ) -> list[bytes]:
        counts.append(len(serialized))
        return original(self, serialized, lengths, batch)

    monkeypatch.setattr(ExportedModel, "translate_examples", counted)
    return counts


def write(folder: Path, sources: Sequence[str]) -> None:
    with ShardWriter(str(folder), "data", shard_rows=15) as writer:
        for line, source in enumerate(sources, start=1):
            writer.write(Pair(source.encode(), b"reference", b"c", line))


def read(folder: Path) -> list[Pair]:
    return [pair for path in shards(str(folder)) for batch in read_batches(path) for pair in batch.pairs()]


def test_a_worker_holds_a_window_and_goes_on_where_it_was(
    model: Path, asked: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "corpus", SOURCES)
    files = list(enumerate(shards(str(tmp_path / "corpus"))))
    out = tmp_path / "out"

    def translate() -> None:
        worker = TranslateShard(str(model), batch=4, folder=str(out), window=6)
        worker.setup()
        for file in files:
            list(worker.process(file))

    with monkeypatch.context() as patched:
        written = ShardWriter.write

        def killed(self: ShardWriter, pair: Pair) -> None:
            if pair.line == 9:  # in the second window
                raise KilledError
            written(self, pair)

        patched.setattr(ShardWriter, "write", killed)
        with pytest.raises(KilledError):
            translate()
    assert len(read(out)) == 6
    asked.clear()
    translate()
    assert asked == [6, 3, 6, 4]  # 15 and 10 sentences, without the first six
    assert read(out) == [
        Pair(source.encode(), source.upper().encode(), b"c", line) for line, source in enumerate(SOURCES, 1)
    ]


def run(folder: Path, model: Path, engine: dict[str, Any] | None = None, **settings: Any) -> None:
    """From FOLDER/in, which has `train` and `dev`, to FOLDER/out; `engine`: the section `beam`."""
    examples, translated = standard_artifacts.Examples(), standard_artifacts.Examples()
    examples.uri, translated.uri = str(folder / "in"), str(folder / "out")
    examples.split_names = artifact_utils.encode_split_names(["train", "dev"])
    stored = standard_artifacts.Model()
    stored.uri = str(model)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=beam_arguments(BeamConfig.model_validate(engine or {})),
        tmp_dir=str(folder),
        unique_id="1",
    )
    inputs: dict[str, Any] = {"examples": [examples], "model": [stored]}
    Executor(context).Do(
        inputs,
        {"translated_examples": [translated]},
        {"settings": TranslateSettings(**settings).model_dump_json(), "work": str(folder / "work")},
    )


def test_the_chosen_splits_are_translated_and_the_others_stay(
    model: Path, asked: list[int], tmp_path: Path
) -> None:
    write(tmp_path / "in" / "Split-train", SOURCES)
    write(tmp_path / "in" / "Split-dev", SOURCES[:3])
    run(tmp_path, model)
    assert sorted(asked) == [10, 15]
    assert [pair.target.decode() for pair in read(tmp_path / "out" / "Split-train")] == [
        source.upper() for source in SOURCES
    ]
    assert {pair.target for pair in read(tmp_path / "out" / "Split-dev")} == {b"reference"}
    assert not (tmp_path / "work").exists()
    counted = read_counts(tmp_path / "out").splits
    assert list(counted) == ["train"]
    assert (counted["train"].sentences, counted["train"].empty) == (25, 0)
    assert counted["train"].samples[1] == (SOURCES[1], SOURCES[1].upper())


def test_a_model_that_says_nothing_is_named(tmp_path: Path) -> None:
    silent = toy.export({"one": "", "two": " "}, tmp_path / "model")
    for split in ("train", "dev"):
        write(tmp_path / "in" / f"Split-{split}", ["one", "two"])
    with pytest.raises(
        DataError, match=r"said nothing to any of the 2 sentences of train.*: train the model"
    ):
        run(tmp_path, silent)


def translations(folder: Path, model: Path, engine: dict[str, Any] | None = None) -> list[tuple[str, bytes]]:
    """What an engine leaves of two shards: names of files and what is in them."""
    write(folder / "in" / "Split-train", SOURCES)
    run(folder, model, engine)
    return [(path.name, path.read_bytes()) for path in sorted((folder / "out" / "Split-train").iterdir())]


def test_several_processes_give_the_same_output(model: Path, tmp_path: Path) -> None:
    several = translations(tmp_path / "several", model, {"runner": "multi_processing", "processes": 2})
    assert several == translations(tmp_path / "one", model)
    assert len(several) == 2


@pytest.mark.parametrize("empty", ["train", "dev"])
def test_a_split_without_a_sentence_stays_empty(empty: str, model: Path, tmp_path: Path) -> None:
    filled = {"train": "dev", "dev": "train"}[empty]
    write(tmp_path / "in" / f"Split-{filled}", SOURCES[:2])
    run(tmp_path, model)
    assert read(tmp_path / "out" / f"Split-{empty}") == []
    assert (tmp_path / "out" / f"Split-{empty}").is_dir()
    assert len(read(tmp_path / "out" / f"Split-{filled}")) == 2


def test_a_split_that_there_is_not_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="`splits` names test, and the examples have train, dev"):
        run(tmp_path, model, splits=("train", "test"))


def test_a_model_without_the_language_is_refused(tmp_path: Path) -> None:
    model = toy.export_directed({"word": "Wort"}, ["de"], tmp_path / "model")
    with ShardWriter(str(tmp_path / "corpus"), "data") as writer:
        writer.write(Pair(b"word", b"mot", b"c", 1, b"en", b"fr"))
        writer.write(Pair(b"word", b"Wort", b"c", 1, b"en", b"de"))
    (shard,) = shards(str(tmp_path / "corpus"))
    worker = TranslateShard(str(model), batch=4, folder=str(tmp_path / "out"))
    worker.setup()
    with pytest.raises(PipelineError, match="no translation into fr: give a model that does"):
        list(worker.process((0, shard)))
    assert ExportedModel(model).refused(["de", "fr"]) == {"fr"}
    without = TranslateShard(str(model), batch=4, folder=str(tmp_path / "out"), without={"fr"})
    without.setup()
    list(without.process((0, shard)))
    assert [pair.target for pair in read(tmp_path / "out")] == [b"", b"Wort"]
