"""The embedded corpus: distinct sentence pairs in three splits, the same for a seed on every machine."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.errors import DataError
from grammar import english_syntax, german_syntax
from grammar.grammar import Grammar
from grammar.heldout import held_out
from grammar.tree import combinations

SEEN = "seen"
UNSEEN = "unseen"
MIN_WORDS = 3
MAX_WORDS = 25
MIN_PAIRS = 100
_GIVE_UP = 20_000  # draws in a row that bring nothing new


@dataclass(frozen=True)
class Pair:
    """A sentence and its translation; `slice` is `unseen` where it holds a held-out combination."""

    source: str
    target: str
    slice: str


@dataclass(frozen=True)
class EmbeddedPairs:
    """The corpus, disjoint by source. `test` holds the seen slice first, then the unseen one."""

    train: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    test: tuple[Pair, ...]

    def test_slice(self, name: str) -> tuple[Pair, ...]:
        """The test pairs of one slice."""
        return tuple(pair for pair in self.test if pair.slice == name)


@dataclass(frozen=True)
class Drawn:
    """A pair with the combinations that it holds."""

    source: str
    target: str
    combinations: frozenset[tuple[str, str]]


def draw(rng: random.Random) -> Iterator[Drawn]:
    """Sentences without end, repetitions included, of the lengths that the corpus admits."""
    grammar = Grammar(rng)
    while True:
        tree = grammar.sentence()
        source, target = english_syntax.sentence(tree), german_syntax.sentence(tree)
        lengths = len(source.split()), len(target.split())
        if min(lengths) >= MIN_WORDS and max(lengths) <= MAX_WORDS:
            yield Drawn(source, target, combinations(tree))


def _words(text: str) -> set[str]:
    return set(text.lower().replace(",", " ").rstrip(".?").split())


def _sides(pair: Pair | Drawn) -> set[str]:
    return _words(pair.source) | _words(pair.target)


def _new(stream: Iterator[Drawn]) -> Iterator[Drawn]:
    """Each source once. Raises DataError when nothing new comes any more."""
    known: set[str] = set()
    barren = 0
    for drawn in stream:
        if drawn.source not in known:
            known.add(drawn.source)
            barren = 0
            yield drawn
        elif (barren := barren + 1) > _GIVE_UP:
            raise DataError(
                f"the embedded grammar made no new sentence in {_GIVE_UP} draws after {len(known)} distinct "
                "ones: ask for fewer pairs"
            )


def _unseen(train: Sequence[Pair], candidates: Iterator[Drawn], count: int) -> list[Pair]:
    """So many pairs with a held-out combination, of words that all occur in training."""
    known = set().union(*(_sides(pair) for pair in train))
    forbidden = held_out()
    fitting: list[Pair] = []
    for tried, drawn in enumerate(candidates):
        if drawn.combinations & forbidden and _sides(drawn) <= known:
            fitting.append(Pair(drawn.source, drawn.target, UNSEEN))
        if len(fitting) == count:
            return fitting
        if tried > _GIVE_UP * (len(fitting) + 1):
            break
    raise DataError(f"{len(train)} training pairs have too few words for an unseen slice: ask for more pairs")


def generate(pairs: int, seed: int) -> EmbeddedPairs:
    """So many distinct pairs in all: a fortieth (at most 500) each for dev, test seen and test unseen.

    The rest is train. A pair of the unseen slice holds at least one held-out combination; every word of it
    occurs in train.

    Raises:
        DataError: fewer than 100 pairs asked for, or more than the grammar can make.
    """
    if pairs < MIN_PAIRS:
        raise DataError(f"{pairs} pairs are too few for train, dev and test: ask for at least {MIN_PAIRS}")
    held = min(500, pairs // 40)
    stream = _new(draw(random.Random(seed)))
    forbidden = held_out()
    seen: list[Pair] = []
    spare: list[Drawn] = []
    while len(seen) < pairs - held:
        drawn = next(stream)
        if not drawn.combinations & forbidden:
            seen.append(Pair(drawn.source, drawn.target, SEEN))
        elif len(spare) < 10 * held:
            spare.append(drawn)
    train = seen[2 * held :]
    unseen = _unseen(train, itertools.chain(spare, stream), held)
    return EmbeddedPairs(tuple(train), tuple(seen[:held]), (*seen[held : 2 * held], *unseen))
