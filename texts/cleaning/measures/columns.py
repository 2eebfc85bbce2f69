"""Many texts measured at once: as `lengths`, `scripts` and `numbers` do one by one, in one look at each
character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from texts.cleaning.measures.characters import (
    IS_BLANK,
    IS_DIGIT,
    IS_HAN,
    IS_LETTER,
    IS_SPACELESS,
    IS_SYLLABLE,
    IS_VISIBLE,
    bits,
    own_letters,
    weights,
)
from texts.languages import scripts_of

_PIECE = 1 << 20
"""Characters that are looked at together, at most but for a text that has more: it bounds what is held."""
_LIGHT = np.ones(1, np.uint8)
"""What each character weighs where none is an ideograph or a syllable."""


class Measures(NamedTuple):
    """Of N texts, arrays of shape [N]."""

    characters: np.ndarray
    """int64: code points."""
    words: np.ndarray
    """int64: as many as `lengths.words` gives."""
    longest_word: np.ndarray
    """int64: its characters, 0 without words."""
    weight: np.ndarray
    """int64: see `lengths.weight`."""
    has_digits: np.ndarray
    """bool."""
    script_share: np.ndarray
    """float64: see `scripts.script_share`."""


def measure_texts(texts: Sequence[str], languages: Sequence[str]) -> Measures:
    """Measure texts, at least one, each in its language (BCP 47)."""
    pieces = [_measure(texts[piece], languages[piece]) for piece in _pieces(texts)]
    return Measures(*map(np.concatenate, zip(*pieces, strict=True)))


def _pieces(texts: Sequence[str]) -> Iterator[slice]:
    begin = held = 0
    for row, text in enumerate(texts):
        if held and held + len(text) > _PIECE:
            yield slice(begin, row)
            begin, held = row, 0
        held += len(text)
    yield slice(begin, len(texts))


def _measure(texts: Sequence[str], languages: Sequence[str]) -> Measures:
    # A blank ends each text, so that none is empty and no word goes on in the next.
    joined = "\n".join([*texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.intp)
    characters = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = np.cumsum(characters + 1) - characters - 1
    kinds = bits()[codes]
    there = np.bitwise_or.reduceat(kinds, starts)  # what there is in each text: uint8 [N]

    def total(numbers: np.ndarray) -> np.ndarray:
        """Of each text: int64 [N]."""
        added: np.ndarray = np.add.reduceat(numbers, starts, dtype=np.int64)
        return added

    seen = (there & IS_VISIBLE > 0) | (np.maximum.reduceat(codes, starts) < 0x80)
    words, longest_word = _count_words(kinds, starts)
    heavy, weight = _LIGHT, characters
    if (there & (IS_HAN | IS_SYLLABLE)).any():
        heavy = weights()[kinds]
        weight = total(heavy) - 1
    letters = total(heavy * (kinds & IS_LETTER > 0))
    own = np.zeros(len(texts), np.int64)
    for language in set(languages):
        in_it = np.fromiter((spoken == language for spoken in languages), bool, len(texts))
        own = np.where(in_it, total(heavy * own_letters(scripts_of(language))[codes]), own)
    return Measures(
        characters,
        np.where(seen, words, 0),
        np.where(seen, longest_word, 0),
        weight,
        there & IS_DIGIT > 0,
        np.where(letters > 0, own / np.maximum(letters, 1), 1.0),
    )


def _count_words(kinds: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many words each text has, and the characters of its longest: int64 [N]."""
    blank, alone = kinds & IS_BLANK > 0, kinds & IS_SPACELESS > 0
    apart = blank | alone
    begins, ends = ~blank, ~blank
    begins[1:] &= alone[1:] | apart[:-1]
    ends[:-1] &= alone[:-1] | apart[1:]
    words: np.ndarray = np.add.reduceat(begins, starts, dtype=np.int64)
    lengths = np.flatnonzero(ends) - np.flatnonzero(begins) + 1  # of all words, in order
    longest, some = np.zeros(len(starts), np.int64), words > 0
    if some.any():
        longest[some] = np.maximum.reduceat(lengths, (np.cumsum(words) - words)[some])
    return words, longest
