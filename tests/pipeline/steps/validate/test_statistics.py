"""The statistics of a run in this process are those that TFX's executor makes through Beam."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import json_format
from tfx.components.statistics_gen import executor as tfx_executor
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, standard_artifacts

from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.validate import statistics
from pipeline.steps.validate.statistics import Executor, statistics_options

SPLITS = {"train": 3000, "dev": 40, "test": 7}
DIRECTIONS = ((b"en", b"de"), (b"de", b"en"))
SLICES = {
    "All Examples",
    "source_language_en_target_language_de",
    "source_language_de_target_language_en",
}


def examples(folder: Path, **splits: int) -> standard_artifacts.Examples:
    """Of a split of n pairs, in shards of 1,250; in the last third of one, texts have languages, of two
    directions in turn."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.span = str(folder), 5
    artifact.split_names = artifact_utils.encode_split_names(list(splits))
    for split, count in splits.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        with ShardWriter(str(folder / f"Split-{split}"), "data", shard_rows=1250) as writer:
            for line in range(count):
                languages = DIRECTIONS[line % 2] if line > 2 * count / 3 else (b"", b"")
                source, target = b"source %d" % (line % 700), "Zielsätze ".encode() * (line % 9)
                writer.write(Pair(source, target, b"ab"[line % 2 :], line + 1, *languages))
    return artifact


def made_by(
    kind: type[BaseBeamExecutor], given: Any, folder: Path, by_direction: bool = False, **engine: Any
) -> Any:
    """The ExampleStatistics of an executor."""
    arguments = beam_arguments(BeamConfig(**engine))
    context = kind.Context(beam_pipeline_args=arguments, tmp_dir=str(folder), unique_id="1")
    made = standard_artifacts.ExampleStatistics()
    made.uri = str(folder)
    options = statistics_options(by_direction=by_direction).to_json()
    given_options = {"stats_options_json": options, "exclude_splits": "[]"}
    kind(context).Do({"examples": [given]}, {"statistics": [made]}, given_options)
    return made


def facts(folder: Path, split: str) -> dict[str, dict[str, Any]]:
    """By slice all that the file says, by its place in the message; features by their names."""
    read = tfdv.load_stats_binary(str(folder / f"Split-{split}" / "FeatureStats.pb"))
    said = {}
    for dataset in json_format.MessageToDict(read)["datasets"]:
        dataset["features"] = {feature["path"]["step"][0]: feature for feature in dataset["features"]}
        said[dataset.get("name", "")] = dict(_leaves("", dataset))
    return said


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(f"{place}/{key}", inner)
    else:
        yield place, value


@pytest.mark.parametrize(
    ("by_direction", "slices"),
    [(False, {""}), (True, SLICES)],
)
def test_they_are_what_tfx_makes_of_the_same_examples(
    tmp_path: Path, by_direction: bool, slices: set[str]
) -> None:
    given = examples(tmp_path / "examples", **SPLITS)
    slow = made_by(tfx_executor.Executor, given, tmp_path / "slow", by_direction)
    fast = made_by(Executor, given, tmp_path / "fast", by_direction)
    assert str(fast).replace("/fast", "/slow") == str(slow)
    for split, count in SPLITS.items():
        wanted, worked_out = facts(tmp_path / "slow", split), facts(tmp_path / "fast", split)
        assert worked_out.keys() == slices
        assert worked_out == {
            name: {
                place: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
                for place, value in part.items()
            }
            for name, part in wanted.items()
        }
        assert next(iter(worked_out.values()))["/numExamples"] == str(count)


@pytest.mark.parametrize(
    ("splits", "engine"),
    [({"train": 9, "dev": 0}, {}), ({"train": 9}, {"runner": "multi_processing", "processes": 1})],
)
def test_on_another_engine_and_of_an_empty_split_tfx_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, splits: dict[str, int], engine: dict[str, Any]
) -> None:
    asked = []
    monkeypatch.setattr(tfx_executor.Executor, "Do", lambda *given: asked.append(given))
    monkeypatch.delattr(statistics, "split_statistics")
    made_by(Executor, examples(tmp_path / "examples", **splits), tmp_path / "made", **engine)
    assert len(asked) == 1
