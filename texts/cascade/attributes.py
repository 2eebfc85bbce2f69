"""Attributes of HTML's tags that readers are shown, `alt` and `title`: their values are texts, too."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from texts.cascade.draft import Draft, Fixed, Piece, Segment
from texts.cascade.scanning import Mark, scan

STAGE = "attributes"

_FORMATS = ("html", "markdown")
_NAMES = ("alt", "title")
_QUOTES = {"double": '"', "single": "'", "bare": ""}


def shown_values(draft: Draft) -> Iterator[str]:
    """The values in all tags of a text that have a letter, as readers see them; only HTML has such tags."""
    for piece in draft.pieces if draft.options.format in _FORMATS else ():
        for tag in _tags(piece):
            for mark in scan(tag):
                for part, how in _shown(mark):
                    value = html.unescape(part[how])
                    if any(map(str.isalpha, value)):
                        yield value


def fixed_in_target(piece: Fixed, translations: Mapping[str, str]) -> Fixed:
    """A tag between sentences, with these values in the place of those."""
    tags = list(_tags(piece))
    return replace(piece, text=_in_target(tags[0], translations)) if tags else piece


def segment_in_target(segment: Segment, translations: Mapping[str, str]) -> Segment:
    """A sentence's tags, likewise; in the source they are what they were."""
    return segment.of(
        replace(token, given=_in_target(token.raw, translations))
        if token.is_tag and not token.is_kept
        else token
        for token in segment.tokens
    )


def _tags(piece: Piece) -> Iterator[str]:
    raws = [piece.raw] if isinstance(piece, Fixed) and piece.is_tag else []
    if isinstance(piece, Segment):
        raws = [token.raw for token in piece.tokens if token.is_tag and not token.is_kept]
    # Markdown's are no tags, though there may be one in the address of a link.
    return (raw for raw in raws if raw.startswith("<"))


def _shown(mark: Mark) -> Iterator[tuple[re.Match[str], str]]:
    """The attributes of a tag that are shown, and how their values are quoted."""
    if mark.kind in ("open", "empty"):
        for part in mark.parts():
            if part["name"] and part["name"].lower() in _NAMES:
                yield from ((part, how) for how in _QUOTES if part[how])


def _in_target(tag: str, translations: Mapping[str, str]) -> str:
    return "".join(_written(mark, translations) for mark in scan(tag)) if tag.startswith("<") else tag


def _written(mark: Mark, translations: Mapping[str, str]) -> str:
    raw = mark.raw
    for part, how in reversed(list(_shown(mark))):
        value = html.unescape(part[how])
        given = translations.get(value, value)
        if given != value:
            begin, end = part.span(how)
            quote = _QUOTES[how]
            words = html.escape(given, quote=False).replace(
                quote or '"', "&#39;" if quote == "'" else "&quot;"
            )
            raw = raw[:begin] + (words if quote else f'"{words}"') + raw[end:]
    return raw
