"""Java's properties (https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode
from texts.documents.strings_in import StringPlace, document

EXTENSIONS = (".properties",)

_LINE = re.compile(
    r"^[ \t\f]*(?:[#!].*|(?P<key>(?:[^\s=:\\]|\\.)+)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)"
    r"(?P<value>(?:[^\\\r\n]|\\(?:\r\n|[^\r]|\r))*))",
    re.MULTILINE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(\r\n|\r|\n)[ \t\f]*|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its values. Before Java 9 such a file is Latin-1 with escapes, which a file in ASCII goes on to be."""
    del reading
    is_utf8 = _is_utf8(data)
    text, encode = decode(data, "utf-8" if is_utf8 else "latin-1")
    held = 0x80 if data.isascii() else 0x10000 if is_utf8 else 0x100
    return document(text, _places(text), lambda words: _escaped(words, held), encode)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _places(text: str) -> Iterator[StringPlace]:
    for match in _LINE.finditer(text):
        if match["key"] and match["value"]:
            yield StringPlace(*match.span("value"), _plain(match["value"]))


def _plain(value: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return "" if match[2] else _LETTERS.get(match[3], match[3])

    plain = _ESCAPE.sub(character, value)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped(words: str, held: int) -> str:
    """As a value; UTF-16's units from `held` on, which the file's encoding has not, by their numbers."""
    written = words.replace("\\", "\\\\")
    for letter, character in _LETTERS.items():
        written = written.replace(character, f"\\{letter}")
    if written[:1] == " ":
        written = f"\\{written}"
    if held > 0xFFFF:
        return written
    units = written.encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < held else f"\\u{code:04x}" for code in codes)
