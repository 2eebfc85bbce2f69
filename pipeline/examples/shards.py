"""Sentence pairs in TFRecord files of tf.Example, in shards of bounded size with names that do not depend on
chance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tfx.dsl.io import fileio

from contracts.examples import CORPUS, LINE, SOURCE, SOURCE_LANGUAGE, TARGET, TARGET_LANGUAGE

# Many enough shards for parallel workers, large enough files for sequential reading.
SHARD_ROWS = 200_000
_READ_BATCH = 2048
_AHEAD = 2
"""Batches that are read while another is worked on."""
_COMPRESSION = 1
"""Of zlib's levels the one that writes three times as fast as its usual one, for a fifth more bytes."""
_FEATURES = {
    SOURCE: tf.io.FixedLenFeature([], tf.string),
    TARGET: tf.io.FixedLenFeature([], tf.string),
    CORPUS: tf.io.FixedLenFeature([], tf.string),
    LINE: tf.io.FixedLenFeature([], tf.int64),
    SOURCE_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
    TARGET_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
}


class Pair(NamedTuple):
    """One example of the contract; the languages are empty in a run of one direction."""

    source: bytes
    target: bytes
    corpus: bytes
    line: int
    source_language: bytes = b""
    target_language: bytes = b""

    @property
    def direction(self) -> str:
        """As `en-de`; empty in a run of one direction."""
        if not self.target_language:
            return ""
        return f"{self.source_language.decode()}-{self.target_language.decode()}"


class PairBatch(NamedTuple):
    """Columns of consecutive examples: object arrays of bytes, and int64 lines, all of shape [N]."""

    source: np.ndarray
    target: np.ndarray
    corpus: np.ndarray
    line: np.ndarray
    source_language: np.ndarray
    target_language: np.ndarray

    def pairs(self) -> Iterator[Pair]:
        """The rows, in order."""
        languages = self.source_language, self.target_language
        return map(Pair, self.source, self.target, self.corpus, self.line.tolist(), *languages)


def serialize(pair: Pair) -> bytes:
    """A serialized tf.Example; equal pairs give equal bytes, the same with any protobuf.

    Put together here (https://protobuf.dev/programming-guides/encoding), as messages cost ten times as much:
    an Example is field 1 of a map's entries in the order of their keys, each a key and a Feature.
    """
    parts = [
        _bytes_entry(CORPUS, pair.corpus),
        _line_entry(pair.line),
        _head(SOURCE, len(pair.source)),
        pair.source,
    ]
    if pair.target_language:
        parts.append(_bytes_entry(SOURCE_LANGUAGE, pair.source_language))
    parts += (_head(TARGET, len(pair.target)), pair.target)
    if pair.target_language:
        parts.append(_bytes_entry(TARGET_LANGUAGE, pair.target_language))
    features = b"".join(parts)
    return b"\x0a" + _varint(len(features)) + features


_BYTES_LIST, _INT64_LIST = b"\x0a", b"\x1a"
"""The tags of the two in a Feature."""


@lru_cache(maxsize=1 << 16)
def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


@lru_cache(maxsize=1 << 16)
def _head(key: str, length: int, kind: bytes = _BYTES_LIST) -> bytes:
    """What stands in an entry before its value of so many bytes."""
    value = b"\x0a" + _varint(length)
    feature = kind + _varint(len(value) + length) + value
    name = b"\x0a" + _varint(len(key)) + key.encode() + b"\x12" + _varint(len(feature) + length)
    return b"\x0a" + _varint(len(name) + len(feature) + length) + name + feature


@lru_cache(maxsize=1024)
def _bytes_entry(key: str, value: bytes) -> bytes:
    """A whole entry, of values that come again."""
    return _head(key, len(value)) + value


@lru_cache(maxsize=1 << 14)
def _continued(number: int) -> bytes:
    """The lowest two bytes of a longer one."""
    return bytes((number & 0x7F | 0x80, number >> 7 | 0x80))


def _line_entry(line: int) -> bytes:
    """Lines do not come again, but their lower and upper bits do."""
    low, high = line & 0x3FFF, line >> 14
    number = _continued(low) + _varint(high) if high else _varint(low)
    return _head(LINE, len(number), _INT64_LIST) + number


class ShardWriter:
    """Writes `PREFIX-00000.gz`, `PREFIX-00001.gz`, ... into a folder; use as a context manager.

    A shard gets its name when it is complete, so that a retried Beam bundle leaves no half file beside a
    whole one.
    """

    def __init__(self, folder: str, prefix: str, shard_rows: int = SHARD_ROWS) -> None:
        self._folder, self._prefix, self._shard_rows = folder, prefix, shard_rows
        self._shard = self._rows = 0
        self._writer: tf.io.TFRecordWriter | None = None

    @property
    def _partial(self) -> str:
        return os.path.join(self._folder, f".partial-{self._prefix}-{self._shard:05d}")

    def write(self, pair: Pair) -> None:
        """Append a pair."""
        if self._writer is None:
            fileio.makedirs(self._folder)
            options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=_COMPRESSION)
            self._writer = tf.io.TFRecordWriter(self._partial, options)
        self._writer.write(serialize(pair))
        self._rows += 1
        if self._rows == self._shard_rows:
            self._finish()

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        name = os.path.join(self._folder, f"{self._prefix}-{self._shard:05d}.gz")
        fileio.rename(self._partial, name, overwrite=True)
        self._shard += 1
        self._rows = 0

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()
        elif self._writer is not None:
            try:
                self._writer.close()
            finally:  # closing writes, and the disk may be full
                fileio.remove(self._partial)


def shards(folder: str) -> list[str]:
    """The complete shards of a split's folder, in order."""
    return sorted(fileio.glob(os.path.join(folder, "*.gz")))


def read_records(path: str, size: int = _READ_BATCH) -> Iterator[tf.Tensor]:
    """The serialized examples of one shard, in order: string [N], of N up to `size`."""
    return iter(tf.data.TFRecordDataset(path, compression_type="GZIP").batch(size).prefetch(_AHEAD))


def read_batches(path: str) -> Iterator[PairBatch]:
    """The examples of one shard, in order."""
    # Parsed here and not in a `map`, whose function would be traced for every shard.
    for serialized in read_records(path):
        columns = tf.io.parse_example(serialized, _FEATURES)
        yield PairBatch(**{name: column.numpy() for name, column in columns.items()})


def pairs_of(uris: list[str]) -> Iterator[Pair]:
    """The pairs of a split, in order, given its folders."""
    batches = (batch for uri in uris for shard in shards(uri) for batch in read_batches(shard))
    return (pair for batch in batches for pair in batch.pairs())


def first_pairs(uris: list[str], count: int) -> list[Pair]:
    """So many from its beginning."""
    return list(islice(pairs_of(uris), count))


def first_sources(uris: list[str], count: int) -> list[str]:
    """Their sources."""
    return [pair.source.decode("utf-8", "replace") for pair in first_pairs(uris, count)]
