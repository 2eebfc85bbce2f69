"""Which words of a sentence pair stand for each other, by the trainer's aligner, here over words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from texts.disturbances.base import Sides
from texts.disturbances.words import core
from trainer.aligner import Aligner, learn_aligner

Links = tuple[tuple[int, int], ...]

_SURE = 0.5
"""How likely a link has to be."""
_LONGEST = 100
"""Words of a side; longer pairs have no links."""


class WordLinks:
    """An aligner over the words between white space, without case and the marks around them."""

    def __init__(self, ids: Mapping[str, int], aligner: Aligner) -> None:
        """`ids` of words, from 1; a word that has none was never seen, and gets the next one."""
        self._ids, self._aligner = ids, aligner

    @classmethod
    def learn(cls, pairs: Sequence[Sides]) -> WordLinks | None:
        """From these, always the same; None where no pair can be learned from."""
        ids: dict[str, int] = {}
        texts = [
            [[ids.setdefault(_key(word), len(ids) + 1) for word in side.split()] for side in pair]
            for pair in pairs
            if _fits(*pair)
        ]
        if not texts:
            return None
        return cls(ids, learn_aligner([(source, target) for source, target in texts], len(ids) + 2))

    def of(self, pairs: Sequence[Sides]) -> list[Links]:
        """The links of each pair: those that either word would choose, and surely."""
        usable = [place for place, pair in enumerate(pairs) if _fits(*pair)]
        links: list[Links] = [()] * len(pairs)
        for place, its in zip(usable, self._links([pairs[place] for place in usable]), strict=True):
            links[place] = its
        return links

    def _links(self, pairs: Sequence[Sides]) -> Iterator[Links]:
        if not pairs:
            return
        sources, targets = (tf.constant(self._padded([pair[side] for pair in pairs])) for side in (0, 1))
        chances, sure = (tensor.numpy() for tensor in self._aligner.links(sources, targets))
        chances *= sure[:, :, None]
        for row in chances:
            yield tuple(
                (int(source), target)
                for target, source in enumerate(row.argmax(axis=1))
                if row[target, source] >= _SURE and row[:, source].argmax() == target
            )

    def _padded(self, texts: Sequence[str]) -> np.ndarray:
        unknown = len(self._ids) + 1
        rows = [[self._ids.get(_key(word), unknown) for word in text.split()] for text in texts]
        ids = np.zeros((len(rows), max(map(len, rows))), np.int32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
        return ids


def _fits(source: str, target: str) -> bool:
    return all(0 < len(side.split()) <= _LONGEST for side in (source, target))


def _key(word: str) -> str:
    return (core(word) or word).lower()
