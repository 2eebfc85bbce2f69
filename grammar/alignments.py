"""Which German word each English word became: known, since both were made of the same tree.

A link is a pair of places, English word and German word, from 0; words stand between spaces, with the
punctuation that is written at them. As in Och and Ney 2003 (https://aclanthology.org/J03-1002, section 5),
links are sure or possible: sure between two words that alone say the same part of the tree, possible between
those that say it together with others (`have to` and `muss`, `did … read` and `hat … gelesen`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from grammar import english_syntax, german_syntax
from grammar.grammar import Grammar
from grammar.marks import VERBS, plain, units
from grammar.tree import Sentence

Link = tuple[int, int]
_Places = dict[tuple[str, str], list[int]]
"""By node and part, the places of the words that say it."""


@dataclass(frozen=True)
class AlignedPair:
    """A sentence, its translation, and the links between their words."""

    source: str
    target: str
    sure: frozenset[Link]
    possible: frozenset[Link]
    """The sure ones among them."""


def align(sentence: Sentence) -> AlignedPair:
    """A sentence in both languages with its links."""
    tree = _distinct(sentence)
    texts = english_syntax.marked_sentence(tree), german_syntax.marked_sentence(tree)
    source, target = (_places(text) for text in texts)
    sure = {
        (source[unit][0], target[unit][0])
        for unit in source.keys() & target.keys()
        if len(source[unit]) == len(target[unit]) == 1
    }
    together = _together(source), _together(target)
    possible = {
        (source_word, target_word)
        for unit in together[0].keys() & together[1].keys()
        for source_word in together[0][unit]
        for target_word in together[1][unit]
    }
    return AlignedPair(plain(texts[0]), plain(texts[1]), frozenset(sure), frozenset(possible | sure))


def draw_aligned(seed: int) -> Iterator[AlignedPair]:
    """Sentences without end, repetitions and all lengths included."""
    grammar = Grammar(random.Random(seed))
    while True:
        yield align(grammar.sentence())


def _places(text: str) -> _Places:
    places: _Places = defaultdict(list)
    for place, word in enumerate(text.split()):
        for unit in units(word):
            places[unit].append(place)
    return places


def _together(places: _Places) -> _Places:
    """The verbs of a clause as one part of it."""
    together: _Places = defaultdict(list)
    for (node, part), words in places.items():
        together[node, "verbs" if part in VERBS else part] += words
    return together


def _distinct(node: Any) -> Any:
    """The same tree, in which each node is an object of its own, also a pronoun that stands in it twice."""
    if not is_dataclass(node) or isinstance(node, type):
        return node
    return replace(node, **{child.name: _distinct(getattr(node, child.name)) for child in fields(node)})
