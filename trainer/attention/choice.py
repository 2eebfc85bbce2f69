"""Which head to align by: the one whose links are closest to an aligner's.

A Transformer's heads do different work, and few of them align (Garg et al. 2019,
https://arxiv.org/abs/1909.02074, who take the layer with the lowest alignment error rate on aligned dev
pairs). Here an aligner that was learned from the training pairs stands for the pairs aligned by hand. Each
head is tried at its own step and at the next one, when the piece has been read (Chen et al. 2020,
https://arxiv.org/abs/2004.14837).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from contracts.attention import AligningHead
from trainer.aligner import Aligner
from trainer.attention.reading import SeenPair

_SURE = 0.5
"""The aligner links a piece that it holds for so likely to come from anything."""


class LinkPlace(NamedTuple):
    """Where links may be read; see `AligningHead`."""

    layer: int
    head: int | None
    ahead: bool


def known_links(aligner: Aligner, pair: SeenPair) -> np.ndarray:
    """[T - 1]: the source place that each target piece comes from, as the aligner says; -1: from none."""
    source, target = (tf.constant(side[None, :-1]) for side in (pair.source, pair.target))
    links, sure = aligner.links(source, target)
    return np.where(sure[0] >= _SURE, np.argmax(links[0], axis=1), -1)


def found_links(pair: SeenPair, place: LinkPlace) -> np.ndarray:
    """[T - 1]: where each target piece looked most; -1: at the source's end."""
    heads = pair.heads[place.layer]
    weights = heads.mean(axis=0) if place.head is None else heads[place.head]
    rows = weights[1:] if place.ahead else weights[:-1]
    most = rows.argmax(axis=1)
    return np.where(most >= len(pair.source) - 1, -1, most)


def error_rate(linked: np.ndarray, known: np.ndarray) -> float:
    """AER (Och and Ney 2003, https://aclanthology.org/J03-1002, section 5) of places [N] against known
    ones, all sure, -1 for none; 0 where there is nothing to link.
    """
    agreed = np.count_nonzero((linked == known) & (known >= 0))
    links = np.count_nonzero(linked >= 0) + np.count_nonzero(known >= 0)
    return 1.0 - 2.0 * agreed / links if links else 0.0


def places(pair: SeenPair) -> Iterator[LinkPlace]:
    """All that there are, those first that are taken where others are no better: the last layer's mean at its
    own step, which is what `explain` shows of models without `align`.
    """
    for layer in reversed(range(len(pair.heads))):
        several = len(pair.heads[layer]) > 1
        for ahead, head in product(
            (False, True), (None, *(range(len(pair.heads[layer])) if several else ()))
        ):
            yield LinkPlace(layer, head, ahead)


def rate(pairs: Sequence[SeenPair], known: np.ndarray, place: LinkPlace) -> float:
    """The error rate of a place over all pairs."""
    return error_rate(np.concatenate([found_links(pair, place) for pair in pairs]), known)


def choose(pairs: Sequence[SeenPair], known: np.ndarray) -> AligningHead:
    """The place with the lowest error rate against the links [N] of all pairs."""
    best = min(places(pairs[0]), key=lambda place: rate(pairs, known, place))
    return AligningHead(**best._asdict(), by="aligner")
