"""Subtitles: their times and numbers stay, a cue's lines are one text with a line end in it."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable, Iterator

from texts.documents.base import Document, DocumentError
from texts.documents.strings_in import StringPlace, document

_TIME = re.compile(r"(?m)^[ \t]*(?:\d+:)?\d+:\d\d[.,]\d{1,3}[ \t]*-->[^\r\n]*(?:\r\n|\r|\n)")
_LINE_END = r"(?:\r\n|\r(?!\n)|\n)"
_END = re.compile(rf"{_LINE_END}[ \t]*(?:{_LINE_END}|$)")
_COUNTER = re.compile(rf"(?m)^[ \t]*\d+[ \t]*{_LINE_END}\Z")


def read_cues(text: str, encode: Callable[[str], bytes], is_html: bool) -> Document:
    """The cues of a file.

    Args:
        is_html: whether `&` is written as a reference; tags may be in them in any case.
    """
    places = list(_places(text, is_html))
    if not places:
        raise DocumentError("there is no cue in this file: no line as 00:00:01,000 --> 00:00:02,000")
    escape = str if is_html else _plain
    return document(text, places, escape, encode, "html")


def _places(text: str, is_html: bool) -> Iterator[StringPlace]:
    """Each ends at an empty line, or where it is forgotten, before the number and the time of the next."""
    times = list(_TIME.finditer(text))
    for match, following in itertools.zip_longest(times, times[1:]):
        limit = following.start() if following else len(text)
        counter = _COUNTER.search(text[match.end() : limit]) if following else None
        limit = match.end() + counter.start() if counter else limit
        end = _END.search(text, match.end(), limit)
        stop = end.start() if end else limit
        words = text[match.end() : stop]
        if words.strip():
            yield StringPlace(match.end(), stop, words if is_html else words.replace("&", "&amp;"))


def _plain(words: str) -> str:
    """Without references, beside the tags."""
    return html.unescape(words)
