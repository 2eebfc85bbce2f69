"""Texts taken apart into sentences, and put together again with the white space that stood between them.

The boundaries are sentencex's (https://github.com/wikimedia/sentencex): rules and lists of abbreviations of
some 300 languages, which rather leave two sentences together than cut one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import sentencex

from texts.tags import primary_subtag

_THAI_SPACE = re.compile(r"(?<=[\u0e00-\u0eff])([^\S\n]+)(?=[\u0e00-\u0eff])")
"""Thai and Lao write no full stop: a space is where a sentence or a clause ends."""
_GOES_ON = re.compile(r"(?<=[」』）])\s*(?:と|って|など|は|が|を|に|の|も|で)")
"""Japanese, behind a quotation with a full stop in it."""
_UNNAMED = ("en", "de", "fr", "es", "ru", "pl")
_PARAGRAPH = re.compile(r"(\n[^\S\n]*\n\s*)")
# For sentencex only a plain space or a tab ends a word.
_PLAIN = {code: " " for code in range(0x10000) if chr(code).isspace()}


@dataclass(frozen=True)
class Passage:
    """A text of N sentences, at least one, that begin and end with no white space.

    `gaps` [N + 1] is the white space before each of them and after the last. A blank text is one empty
    sentence.
    """

    sentences: tuple[str, ...]
    gaps: tuple[str, ...]

    def joined(self, sentences: Sequence[str]) -> str:
        """Others [N] in the places of these."""
        return "".join(gap + sentence for gap, sentence in zip(self.gaps, (*sentences, ""), strict=True))


def split(text: str, language: str = "") -> Passage:
    """The sentences of a text; `language`, a BCP 47 tag, tells the abbreviations. Of "" only those boundaries
    count in which the rules of several languages agree: `3. Oktober` and `ул. Ленина` stay whole.
    """
    sentences: list[str] = []
    gaps = [""]
    for piece in _pieces(text, language):
        sentence = piece.strip()
        if not sentence:
            gaps[-1] += piece
            continue
        before, after = piece.split(sentence, 1)
        gaps[-1] += before
        sentences.append(sentence)
        gaps.append(after)
    if not sentences:
        return Passage(("",), (gaps[0], ""))
    return Passage(tuple(sentences), tuple(gaps))


def _pieces(text: str, language: str) -> Iterator[str]:
    primary = primary_subtag(language).lower()
    for paragraph in _PARAGRAPH.split(text):
        # A lone surrogate is nothing that Rust knows. Neither change moves a boundary.
        plain = paragraph.translate(_PLAIN).encode("utf-8", "replace").decode()
        segments = _segmented(primary, plain) if primary else _agreed(plain)
        begin = 0
        for piece in _with_words(segments):
            yield paragraph[begin : begin + len(piece)]
            begin += len(piece)


def _segmented(language: str, text: str) -> list[str]:
    segments: list[str] = sentencex.segment(language, text)
    if "".join(segments) != text:  # nothing may be lost
        return [text]
    if language in ("th", "lo"):
        return [part for segment in segments for part in _after_spaces(segment)]
    return _with_quotations(segments) if language == "ja" else segments


def _after_spaces(text: str) -> list[str]:
    words, *others = _THAI_SPACE.split(text)
    return [words, *(space + part for space, part in zip(others[::2], others[1::2], strict=True))]


def _with_quotations(segments: Iterable[str]) -> list[str]:
    whole: list[str] = []
    for segment in segments:
        if whole and _GOES_ON.match(whole[-1] + segment, len(whole[-1])):
            whole[-1] += segment
        else:
            whole.append(segment)
    return whole


def _agreed(text: str) -> list[str]:
    """The pieces between the boundaries that the rules of all languages have; most rows, of one sentence,
    need the first alone."""
    first, *others = _UNNAMED
    ends = set(accumulate(map(len, _segmented(first, text))))
    for language in others:
        if len(ends) < 2:
            break
        ends &= set(accumulate(map(len, _segmented(language, text))))
    return [text[begin:end] for begin, end in pairwise([0, *sorted(ends)])]


def _with_words(pieces: Iterable[str]) -> list[str]:
    """Pieces without a letter, as `2.` or a smiley, go with the next one, at the end with the last."""
    whole: list[str] = []
    begun = ""
    for piece in pieces:
        begun += piece
        if any(character.isalpha() for character in piece):
            whole.append(begun)
            begun = ""
    if begun:
        whole[-1:] = ["".join(whole[-1:]) + begun]
    return whole
