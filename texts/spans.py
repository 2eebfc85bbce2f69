"""Where the pieces and words of a sentence stand in its text.

Offsets count code points, as Python does; a span is (start, end), the end not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from texts.alignments import word_places
from texts.offsets import Span, trace

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_UNKNOWN = "<unk>"


def source_spans(pieces: Sequence[str], text: str) -> list[Span | None]:
    """Of each piece of a text that was sent, as it was sent; None for the end, and where the pieces are not
    the text's, from the first that does not fit on.

    A piece has its characters without the white space around them; of a character that was cut into bytes
    each has all of it.
    """
    normalised, origins = trace(text)
    return [
        None if span is None else _origin(span, origins, len(text))
        for span in target_spans(pieces, normalised)
    ]


def target_spans(pieces: Sequence[str], text: str) -> list[Span | None]:
    """As `source_spans`, of a text that was made of its pieces."""
    written = list(_written(pieces))
    spans: list[Span | None] = [None] * len(pieces)
    at, unknown = 0, list[int]()
    for place, (characters, starts) in enumerate(written):
        if characters is None:
            unknown += [place] if starts else []
            continue
        if at == 0 and not unknown and not text.startswith(" "):
            characters = characters.removeprefix(" ")
        here = text.find(characters, at + 1) if unknown else at
        if here < 0 or not text.startswith(characters, here):
            return spans
        for index in unknown:
            spans[index] = _inner(text, at, here)
        unknown = []
        spans[place] = _inner(text, here, here + len(characters)) if starts else spans[place - 1]
        at = here + len(characters)
    for index in unknown:
        spans[index] = _inner(text, at, len(text))
    return spans


def word_spans(pieces: Sequence[str], spans: Sequence[Span | None]) -> list[Span | None]:
    """Of each word, as `word_places` counts them, from its pieces' spans; None where none of them has one."""
    words: dict[int, list[Span]] = {}
    for word, span in zip(word_places(pieces), spans, strict=True):
        if word is not None:
            words.setdefault(word, []).extend([] if span is None else [span])
    return [
        (min(start for start, _ in own), max(end for _, end in own)) if own else None
        for _, own in sorted(words.items())
    ]


def _written(pieces: Sequence[str]) -> Iterator[tuple[str | None, bool]]:
    """Of each piece what it stands for in a text, None where that is not known, and whether it is the first
    piece of its characters; of the end and of padding (None, False).
    """
    for is_byte, group in groupby(pieces, lambda piece: _BYTE.fullmatch(piece) is not None):
        if is_byte:
            yield from _characters(bytes.fromhex("".join(piece[3:5] for piece in group)))
            continue
        for piece in group:
            if piece in ("", "</s>"):
                yield None, False
            elif piece == _UNKNOWN:
                yield None, True
            else:
                yield piece.replace("▁", " "), True


def _characters(content: bytes) -> Iterator[tuple[str, bool]]:
    """Of each byte the character that begins with it, or nothing; a byte that is no UTF-8 is U+FFFD."""
    at = 0
    while at < len(content):
        lead = content[at]
        length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
        try:
            yield content[at : at + length].decode(), True
        except UnicodeDecodeError:
            length = 1
            yield "\ufffd", True
        yield from [("", False)] * (min(length, len(content) - at) - 1)
        at += length


def _inner(text: str, start: int, end: int) -> Span:
    """Without the white space at both ends; empty at its end, where there is nothing else."""
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip(" "))
    return start, max(start, end - len(inside) + len(inside.rstrip(" ")))


def _origin(span: Span, origins: Sequence[Span], length: int) -> Span:
    start, end = span
    if start < end:
        return origins[start][0], origins[end - 1][1]
    place = origins[start][0] if start < len(origins) else length
    return place, place
