"""What the report says of each direction, by the statistics."""

from __future__ import annotations

import gzip
from pathlib import Path

from tfx.components.statistics_gen import executor as tfx_executor
from tfx.types import artifact_utils, standard_artifacts

from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.validate.directions import direction_facts
from pipeline.steps.validate.statistics import Executor
from tests.pipeline.steps.validate.test_statistics import made_by

ENGLISH, GERMAN = b"a house", "ein Häuschen".encode()


def written(folder: Path, **splits: list[Pair]) -> standard_artifacts.Examples:
    """Examples of these splits."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(list(splits))
    for split, pairs in splits.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        with ShardWriter(f"{folder}/Split-{split}", "data") as writer:
            for pair in pairs:
                writer.write(pair)
    return artifact


def test_each_split_has_its_directions(tmp_path: Path) -> None:
    pairs = [Pair(ENGLISH, GERMAN, b"c", line, b"en", b"pt-BR") for line in (1, 2, 3)]
    pairs.append(Pair(GERMAN, ENGLISH, b"c", 1, b"pt-BR", b"en"))
    given = written(tmp_path / "examples", train=pairs, dev=pairs[:1], test=pairs[:1])
    made_by(Executor, given, tmp_path / "made", by_direction=True)
    english, german = "about 1 distinct, 7 bytes on average", "about 1 distinct, 13 bytes on average"
    assert direction_facts(tmp_path / "made") == [
        ("train, en → pt-BR", f"pairs before cleaning: 3; source: {english}; target: {german}"),
        ("train, pt-BR → en", f"pairs before cleaning: 1; source: {german}; target: {english}"),
        ("dev, en → pt-BR", f"pairs before cleaning: 1; source: {english}; target: {german}"),
        ("test, en → pt-BR", f"pairs before cleaning: 1; source: {english}; target: {german}"),
    ]


def test_a_split_without_examples_has_none(tmp_path: Path) -> None:
    pair = Pair(ENGLISH, GERMAN, b"c", 1, b"en", b"de")
    given = written(tmp_path / "examples", train=[pair], dev=[pair], test=[])
    with gzip.open(tmp_path / "examples" / "Split-test" / "data-00000.gz", "wb"):
        pass  # TFX reads no folder that has no file.
    made_by(tfx_executor.Executor, given, tmp_path / "made", by_direction=True)
    named = [name for name, _ in direction_facts(tmp_path / "made")]
    assert named == ["train, en → de", "dev, en → de"]
