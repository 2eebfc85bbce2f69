"""A corpus translated with an exported model, in Beam, on any of its runners.

A worker holds one window of sentences. A window's file gets its name when it is whole, so that whoever goes
on where a killed run was translates what is not there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

import apache_beam as beam
from tfx.dsl.io import fileio

from pipeline.examples.shards import Pair, ShardWriter, read_batches, serialize
from pipeline.steps.translate.exported import ExportedModel

WINDOW = 8192
"""Sentences among which those of like length are put into a batch."""


class TranslateShard(beam.DoFn):
    """The number of a shard and the shard in; the files with its translations out, in order."""

    def __init__(
        self, model: str, batch: int, folder: str, window: int = WINDOW, without: Collection[str] = ()
    ) -> None:
        """`without`: languages that the model is not asked for; such targets are empty."""
        self._uri, self._batch, self._folder, self._window = model, batch, folder, window
        self._without = frozenset(language.encode() for language in without)

    def setup(self) -> None:
        """Once for each worker."""
        self._model = ExportedModel(self._uri)

    def process(self, shard: tuple[int, str]) -> Iterable[str]:
        """Translate what is not translated yet."""
        index, source = shard
        for number, pairs in enumerate(_windows(source, self._window)):
            prefix = f"{index:05d}-{number:05d}"
            path = os.path.join(self._folder, f"{prefix}-00000.gz")
            if not fileio.exists(path):
                self._write(pairs, prefix)
            yield path

    def _write(self, pairs: Sequence[Pair], prefix: str) -> None:
        asked = [pair for pair in pairs if pair.target_language not in self._without]
        serialized, lengths = [serialize(pair) for pair in asked], [len(pair.source) for pair in asked]
        translations = iter(self._model.translate_examples(serialized, lengths, self._batch))
        with ShardWriter(self._folder, prefix) as writer:
            for pair in pairs:
                unasked = pair.target_language in self._without
                writer.write(pair._replace(target=b"" if unasked else next(translations)))


def _windows(shard: str, size: int) -> Iterator[list[Pair]]:
    pairs = (pair for batch in read_batches(shard) for pair in batch.pairs())
    while window := list(islice(pairs, size)):
        yield window


def translate_shards(
    pipeline: beam.Pipeline, label: str, shards: Sequence[str], translate: TranslateShard
) -> beam.PCollection:
    """The files with the translations (as `target`) of the sources in the shards; their names have the order
    of the shards."""
    return (
        pipeline
        | f"{label}Shards" >> beam.Create(list(enumerate(shards)))
        | f"{label}Spread" >> beam.Reshuffle()
        | f"{label}Translate" >> beam.ParDo(translate)
    )
