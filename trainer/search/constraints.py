"""Rules about what may come next: a forbidden piece gets a log-probability of minus infinity.

The limit of a sentence stands above the rules: at its last place the end may always come, and nothing else.
So a forced prefix is cut there, and no minimum length is larger. Rules that leave no piece at all, as a
prefix that repeats an n-gram where none may be repeated, leave the sentence without a hypothesis.
"""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf

FORBIDDEN = float("-inf")


class Constraint(Protocol):
    """A rule. `rows` [B] int32 are the places of the sentences in the batch that the search was given."""

    def apply(self, logits: tf.Tensor, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """[B, K, V] after the hypotheses `sequences` [B, K, T], of which `time` pieces are there → [B, K,
        V].
        """


class MinimumLength:
    """No end before `length` pieces stand in front of it, unless the limit comes first."""

    def __init__(self, length: int | tf.Tensor, end: int) -> None:
        self._length, self._end = length, end

    def apply(self, logits: tf.Tensor, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """See `Constraint.apply`."""
        del sequences, rows
        forbidden = tf.logical_and(tf.range(tf.shape(logits)[2]) == self._end, time < self._length)
        return tf.where(forbidden, FORBIDDEN, logits)


class ForcedPrefix:
    """Every hypothesis of a sentence begins with the sentence's prefix, as far as its limit allows."""

    def __init__(self, prefixes: tf.Tensor, lengths: tf.Tensor) -> None:
        """Prefixes [rows, P] int32, of which `lengths` [rows] pieces count.

        Raises:
            InvalidArgumentError: a length above P; in a graph, when it runs.
        """
        self._lengths = tf.convert_to_tensor(lengths, tf.int32)
        tf.debugging.assert_less_equal(
            self._lengths,
            tf.shape(prefixes)[1],
            "a forced prefix is shorter than its length: give its pieces",
        )
        # A place more, so that the gather of `apply` has one to read when the longest prefix is over.
        self._prefixes = tf.pad(tf.convert_to_tensor(prefixes, tf.int32), [[0, 0], [0, 1]])

    def apply(self, logits: tf.Tensor, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """See `Constraint.apply`."""
        del sequences
        place = tf.minimum(time, tf.shape(self._prefixes)[1] - 1)
        required = tf.gather(self._prefixes[:, place], rows)[:, None, None]
        inside = (time < tf.gather(self._lengths, rows))[:, None, None]
        other = tf.range(tf.shape(logits)[2])[None, None, :] != required
        return tf.where(tf.logical_and(inside, other), FORBIDDEN, logits)


class NoRepeatNgram:
    """No n pieces in a row twice in one hypothesis (Paulus et al. 2018, https://arxiv.org/abs/1705.04304,
    section 2.5).

    The end may always come: else a hypothesis could be left without any continuation.
    """

    def __init__(self, size: int, end: int) -> None:
        if size < 1:
            raise ValueError(
                f"an n-gram has at least one piece, not {size}: leave the constraint out instead"
            )
        self._size, self._end = size, end

    def apply(self, logits: tf.Tensor, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """See `Constraint.apply`."""
        del rows
        shape = tf.shape(sequences)
        # Place t completes a repetition if the n-1 pieces before it are the last n-1 pieces of the
        # hypothesis.
        history = tf.pad(sequences, [[0, 0], [0, 0], [self._size, 0]], constant_values=-1)
        places = tf.range(shape[2])
        matches = tf.broadcast_to((places >= self._size - 1) & (places < time), shape)
        for back in range(1, self._size):
            last = tf.gather(history, tf.maximum(time - back, -self._size) + self._size, axis=2)
            matches &= history[:, :, self._size - back : self._size - back + shape[2]] == last[:, :, None]
        matches &= sequences != self._end
        where = tf.where(matches)
        pieces = tf.gather_nd(sequences, where)
        indices = tf.concat([where[:, :2], tf.cast(pieces, tf.int64)[:, None]], axis=1)
        return tf.tensor_scatter_nd_update(logits, indices, tf.fill([tf.shape(indices)[0]], FORBIDDEN))
