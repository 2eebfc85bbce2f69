"""Shards of examples."""

from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.examples.shards import Pair, ShardWriter, read_batches, serialize, shards
from tests.examples import examples

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


def _message(pair: Pair) -> tf.train.Example:
    values = {"source": pair.source, "target": pair.target, "corpus": pair.corpus}
    if pair.target_language:
        values |= {"source_language": pair.source_language, "target_language": pair.target_language}
    features = {
        key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in values.items()
    }
    features["line"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[pair.line]))
    return tf.train.Example(features=tf.train.Features(feature=features))


SIDES = st.one_of(st.binary(max_size=20), st.sampled_from([b"x" * 127, b"x" * 128, b"x" * 20_000]))
LINES = st.one_of(st.integers(0, 2**63 - 1), st.sampled_from([0, 127, 128, 2**14 - 1, 2**14, 2**28]))


@examples(150)
@given(st.builds(Pair, SIDES, SIDES, SIDES, LINES, SIDES, SIDES))
def test_a_pair_is_the_example_that_protobuf_makes_of_it(pair: Pair) -> None:
    message = _message(pair)
    assert tf.train.Example.FromString(serialize(pair)) == message
    # Protobuf 6 has an order of its own for the entries of a map, so each alone, in the order of their keys.
    ordered = [
        tf.train.Features(feature={key: value}).SerializeToString()
        for key, value in sorted(message.features.feature.items())
    ]
    # An example is bytes in field 1, as of a list of bytes.
    assert serialize(pair) == tf.train.BytesList(value=[b"".join(ordered)]).SerializeToString()
