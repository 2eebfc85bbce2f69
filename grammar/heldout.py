"""Combinations that training never sees: some objects of each verb, some nouns of each adjective.

The choice is part of the language, not of the seed: corpora of all seeds hold out the same combinations.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from grammar.lexicon import ADJECTIVES, NOUNS
from grammar.tree import verb_key
from grammar.verbs import VERBS

SHARE = 8  # one in so many combinations of a word is held out


def _rank(pair: tuple[str, str]) -> bytes:
    return hashlib.sha256("|".join(pair).encode()).digest()


def _choose(word: str, nouns: Sequence[str]) -> list[tuple[str, str]]:
    return sorted(((word, noun) for noun in nouns), key=_rank)[: len(nouns) // SHARE]


@functools.cache
def held_out() -> frozenset[tuple[str, str]]:
    """(verb, object noun) and (adjective, noun) by their English words."""
    chosen: list[tuple[str, str]] = []
    for verb in VERBS:
        chosen += _choose(verb_key(verb), [noun.en for noun in NOUNS if noun.kind in verb.objects])
    for adjective in ADJECTIVES:
        chosen += _choose(adjective.en, [noun.en for noun in NOUNS if noun.kind in adjective.kinds])
    return frozenset(chosen)
