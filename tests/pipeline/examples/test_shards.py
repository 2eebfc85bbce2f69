"""Shards of examples."""

from pathlib import Path

import pytest

from pipeline.examples.shards import Pair, ShardWriter, read_batches, serialize, shards

PAIRS = [Pair(f"s{i}\x00".encode(), "ü\u2028".encode(), b"c", i) for i in range(2500)]


def _read(folder: Path) -> list[Pair]:
    return [pair for path in shards(str(folder)) for batch in read_batches(path) for pair in batch.pairs()]


def test_order_and_content_survive_in_bounded_shards(tmp_path: Path) -> None:
    with ShardWriter(str(tmp_path), "data", shard_rows=1000) as writer:
        for pair in PAIRS:
            writer.write(pair)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "data-00000.gz",
        "data-00001.gz",
        "data-00002.gz",
    ]
    assert _read(tmp_path) == PAIRS


def test_nothing_written_leaves_nothing(tmp_path: Path) -> None:
    with ShardWriter(str(tmp_path), "data"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_failure_leaves_no_half_shard(tmp_path: Path) -> None:
    def fail_after_three() -> None:
        with ShardWriter(str(tmp_path), "data", shard_rows=2) as writer:
            for pair in PAIRS[:3]:
                writer.write(pair)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_three()
    assert [path.name for path in tmp_path.iterdir()] == ["data-00000.gz"]


def test_equal_pairs_give_equal_bytes() -> None:
    assert serialize(PAIRS[0]) == serialize(Pair(*PAIRS[0])) != serialize(PAIRS[1])
