"""From sentence pairs to token batches, with tf.data.

Notation: `B` batch, `S` source length, `T` target length. A batch is `(source [B, S], target [B, T])`,
int32, padded with `PAD`; sources end with `EOS`, targets begin with `BOS` and end with `EOS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import tensorflow as tf

from contracts.examples import CORPUS, SOURCE, SOURCE_LANGUAGE, TARGET, TARGET_LANGUAGE
from trainer.directions import direction, tag_sources
from trainer.errors import DataError
from trainer.tokenizer import Tokenizer
from trainer.vocabulary import BOS, EOS, Vocabulary

_SHUFFLE_PAIRS = 200_000
"""Pairs in the shuffle buffer: the bytes of their text and about 100 more for each."""

_TOKENIZED_PAIRS = 512
"""Pairs that are tokenized in one call."""

_FEATURES = {
    SOURCE: tf.io.FixedLenFeature([], tf.string),
    TARGET: tf.io.FixedLenFeature([], tf.string),
    CORPUS: tf.io.FixedLenFeature([], tf.string, ""),
    SOURCE_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
    TARGET_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
}


def _options() -> tf.data.Options:
    """Nothing here is left to tf.data's tuning, and with it an epoch's end sometimes waits for a minute, no
    processor being used (TensorFlow 2.16.2): its thread sleeps for a period that doubles up to that.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def read_examples(
    files: Sequence[Path],
    weights: Mapping[str, float] | None = None,
    directions: Mapping[str, float] | None = None,
) -> tf.data.Dataset:
    """Gzip TFRecords of tf.Example → dataset of `(source, target)` strings, in the order of the sorted
    files.

    Args:
        weights: by corpus, how often each of its pairs comes; of 1.5 every second one, chosen by a hash of
            its source, comes twice. Corpora that are not named: once.
        directions: the same by direction, as `en-de`; then sources have their target language's tag before
            them. None: examples of one direction, without tags.
    """
    names = sorted(str(file) for file in files)
    records = tf.data.TFRecordDataset(names, compression_type="GZIP").batch(512)
    parsed = records.map(lambda batch: tf.io.parse_example(batch, _FEATURES))
    if directions is not None:
        parsed = parsed.map(lambda row: {**row, SOURCE: tag_sources(row[SOURCE], row[TARGET_LANGUAGE])})
    if not weights and not directions:
        return parsed.map(lambda row: (row[SOURCE], row[TARGET])).unbatch()
    by_corpus, by_direction = _table(weights or {}), _table(directions or {})

    def repeated(row: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        chance = tf.strings.to_hash_bucket_fast(row[SOURCE], 1 << 20)
        times = by_corpus.lookup(row[CORPUS]) * by_direction.lookup(direction(row))
        count = tf.cast(tf.floor(times + tf.cast(chance, tf.float32) / float(1 << 20)), tf.int32)
        return tf.repeat(row[SOURCE], count), tf.repeat(row[TARGET], count)

    return parsed.map(repeated).unbatch()


def _table(weights: Mapping[str, float]) -> tf.lookup.StaticHashTable:
    """Names to weights; 1 for those that are not there."""
    named = {"": 1.0, **weights}  # A table cannot be empty.
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(list(named), list(named.values()), tf.string, tf.float32), 1.0
    )


