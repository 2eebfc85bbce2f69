"""Which source piece a target piece comes from, learned from sentence pairs alone by the EM algorithm.

IBM model 2 (Brown et al. 1993, https://aclanthology.org/J93-2003, sections 4.2 and 4.3), whose position goes
by the distance to the diagonal alone, as in Dyer et al. 2013 (https://aclanthology.org/N13-1073), yet in bins
and not by one parameter; the first half of the rounds are model 1, without positions. One is learned each
way, and a link is as likely as both say (Liang et al. 2006, https://aclanthology.org/N06-1014, section 4.2).

Of our own: systran-align, which brings fast_align, has had no release since January 2023 and none for Python
3.12, and eflomal is under the GPL and wants a compiler.

Notation: `B` batch, `S` source length, `T` target length; a model goes from `given` pieces to `written` ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import DataError

if TYPE_CHECKING:
    from trainer.vocabulary import Vocabulary

_NOTHING = 0
"""The piece that a written piece comes from where it comes from none: the id of the padding, in no text."""
_FROM_NOTHING = 0.08
"""Its probability before anything is known, as in Dyer et al."""
_BINS = 21
"""Distances from -1 to 1, in tenths."""
_UNSEEN = 1e-7
"""Probability of a pair of pieces that were in no sentence pair."""

Ids = Sequence[int] | np.ndarray


_CELLS = 2**21
"""Cells at once, about: what the EM algorithm works with takes eight bytes of each, a few times."""
_ENCODED = 1000
"""Pairs at once: lists of Python's integers are large."""


@dataclass(frozen=True)
class AlignmentModel:
    """What written pieces come from: eager tensors, which graphs capture as they are."""

    base: int
    """Above every id."""
    pairs: Any
    """given x base + written, int64, ascending: those that were in a sentence pair."""
    probabilities: Any
    """Of the written piece, given the other one; float32, one for each pair."""
    distances: Any
    """How likely each bin is against the others, float32 [bins]."""

    def links(self, given: Any, written: Any) -> tuple[Any, Any]:
        """Ids [B, S] and [B, T] int32, padded with 0 → [B, T, S], the probability of each link, and [B, T],
        that of coming from nothing; together 1 for each real piece.
        """
        import tensorflow as tf

        real = tf.cast(given != 0, tf.float32)
        places = _places(real)[:, None, :] - _places(tf.cast(written != 0, tf.float32))[:, :, None]
        near = tf.gather(self.distances, _bins(places)) * real[:, None, :]
        near *= (1.0 - _FROM_NOTHING) / tf.maximum(tf.reduce_sum(near, axis=2, keepdims=True), 1e-9)
        words = near * self._probability(given[:, None, :], written[:, :, None])
        none = _FROM_NOTHING * self._probability(tf.fill(tf.shape(written), _NOTHING), written)
        whole = tf.reduce_sum(words, axis=2) + none
        return words / whole[:, :, None], none / whole

    def _probability(self, given: Any, written: Any) -> Any:
        import tensorflow as tf

        keys = tf.cast(given, tf.int64) * self.base + tf.cast(written, tf.int64)
        places = tf.searchsorted(self.pairs, tf.reshape(keys, [-1]))
        places = tf.reshape(tf.minimum(places, self.pairs.shape[0] - 1), tf.shape(keys))
        known = tf.gather(self.pairs, places) == keys
        return tf.where(known, tf.gather(self.probabilities, places), _UNSEEN)


@dataclass(frozen=True)
class Aligner:
    """A model each way."""

    to_target: AlignmentModel
    to_source: AlignmentModel

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


def learn_from_texts(
    pairs: Sequence[tuple[str, str]], vocabulary: Vocabulary, longest: int, rounds: int = 10
) -> Aligner:
    """From source and target texts, over the vocabulary's pieces.

    Args:
        longest: pieces on a side, the end counted; longer pairs are left out.
        rounds: of the EM algorithm.

    Raises:
        DataError: no pair is left.
    """
    usable = encode_texts(pairs, vocabulary, longest)
    return learn_aligner(usable, max(vocabulary.source_size, vocabulary.target_size), rounds)


