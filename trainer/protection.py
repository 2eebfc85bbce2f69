"""Whether a translator carries protected pieces to their places: asked with some in the place of words."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from contracts.protection import ProtectedPieces
from contracts.vocabulary import protected_pieces
from texts.disturbances.words import core, with_core

Translate = Callable[[Sequence[str]], Sequence[str]]


def measure_protection(
    translate: Translate, sources: Sequence[str], pieces: int, seed: int
) -> ProtectedPieces:
    """Sentences with one piece and with two in turn, as many as they have words for; without words they do
    not count.

    Args:
        translate: sources to translations, in order.
        pieces: of the vocabulary, at least one.
    """
    chance, known = random.Random(seed), protected_pieces(pieces)
    asked = [_with_pieces(source, known, 1 + number % 2, chance) for number, source in enumerate(sources)]
    translations = translate([text for text, _ in asked])
    kept = [
        all(translation.count(piece) == 1 for piece in its)
        for translation, (_, its) in zip(translations, asked, strict=True)
        if its
    ]
    return ProtectedPieces(pieces=pieces, sentences=len(kept), kept=sum(kept) / max(1, len(kept)))


def _with_pieces(
    source: str, known: Sequence[str], count: int, chance: random.Random
) -> tuple[str, tuple[str, ...]]:
    """The source with pieces in the place of words, and which."""
    words = source.split()
    places = [place for place, word in enumerate(words) if core(word)]
    count = min(count, len(places), len(known))
    pieces = tuple(chance.sample(known, count))
    for place, piece in zip(chance.sample(places, count), pieces, strict=True):
        words[place] = with_core(words[place], piece)
    return " ".join(words), pieces
