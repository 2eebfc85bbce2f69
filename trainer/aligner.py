"""Which source piece a target piece comes from, learned from sentence pairs alone by the EM algorithm.

IBM model 2 (Brown et al. 1993, https://aclanthology.org/J93-2003, sections 4.2 and 4.3), whose position goes
by the distance to the diagonal alone, as in Dyer et al. 2013 (https://aclanthology.org/N13-1073), yet in bins
and not by one parameter; the first half of the rounds are model 1, without positions. Both directions are
learned, and a link is as likely as both say (Liang et al. 2006, https://aclanthology.org/N06-1014, section
4.2).

Of our own: fast_align is on no package index, and eflomal is under the GPL and wants a compiler.

Notation: `B` batch, `S` source length, `T` target length; a direction goes from `given` pieces to `written`
ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_NOTHING = 0
"""The piece that a written piece comes from where it comes from none: the id of the padding, in no text."""
_FROM_NOTHING = 0.08
"""Its probability before anything is known, as in Dyer et al."""
_BINS = 21
"""Distances from -1 to 1, in tenths."""
_UNSEEN = 1e-7
"""Probability of a pair of pieces that were in no sentence pair."""

Ids = Sequence[int]


@dataclass(frozen=True)
class Direction:
    """What written pieces come from."""

    base: int
    """Above every id."""
    pairs: np.ndarray
    """given x base + written, int64, ascending: those that were in a sentence pair."""
    probabilities: np.ndarray
    """Of the written piece, given the other one; float32, one for each pair."""
    distances: np.ndarray
    """How likely each bin is against the others, float32 [bins]."""

    def links(self, given: Any, written: Any) -> tuple[Any, Any]:
        """Ids [B, S] and [B, T] int32, padded with 0 → [B, T, S], the probability of each link, and [B, T],
        that of coming from nothing; together 1 for each real piece.
        """
        import tensorflow as tf

        real = tf.cast(given != 0, tf.float32)
        places = _places(real)[:, None, :] - _places(tf.cast(written != 0, tf.float32))[:, :, None]
        near = tf.gather(tf.constant(self.distances), _bins(places)) * real[:, None, :]
        near *= (1.0 - _FROM_NOTHING) / tf.maximum(tf.reduce_sum(near, axis=2, keepdims=True), 1e-9)
        words = near * self._probability(given[:, None, :], written[:, :, None])
        none = _FROM_NOTHING * self._probability(tf.fill(tf.shape(written), _NOTHING), written)
        whole = tf.reduce_sum(words, axis=2) + none
        return words / whole[:, :, None], none / whole

    def _probability(self, given: Any, written: Any) -> Any:
        import tensorflow as tf

        wanted = tf.cast(given, tf.int64) * self.base + tf.cast(written, tf.int64)
        pairs = tf.constant(self.pairs)
        found = tf.searchsorted(pairs, tf.reshape(wanted, [-1]))
        found = tf.reshape(tf.minimum(found, len(self.pairs) - 1), tf.shape(wanted))
        known = tf.gather(pairs, found) == wanted
        return tf.where(known, tf.gather(tf.constant(self.probabilities), found), _UNSEEN)


@dataclass(frozen=True)
class Aligner:
    """Both directions."""

    to_target: Direction
    to_source: Direction

    def links(self, source: Any, target: Any) -> tuple[Any, Any]:
        """Ids of text alone, no `EOS`, padded with 0: source [B, S] and target [B, T], int32.

        Returns:
            [B, T, S] float32, rows of sum 1 over the source: where each target piece comes from; and [B, T],
            how sure it is that it comes from anything, 0 at padding.
        """
        import tensorflow as tf

        forward, none = self.to_target.links(source, target)
        backward, _ = self.to_source.links(target, source)
        both = forward * tf.transpose(backward, [0, 2, 1])
        both /= tf.maximum(tf.reduce_sum(both, axis=2, keepdims=True), 1e-30)
        return both, (1.0 - none) * tf.cast(target != 0, tf.float32)


def learn_aligner(pairs: Iterable[tuple[Ids, Ids]], rounds: int = 10) -> Aligner:
    """From pairs of source and target ids, text alone and neither side empty; the same pairs give the same
    aligner.

    Raises:
        ValueError: there is no pair.
    """
    kept = list(pairs)
    if not kept:
        raise ValueError("no sentence pair to align")
    return Aligner(_learn(kept, rounds), _learn([(target, source) for source, target in kept], rounds))


@dataclass(frozen=True)
class _Cells:
    """Every piece with every one that it may come from, of all sentence pairs one after another."""

    pairs: np.ndarray
    """given x base + written."""
    written: np.ndarray
    """Which of all written pieces it is, from 0."""
    bins: np.ndarray
    """Of the distance; -1 where it comes from nothing."""


def _learn(pairs: Sequence[tuple[Ids, Ids]], rounds: int) -> Direction:
    base = 1 + max(max(max(side) for side in pair) for pair in pairs)
    cells = _cells(pairs, base)
    known, index = np.unique(cells.pairs, return_inverse=True)
    given = known // base
    from_nothing = cells.bins < 0
    probabilities, distances = np.ones(len(known)), np.ones(_BINS)
    available = np.maximum(np.bincount(cells.bins[~from_nothing], minlength=_BINS), 1)
    for number in range(rounds):
        near = np.where(from_nothing, 0.0, distances[cells.bins])
        near *= (1.0 - _FROM_NOTHING) / np.bincount(cells.written, near)[cells.written]
        links = np.where(from_nothing, _FROM_NOTHING, near) * probabilities[index]
        links /= np.bincount(cells.written, links)[cells.written]
        counts = np.bincount(index, links)
        probabilities = counts / np.bincount(given, counts)[given]
        if number >= rounds // 2:
            at_bins = np.bincount(cells.bins[~from_nothing], links[~from_nothing], _BINS)
            # An even share beside what was seen, so that no distance becomes impossible.
            distances = (at_bins + 0.01 * at_bins.mean()) / available
    return Direction(base, known, probabilities.astype(np.float32), distances.astype(np.float32))


def _cells(pairs: Sequence[tuple[Ids, Ids]], base: int) -> _Cells:
    keys, rows, bins, before = [], [], [], 0
    for given, written in pairs:
        sources = np.array([_NOTHING, *given], np.int64)
        keys.append((sources[None, :] * base + np.asarray(written, np.int64)[:, None]).ravel())
        rows.append(np.repeat(np.arange(before, before + len(written)), len(sources)))
        before += len(written)
        places = _middles(len(given))[None, :] - _middles(len(written))[:, None]
        near = np.round((places + 1.0) * (_BINS - 1) / 2.0).astype(np.int64)
        bins.append(np.concatenate([np.full((len(written), 1), -1), near], axis=1).ravel())
    return _Cells(np.concatenate(keys), np.concatenate(rows), np.concatenate(bins))


def _middles(length: int) -> np.ndarray:
    """Places of the pieces of a sentence between 0 and 1, float32."""
    return ((np.arange(length, dtype=np.float32) + 0.5) / np.float32(length)).astype(np.float32)


def _places(real: Any) -> Any:
    """[B, L] float32, 1 where there is a piece → where the pieces are, between 0 and 1."""
    import tensorflow as tf

    lengths = tf.maximum(tf.reduce_sum(real, axis=1, keepdims=True), 1.0)
    return (tf.range(tf.shape(real)[1], dtype=tf.float32)[None, :] + 0.5) / lengths


def _bins(distances: Any) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(tf.cast(tf.round((distances + 1.0) * (_BINS - 1) / 2.0), tf.int32), 0, _BINS - 1)
