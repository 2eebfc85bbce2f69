"""From sentence pairs to token batches, with tf.data.

Notation: `B` batch, `S` source length, `T` target length. A batch is `(source [B, S], target [B, T])`,
int32, padded with `PAD`; sources end with `EOS`, targets begin with `BOS` and end with `EOS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text

from trainer.errors import DataError
from trainer.vocabulary import BOS, EOS, Vocabulary

_SHUFFLE_PAIRS = 200_000
"""Pairs in the shuffle buffer; about 100 bytes each after tokenization."""

_FEATURES = {
    "source": tf.io.FixedLenFeature([], tf.string),
    "target": tf.io.FixedLenFeature([], tf.string),
}


def read_examples(files: Sequence[Path]) -> tf.data.Dataset:
    """Gzip TFRecords of tf.Example → dataset of `(source, target)` strings, in the order of the sorted
    files.
    """
    names = sorted(str(file) for file in files)
    records = tf.data.TFRecordDataset(names, compression_type="GZIP").batch(512)
    parsed = records.map(lambda batch: tf.io.parse_example(batch, _FEATURES))
    return parsed.map(lambda row: (row["source"], row["target"])).unbatch()


def as_pairs(dataset: tf.data.Dataset, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """The strings of a dataset of pairs as Python text; bytes that are not UTF-8 become U+FFFD, as in
    SentencePiece.
    """
    for source, target in dataset.take(-1 if limit is None else limit).as_numpy_iterator():
        yield source.decode("utf-8", "replace"), target.decode("utf-8", "replace")


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

    def epoch(self, epoch: int, *, skip: int = 0) -> tf.data.Dataset:
        """The batches of one epoch from number `skip` on."""
        shuffled = self._tokenized().shuffle(
            _SHUFFLE_PAIRS, seed=self.seed * 1_000_003 + epoch, reshuffle_each_iteration=False
        )
        boundaries = self._boundaries()
        bucketed = shuffled.bucket_by_sequence_length(
            element_length_func=lambda source, target: tf.maximum(tf.size(source), tf.size(target)),
            bucket_boundaries=[boundary + 1 for boundary in boundaries],
            bucket_batch_sizes=[
                max(1, self.batch_tokens // (2 * boundary)) for boundary in (*boundaries, self.max_length + 2)
            ],
        )
        return bucketed.skip(skip).prefetch(8)

    def count(self) -> tuple[int, int]:
        """Pairs that are used, and pairs that are left out for their length.

        Raises:
            DataError: nothing is left to train on.
        """
        total = int(self.pairs.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
        used = int(self._tokenized().reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
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

    def _tokenized(self) -> tf.data.Dataset:
        """Pairs of id vectors within the length limit."""
        # No add_bos or add_eos: tokenizers of one model share a processor, whose options each call sets
        # anew, so that calls side by side would get each other's.
        source = tf_text.SentencepieceTokenizer(self.vocabulary.source_model, out_type=tf.int32)
        target = tf_text.SentencepieceTokenizer(self.vocabulary.target_model, out_type=tf.int32)
        tokenized = self.pairs.map(
            lambda s, t: (
                tf.concat([source.tokenize(s), [EOS]], axis=0),
                tf.concat([[BOS], target.tokenize(t), [EOS]], axis=0),
            ),
            num_parallel_calls=2,
            deterministic=True,
        )
        # EOS alone, or BOS and EOS alone, is a side without text.
        return tokenized.filter(
            lambda s, t: (
                (tf.size(s) > 1)
                & (tf.size(t) > 2)
                & (tf.size(s) - 1 <= self.max_length)
                & (tf.size(t) - 2 <= self.max_length)
            )
        )


__all__ = ["BOS", "EOS", "TokenBatches", "as_pairs", "read_examples"]
