"""Phrases that a translation has to contain, and how far a hypothesis is with them.

Notation: `B` sentences, `K` beams, `P` phrases of a sentence, `L` pieces of the longest phrase.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class PhraseProgress(NamedTuple):
    """Of every hypothesis with every phrase."""

    begun: tf.Tensor
    """[B, K, P, L] bool: whether its last so many pieces are the phrase's first; true for 0."""
    met: tf.Tensor
    """[B, K, P] bool: whether it contains the phrase."""


class Phrases(NamedTuple):
    """Of all sentences that are searched."""

    pieces: tf.Tensor
    """[B, P, L] int32, padded with -1."""
    lengths: tf.Tensor
    """[B, P] int32; 0: none, or one that the search does not look for."""

    def of(self, rows: tf.Tensor) -> Phrases:
        """Of some of the sentences."""
        return Phrases(tf.gather(self.pieces, rows), tf.gather(self.lengths, rows))

    def start(self, beams: int) -> PhraseProgress:
        """Before the first piece."""
        shape = tf.shape(self.pieces)
        begun = tf.broadcast_to(tf.range(shape[2]) == 0, [shape[0], beams, shape[1], shape[2]])
        return PhraseProgress(begun, tf.tile((self.lengths == 0)[:, None], [1, beams, 1]))

    def go_on(self, progress: PhraseProgress) -> tf.Tensor:
        """[B, K, P, L] bool: whether the phrase's piece at this place takes the hypothesis further."""
        return progress.begun & ~progress.met[..., None] & (self.pieces >= 0)[:, None]

    def after(self, progress: PhraseProgress, tokens: tf.Tensor) -> PhraseProgress:
        """With one more piece [B, K] (as the bits of Baeza-Yates and Gonnet 1992,
        https://doi.org/10.1145/135239.135243).
        """
        hit = progress.begun & (self.pieces[:, None] == tokens[:, :, None, None])
        last = tf.range(tf.shape(self.pieces)[2]) == self.lengths[:, :, None] - 1
        met = progress.met | tf.reduce_any(hit & last[:, None], axis=3)
        begun = tf.concat([tf.ones_like(hit[..., :1]), hit[..., :-1]], axis=3)
        return PhraseProgress(begun, met)

    def missing(self, progress: PhraseProgress) -> tf.Tensor:
        """[B, K] int32: pieces of the phrases that a hypothesis does not contain, all of them."""
        return tf.reduce_sum(tf.where(progress.met, 0, self.lengths[:, None]), axis=2)


def fitting(lengths: tf.Tensor, room: tf.Tensor) -> tf.Tensor:
    """Which phrases of lengths [B, P] there is room [B] for: each in turn that still fits; [B, P] bool."""

    def take(taken: tuple[tf.Tensor, tf.Tensor], length: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        used, _ = taken
        fits = used + length <= room
        return used + tf.where(fits, length, 0), fits

    first = tf.zeros_like(room), tf.zeros(tf.shape(room), tf.bool)
    # A phrase more, as there may be none, and nothing cannot be stacked.
    _, fits = tf.scan(take, tf.pad(tf.transpose(lengths), [[0, 1], [0, 0]]), first)
    return tf.transpose(fits[:-1])
