"""What the attention of a trained translator is like, on dev sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contracts.attention import AligningHead, AttentionStudy, HeadFacts
from trainer.aligner import Aligner
from trainer.attention.choice import LinkPlace, choose, known_links, rate
from trainer.attention.measures import distances, entropies
from trainer.attention.reading import SeenPair, encode, read_heads
from trainer.models.base import Explaining, Translator
from trainer.vocabulary import Vocabulary

SENTENCES = 64
"""So many, at most: a few seconds of a model of the usual size."""


def study(
    translator: Translator,
    vocabulary: Vocabulary,
    pairs: Sequence[tuple[str, str]],
    longest: int,
    *,
    aligner: Aligner | None = None,
    guided: bool = False,
) -> AttentionStudy | None:
    """Look at what the heads do with the dev pairs; None where there is no attention, or no usable pair.

    Args:
        pairs: source and target; the first `SENTENCES` count.
        longest: pieces of a side, the end counted.
        aligner: of the training pairs; without one no head is chosen.
        guided: the attention was trained to align, and is what links are read from.
    """
    ids = encode(pairs, vocabulary, longest)[:SENTENCES]
    if not ids or not (isinstance(translator, Explaining) and translator.config.attends):
        return None
    seen = list(read_heads(translator, ids))
    if not seen[0].heads:  # A decoder of a user's own may tell of none.
        return None
    known = None if aligner is None else np.concatenate([known_links(aligner, pair) for pair in seen])
    aligning = _aligning(seen, known, guided=guided)
    return AttentionStudy(
        sentences=len(seen),
        heads=tuple(
            _facts(seen, known, layer, head)
            for layer, heads in enumerate(seen[0].heads)
            for head in range(len(heads))
        ),
        aligning=aligning,
        error_rate=None
        if aligning is None or known is None
        else _rounded(rate(seen, known, _place(aligning))),
    )


def _aligning(seen: Sequence[SeenPair], known: np.ndarray | None, *, guided: bool) -> AligningHead | None:
    if guided:
        return AligningHead(layer=len(seen[0].heads) - 1, by="guided")
    return None if known is None else choose(seen, known)


def _place(aligning: AligningHead) -> LinkPlace:
    return LinkPlace(aligning.layer, aligning.head, aligning.ahead)


def _facts(seen: Sequence[SeenPair], known: np.ndarray | None, layer: int, head: int) -> HeadFacts:
    weights = [pair.heads[layer][head] for pair in seen]
    hang = [pair.importances[layer][head] for pair in seen if pair.importances is not None]
    return HeadFacts(
        layer=layer,
        head=head,
        entropy=_rounded(np.concatenate([entropies(matrix) for matrix in weights]).mean()),
        distance=_rounded(np.concatenate([distances(matrix) for matrix in weights]).mean()),
        importance=_rounded(np.mean(hang)) if hang else None,
        error_rate=None
        if known is None
        else _rounded(rate(seen, known, LinkPlace(layer, head, ahead=False))),
    )


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
