"""The embedded corpus: distinct sentence pairs in three splits, the same for the same seed on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.embedded import english_syntax, german_syntax
from pipeline.embedded.grammar import Grammar
from pipeline.embedded.heldout import held_out
from pipeline.embedded.tree import combinations
from pipeline.errors import DataError

SEEN = "seen"
UNSEEN = "unseen"
MIN_WORDS = 3
MAX_WORDS = 25
MIN_PAIRS = 100
_GIVE_UP = 20_000  # draws in a row that bring nothing new


@dataclass(frozen=True)
class Pair:
    """A sentence and its translation; `slice` is `unseen` where it holds a combination that training never has."""

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


def _fill(rng: random.Random, seen_wanted: int, unseen_wanted: int) -> tuple[list[Pair], list[Drawn]]:
    """Distinct pairs until there are enough of both kinds."""
    sources: set[str] = set()
    seen: list[Pair] = []
    unseen: list[Drawn] = []
    barren = 0
    forbidden = held_out()
    for drawn in draw(rng):
        barren += 1
        if barren > _GIVE_UP:
            raise DataError(
                f"the embedded grammar made no new sentence in {_GIVE_UP} draws after {len(sources)} distinct ones: "
                "ask for fewer pairs"
            )
        if drawn.source in sources:
            continue
        if drawn.combinations & forbidden:
            if len(unseen) >= unseen_wanted:
                continue
            unseen.append(drawn)
        elif len(seen) < seen_wanted:
            seen.append(Pair(drawn.source, drawn.target, SEEN))
        sources.add(drawn.source)
        barren = 0
        if len(seen) >= seen_wanted and len(unseen) >= unseen_wanted:
            break
    return seen, unseen


def generate(pairs: int, seed: int) -> EmbeddedPairs:
    """So many distinct pairs in all: a fortieth (at most 500) each for dev, test seen and test unseen, the rest train.

    A pair of the unseen slice holds at least one held-out combination; every word of it occurs in train.

    Raises:
        DataError: fewer than 100 pairs asked for, or more than the grammar can make.
    """
    if pairs < MIN_PAIRS:
        raise DataError(f"{pairs} pairs are too few for train, dev and test: ask for at least {MIN_PAIRS}")
    held = min(500, pairs // 40)
    rng = random.Random(seed)
    # More than wanted, because some hold a word that a small training split lacks.
    seen, candidates = _fill(rng, pairs - held, held * 3)
    train = seen[2 * held :]
    known: set[str] = set()
    for pair in train:
        known |= _sides(pair)
    fitting = [drawn for drawn in candidates if _words(drawn.source) | _words(drawn.target) <= known]
    unseen = [Pair(drawn.source, drawn.target, UNSEEN) for drawn in fitting[:held]]
    return EmbeddedPairs(tuple(train), tuple(seen[:held]), (*seen[held : 2 * held], *unseen))
