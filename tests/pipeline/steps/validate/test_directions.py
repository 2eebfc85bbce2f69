"""What the report says of each direction, by the statistics."""

from __future__ import annotations

from pathlib import Path

from tfx.types import artifact_utils, standard_artifacts

from contracts.examples import SPLITS
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.validate.directions import direction_facts
from pipeline.steps.validate.statistics import Executor
from tests.pipeline.steps.validate.test_statistics import made_by

ENGLISH, GERMAN = b"a house", "ein Häuschen".encode()


def test_each_split_has_its_directions(tmp_path: Path) -> None:
    given = standard_artifacts.Examples()
    given.uri = str(tmp_path / "examples")
    given.split_names = artifact_utils.encode_split_names(list(SPLITS))
    pairs = [Pair(ENGLISH, GERMAN, b"c", line, b"en", b"pt-BR") for line in (1, 2, 3)]
    pairs.append(Pair(GERMAN, ENGLISH, b"c", 1, b"pt-BR", b"en"))
    for split in SPLITS:
        with ShardWriter(f"{given.uri}/Split-{split}", "data") as writer:
            for pair in pairs[: None if split == "train" else 1]:
                writer.write(pair)
    made_by(Executor, given, tmp_path / "made", by_direction=True)
    english, german = "about 1 distinct, 7 bytes on average", "about 1 distinct, 13 bytes on average"
    assert direction_facts(tmp_path / "made") == [
        ("train, en → pt-BR", f"pairs: 3; source: {english}; target: {german}"),
        ("train, pt-BR → en", f"pairs: 1; source: {german}; target: {english}"),
        ("dev, en → pt-BR", f"pairs: 1; source: {english}; target: {german}"),
        ("test, en → pt-BR", f"pairs: 1; source: {english}; target: {german}"),
    ]
