"""Models that are none: what they do to a sentence is seen in a word."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from texts.cascade import Rendering


@dataclass
class Model:
    """A function from row to translation, and the rows that it was asked."""

    translate: Callable[[str], str] = str.upper
    align: Callable[[str, str], tuple[tuple[int, int], ...] | None] = lambda *_: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, sources: Sequence[str], *, source: str, target: str) -> list[Rendering]:
        """As `Ask`."""
        assert isinstance(source + target, str)
        self.asked += sources
        texts = [self.translate(row) for row in sources]
        return [
            Rendering(
                text, -float(len(row)), alternatives=(text.swapcase(),), alignment=self.align(row, text)
            )
            for row, text in zip(sources, texts, strict=True)
        ]


def marked(row: str) -> str:
    """A translation that shows where its rows were."""
    return f"[{row}]"


def reversed_words(row: str) -> str:
    """The last word first."""
    return " ".join(reversed(row.split()))


def reversed_links(row: str, text: str) -> tuple[tuple[int, int], ...]:
    """The alignment of `reversed_words`."""
    del text
    count = len(row.split())
    return tuple((place, count - 1 - place) for place in range(count))


def careless(seed: int) -> Callable[[str], str]:
    """Shuffles words, drops some, doubles others, changes their case, joins and parts them."""
    chance = random.Random(seed)

    def translate(row: str) -> str:
        words = row.split()
        kind = chance.randrange(8)
        if kind == 0:
            chance.shuffle(words)
        elif kind == 1:
            del words[chance.randrange(len(words))]
        elif kind == 2:
            words.insert(chance.randrange(len(words) + 1), chance.choice(words))
        elif kind == 3:
            words = [word.upper() for word in words]
        elif kind == 4:
            words = ["".join(words)]
        elif kind == 5:
            words = re.sub(r"\d", "7", " ".join(words)).split()
        elif kind == 6:
            words = []
        return " ".join(words)

    return translate


def meddling(seed: int) -> Callable[[str], str]:
    """Does to what stands for things and tags all that a model can do: loses it, says it twice, changes it,
    moves it, trades it for another, and makes up one that nobody asked."""
    chance, piece = random.Random(seed), re.compile(r"^\W*(?:X\d|⟦\d+⟧)\W*$")

    def translate(row: str) -> str:
        words = row.split()
        at = [place for place, word in enumerate(words) if piece.match(word)]
        if not at or chance.random() < 0.3:
            return row.upper()
        here, there = chance.choice(at), chance.randrange(len(words))
        kind = chance.randrange(7)
        if kind == 0:
            del words[here]
        elif kind == 1:
            words.insert(there, words[here])
        elif kind == 2:
            words.insert(there, words.pop(here))
        elif kind == 3:
            words[here], words[there] = words[there], words[here]
        elif kind == 4:
            words[here] = words[here].translate({ord("X"): "x ", ord("0"): "1"})
        elif kind == 5:
            words = [word for place, word in enumerate(words) if place not in at]
        else:
            words.insert(there, chance.choice(["⟦7⟧", "⟦0⟧", "⟦|⟧"]))
        return " ".join(words)

    return translate
