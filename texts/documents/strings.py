"""Apple's strings: `"key" = "value";`, with comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.documents.base import Document, Reading
from texts.documents.encodings import decode
from texts.documents.strings_in import Place, document

EXTENSIONS = (".strings",)

_ENTRY = re.compile(
    r"/\*.{0,2000}?\*/|//[^\n]*|(?:\"(?:[^\"\\]|\\.)*\"|[\w.-]+)\s*=\s*\"(?P<value>(?:[^\"\\]|\\.)*)\"\s*;",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:[Uu]([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def read(data: bytes, reading: Reading) -> Document:
    """Its values."""
    del reading
    text, encode = decode(data)
    return document(text, _places(text), _escaped, encode)


def _places(text: str) -> Iterator[Place]:
    for match in _ENTRY.finditer(text):
        if match["value"]:
            yield Place(*match.span("value"), _ESCAPE.sub(_character, match["value"]))


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])


def _escaped(words: str) -> str:
    written = words.replace("\\", "\\\\").replace('"', '\\"')
    for letter, character in _LETTERS.items():
        written = written.replace(character, f"\\{letter}")
    return written
