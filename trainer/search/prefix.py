"""A text that a translation has to begin with, each sentence its own, in whatever pieces.

The pieces of a text that was broken off are not those of the whole: `gro` may be `g ro`, and `groß` one
piece. So its last word may also go on as one piece that begins with what is left of the word ("token
healing").

Notation: `B` sentences, `K` beams, `P` pieces of the longest prefix, `V` vocabulary, `C` candidates.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from contracts.vocabulary import SPACE
from trainer.search.candidates import Candidates


class Prefixes(NamedTuple):
    """Of all sentences that are searched."""

    pieces: tf.Tensor
    """[B, P + 1] int32, padded: a place more, to be read when the longest is over."""
    lengths: tf.Tensor
    """[B] int32: pieces that count; 0: the sentence has none."""
    rests: tf.Tensor
    """[B, P + 1] string: from each place of the last word on, the text of it that is to come; empty before,
    and where the word is complete.
    """
    complete: tf.Tensor
    """[B] bool: a new word has to follow, or the end."""
    texts: tf.Tensor
    """[V] string: what each piece stands for."""

    def of(self, rows: tf.Tensor) -> Prefixes:
        """Of some of the sentences."""
        pieces, lengths, rests, complete = (tf.gather(part, rows) for part in self[:-1])
        return Prefixes(pieces, lengths, rests, complete, self.texts)

    def are_over(self, time: tf.Tensor) -> tf.Tensor:
        """[B] bool: whether they say nothing of the piece at this place, nor of later ones."""
        return time >= self.lengths + tf.cast(self.complete, tf.int32)

    def allow(self, candidates: Candidates, time: tf.Tensor, end: int) -> tf.Tensor:
        """[B, 1 or K, C] bool: which candidates may stand at this place, after the prefix's pieces before."""
        place = tf.minimum(time, tf.shape(self.pieces)[1] - 1)
        pieces = candidates.pieces
        inside = (time < self.lengths)[:, None, None]
        own = pieces == self.pieces[:, place][:, None, None]
        # With pieces of its own, and those alone, a vocabulary may be padded.
        known = tf.minimum(pieces, tf.shape(self.texts)[0] - 1)
        rests = self.rests[:, place]
        lengths = tf.strings.length(rests)[:, None]
        begin = tf.strings.substr(self.texts[None, :], tf.zeros_like(lengths), lengths) == rests[:, None]
        begin &= lengths > 0
        heals = self._at(begin, known)
        new_word = tf.strings.substr(self.texts, 0, len(SPACE.encode())) == SPACE
        after = self._at(tf.broadcast_to(new_word[None, :], tf.shape(begin)), known) | (pieces == end)
        after |= ~(self.complete & (time == self.lengths))[:, None, None]
        return tf.where(inside, own | heals, after)

    @staticmethod
    def _at(flags: tf.Tensor, pieces: tf.Tensor) -> tf.Tensor:
        """Flags of the vocabulary [B, V] of the pieces [B, K, C] or [1, 1, C]."""
        pieces = tf.broadcast_to(pieces, tf.concat([tf.shape(flags)[:1], tf.shape(pieces)[1:]], 0))
        return tf.gather(flags, pieces, batch_dims=1)