def encode_texts(
    pairs: Sequence[tuple[str, str]], vocabulary: Vocabulary, longest: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Source and target ids, int32, no `EOS`, of the pairs that are usable.

    Raises:
        DataError: none is; `longest` as of `learn_from_texts`.
    """
    texts = (
        (source[:-1], target[:-1])
        for first in range(0, len(pairs), _ENCODED)
        for source, target in zip(
            vocabulary.encode_source([source for source, _ in pairs[first : first + _ENCODED]]),
            vocabulary.encode_target([target for _, target in pairs[first : first + _ENCODED]]),
            strict=True,
        )
    )
    usable = [
        (np.array(source, np.int32), np.array(target, np.int32))
        for source, target in texts
        if all(0 < len(side) <= longest for side in (source, target))
    ]
    if not usable:
        raise DataError("no usable sentence pair to align: look at the cleaning report")
    return usable


def learn_aligner(pairs: Iterable[tuple[Ids, Ids]], vocabulary: int, rounds: int = 10) -> Aligner:
    """From pairs of source and target ids, text alone and neither side empty; the same pairs give the same
    aligner.

    Args:
        pairs: gone through once.
        vocabulary: above every id of either side, also of texts that are aligned later.
        rounds: of the EM algorithm.

    Raises:
        ValueError: there is no pair.
    """
    kept = [tuple(np.asarray(side, np.int32) for side in pair) for pair in pairs]
    if not kept:
        raise ValueError("no sentence pair to align")
    to_target = learn_model([(source, target) for source, target in kept], vocabulary, rounds)
    return Aligner(to_target, learn_model([(target, source) for source, target in kept], vocabulary, rounds))


@dataclass(frozen=True)
class _Cells:
    """Every piece with every one that it may come from, of some sentence pairs one after another."""

    places: np.ndarray
    """Of each pair of pieces in here, where it is among all; int32, ascending."""
    index: np.ndarray
    """Of each cell, which of those it is; int32."""
    bins: np.ndarray
    """Of each cell's distance; int8, -1 where it comes from nothing."""
    widths: np.ndarray
    """Cells of each written piece, which stand side by side; int32."""

    def share(self, weights: np.ndarray) -> np.ndarray:
        """What each cell has of those of its written piece."""
        sums = np.add.reduceat(weights, np.cumsum(self.widths) - self.widths)
        return weights / np.repeat(sums, self.widths)


def learn_model(pairs: Sequence[tuple[Ids, Ids]], base: int, rounds: int = 10) -> AlignmentModel:
    """One way alone: of pairs of given and written ids, all below `base`, text alone and no side empty."""
    import tensorflow as tf

    known, chunks = _cells(pairs, base)
    given = (known // base).astype(np.int32)
    probabilities, distances = np.ones(len(known)), np.ones(_BINS)
    available = sum(np.bincount(chunk.bins[chunk.bins >= 0], minlength=_BINS) for chunk in chunks)
    for number in range(rounds):
        counts, at_bins = np.zeros(len(known)), np.zeros(_BINS)
        for chunk in chunks:
            links = _links(chunk, probabilities, distances)
            counts[chunk.places] += np.bincount(chunk.index, links)
            near = chunk.bins >= 0
            at_bins += np.bincount(chunk.bins[near], links[near], _BINS)
        probabilities = counts / np.bincount(given, counts)[given]
        if number >= rounds // 2:
            # An even share beside what was seen, so that no distance becomes impossible.
            distances = (at_bins + 0.01 * at_bins.mean()) / np.maximum(available, 1)
    tables = probabilities.astype(np.float32), distances.astype(np.float32)
    return AlignmentModel(base, tf.constant(known), *map(tf.constant, tables))


def _links(cells: _Cells, probabilities: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """How likely it is that each cell's written piece comes from its given one; float64."""
    from_nothing = cells.bins < 0
    near = cells.share(np.where(from_nothing, 0.0, distances[cells.bins]))
    before = np.where(from_nothing, _FROM_NOTHING, (1.0 - _FROM_NOTHING) * near)
    return cells.share(before * probabilities[cells.places][cells.index])


def _cells(pairs: Sequence[tuple[Ids, Ids]], base: int) -> tuple[np.ndarray, list[_Cells]]:
    """All pairs of pieces, given x base + written, ascending, and the cells in chunks."""
    known, chunks = np.zeros(0, np.int64), []
    for chunk in _chunks(pairs):
        keys, bins, widths = zip(*(_sentence(given, written, base) for given, written in chunk), strict=True)
        here, index = np.unique(np.concatenate(keys), return_inverse=True)
        known = np.union1d(known, here)
        chunks.append((here, index.astype(np.int32), np.concatenate(bins), np.concatenate(widths)))
    return known, [
        _Cells(np.asarray(np.searchsorted(known, here), np.int32), *rest) for here, *rest in chunks
    ]


def _chunks(pairs: Sequence[tuple[Ids, Ids]]) -> Iterator[Sequence[tuple[Ids, Ids]]]:
    first = cells = 0
    for place, (given, written) in enumerate(pairs):
        cells += (len(given) + 1) * len(written)
        if cells >= _CELLS:
            yield pairs[first : place + 1]
            first, cells = place + 1, 0
    if first < len(pairs):
        yield pairs[first:]


def _sentence(given: Ids, written: Ids, base: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each cell given x base + written, and its bin; of each written piece, how many cells it has."""
    sources = np.array([_NOTHING, *given], np.int64)
    keys = sources[None, :] * base + np.asarray(written, np.int64)[:, None]
    places = _middles(len(given))[None, :] - _middles(len(written))[:, None]
    bins = np.full(keys.shape, -1, np.int8)
    bins[:, 1:] = np.round((places + 1.0) * (_BINS - 1) / 2.0)
    return keys.ravel(), bins.ravel(), np.full(len(written), len(sources), np.int32)


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
