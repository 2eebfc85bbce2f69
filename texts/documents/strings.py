"""Apple's strings: `"key" = "value";`, with comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode
from texts.documents.strings_in import StringPlace, document

EXTENSIONS = (".strings",)

_NEXT = re.compile(r"/\*|//[^\n]*|\"|\\.|(?<![\w.-])[\w.-]{1,200}(?=\s{0,80}=)", re.DOTALL)
_QUOTED = re.compile(r"\"(?P<value>[^\"\\]*(?:\\.[^\"\\]*)*)\"", re.DOTALL)
_EQUALS = re.compile(r"\s{0,80}=\s{0,80}")
_BEHIND = re.compile(r"\s{0,80};")
_ESCAPE = re.compile(r"\\(?:[Uu]([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its values."""
    del reading
    text, encode = decode(data)
    return document(text, _places(text), _escaped, encode)


def _places(text: str) -> Iterator[StringPlace]:
    """Of the values. What is no entry is read on from its first quote, so that one too many spoils no other;
    an escaped quote begins nothing, so that none is read more often than a few times."""
    at = 0
    while match := _NEXT.search(text, at):
        at = match.end()
        if match[0] == "/*":
            at = text.find("*/", at) + 2
            if at < 2:
                return  # so is all that comes later
        elif not match[0].startswith(("//", "\\")):
            key = _QUOTED.match(text, match.start()) if match[0] == '"' else match
            if key is None:
                return  # what is opened here never ends
            equals = _EQUALS.match(text, key.end())
            value = _QUOTED.match(text, equals.end()) if equals else None
            if value and _BEHIND.match(text, value.end()):
                at = value.end()
                if value["value"]:
                    yield StringPlace(*value.span("value"), _ESCAPE.sub(_character, value["value"]))


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])


def _escaped(words: str) -> str:
    written = words.replace("\\", "\\\\").replace('"', '\\"')
    for letter, character in _LETTERS.items():
        written = written.replace(character, f"\\{letter}")
    return written
