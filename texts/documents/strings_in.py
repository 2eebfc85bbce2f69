"""Documents that are text with strings to translate in it, each at a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from texts.cascade import Format
from texts.documents.base import Document


@dataclass(frozen=True)
class StringPlace:
    """Where a string is in a text, and what it says when it is read."""

    begin: int
    end: int
    text: str


def document(
    text: str,
    places: Iterable[StringPlace],
    escape: Callable[[str], str],
    encode: Callable[[str], bytes],
    form: Format = "text",
    changes: dict[str, object] | None = None,
) -> Document:
    """A document of the strings at `places`, ascending; one that is not changed stays as it is written."""
    worded = [place for place in places if any(map(str.isalpha, place.text))]

    def write(texts: Sequence[str]) -> bytes:
        parts, begin = [], 0
        for place, translated in zip(worded, texts, strict=True):
            same = translated == place.text
            parts += [
                text[begin : place.begin],
                text[place.begin : place.end] if same else escape(translated),
            ]
            begin = place.end
        return encode("".join([*parts, text[begin:]]))

    return Document(tuple(place.text for place in worded), write, form, changes or {})