def as_pairs(dataset: tf.data.Dataset, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """The strings of a dataset of pairs as Python text; bytes that are not UTF-8 become U+FFFD, as in
    SentencePiece.
    """
    for source, target in dataset.take(-1 if limit is None else limit).as_numpy_iterator():
        yield source.decode("utf-8", "replace"), target.decode("utf-8", "replace")


def draw(pairs: Iterable[tuple[str, str]], count: int, seed: int) -> list[tuple[str, str]]:
    """`count` of the pairs, each as likely as any other, in their order (Vitter 1985, algorithm R)."""
    chance = random.Random(seed)
    drawn: list[tuple[int, tuple[str, str]]] = []
    for place, pair in enumerate(pairs):
        if place < count:
            drawn.append((place, pair))
        elif (given_up := chance.randrange(place + 1)) < count:
            drawn[given_up] = (place, pair)
    return [pair for _, pair in sorted(drawn)]


@dataclass(frozen=True)
class TokenBatches:
    """Batches of at most `batch_tokens` source plus target tokens, bucketed by length.

    Padding, `BOS` and `EOS` count; only a single pair may have more.

    The batches of an epoch depend on `(seed, epoch)` and on TensorFlow's global seed, which `train` sets, so
    that a run that was killed goes on exactly where it was.
    """

    pairs: tf.data.Dataset
    """`(source, target)` strings."""
    vocabulary: Vocabulary
    batch_tokens: int
    max_length: int
    """Pieces; pairs with a longer side (or an empty one) are left out."""
    seed: int

    @property
    def batch(self) -> tuple[tf.TensorSpec, tf.TensorSpec]:
        """Source [B, S] and target [B, T], with open shapes."""
        ids = tf.TensorSpec([None, None], tf.int32)
        return ids, ids

    def count_tokens(self, batch: tuple[tf.Tensor, tf.Tensor]) -> int:
        """Pieces of both sides of a batch; the target's `BOS` is not predicted and does not count."""
        source, target = batch
        return int(np.count_nonzero(source) + np.count_nonzero(target[:, 1:]))

    def epoch(self, epoch: int, *, skip: int = 0) -> tf.data.Dataset:
        """The batches of one epoch from number `skip` on."""
        # Shuffled as text: the first batch waits for the whole buffer, so nothing slow may stand before it.
        shuffled = self.pairs.shuffle(
            _SHUFFLE_PAIRS, seed=self.seed * 1_000_003 + epoch, reshuffle_each_iteration=False
        )
        boundaries = self._boundaries()
        bucketed = self._tokenized(shuffled).bucket_by_sequence_length(
            element_length_func=lambda source, target: tf.maximum(tf.size(source), tf.size(target)),
            bucket_boundaries=[boundary + 1 for boundary in boundaries],
            bucket_batch_sizes=[
                max(1, self.batch_tokens // (2 * boundary)) for boundary in (*boundaries, self.max_length + 2)
            ],
        )
        return bucketed.skip(skip).prefetch(8).with_options(_options())

    def count(self) -> tuple[int, int]:
        """Pairs that are used, and pairs that are left out for their length.

        Raises:
            DataError: nothing is left to train on.
        """
        total = int(self.pairs.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
        used = int(self._tokenized(self.pairs).reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
        if not used:
            raise DataError(
                f"no usable sentence pair: {total} given, none with 1 to {self.max_length} pieces "
                "on both sides; "
                "look at the cleaning report, or raise training.max_length"
            )
        return used, total - used

    def _boundaries(self) -> list[int]:
        """Upper lengths of the buckets: steps of two up to 32, then growing by an eighth.

        The last bucket, up to `max_length` pieces with `BOS` and `EOS`, has none.
        """
        boundaries, length = [], 4
        while length < self.max_length + 2:
            boundaries.append(length)
            length += max(2, length // 8)
        return boundaries

    def _tokenized(self, pairs: tf.data.Dataset) -> tf.data.Dataset:
        """Pairs of id vectors within the length limit."""
        # Called for each pair alone, the tokenizers take twice as long.
        batches = pairs.batch(_TOKENIZED_PAIRS)
        rows = batches.map(self._tokenize, num_parallel_calls=2, deterministic=True).unbatch()
        # A row of a ragged batch is a plain vector; the map has tf.data know it as one.
        return rows.map(lambda s, t: (tf.convert_to_tensor(s), tf.convert_to_tensor(t)))

    @cached_property
    def _tokenize(self) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.RaggedTensor, tf.RaggedTensor]]:
        """Sentences [B] of both sides to ids, those of unusable length left out; traced once for all epochs,
        each of which makes its datasets anew.
        """
        source = Tokenizer(self.vocabulary.source_model)
        target = Tokenizer(self.vocabulary.target_model)

        def tokenize(sources: tf.Tensor, targets: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
            begin = tf.fill([tf.size(sources), 1], BOS)
            end = tf.fill([tf.size(sources), 1], EOS)
            s = tf.concat([source.tokenize(sources), end], axis=1)
            t = tf.concat([begin, target.tokenize(targets), end], axis=1)
            lengths = s.row_lengths(), t.row_lengths()
            # EOS alone, or BOS and EOS alone, is a side without text.
            usable = (lengths[0] > 1) & (lengths[1] > 2)
            usable &= (lengths[0] - 1 <= self.max_length) & (lengths[1] - 2 <= self.max_length)
            return tf.ragged.boolean_mask(s, usable), tf.ragged.boolean_mask(t, usable)

        sentences = tf.TensorSpec([None], tf.string)
        return tf.function(tokenize, input_signature=[sentences, sentences], autograph=False)


__all__ = ["BOS", "EOS", "TokenBatches", "as_pairs", "read_examples"]
