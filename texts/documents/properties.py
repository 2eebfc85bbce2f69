"""Java's properties (https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.documents.base import Document, Reading
from texts.documents.encodings import decode
from texts.documents.strings_in import Place, document

EXTENSIONS = (".properties",)

_LINE = re.compile(
    r"^[ \t\f]*(?:[#!].*|(?P<key>(?:[^\s=:\\]|\\.)+)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)"
    r"(?P<value>(?:[^\\\r\n]|\\(?:\r\n|[^\r]|\r))*))",
    re.MULTILINE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(\r\n|\r|\n)[ \t\f]*|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


def read(data: bytes, reading: Reading) -> Document:
    """Its values. Before Java 9 such a file is Latin-1 with escapes, which a file in ASCII goes on to be."""
    del reading
    text, encode = decode(data, "utf-8" if _is_utf8(data) else "latin-1")
    return document(text, _places(text), lambda words: _escaped(words, data.isascii()), encode)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _places(text: str) -> Iterator[Place]:
    for match in _LINE.finditer(text):
        if match["key"] and match["value"]:
            yield Place(*match.span("value"), _plain(match["value"]))


def _plain(value: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return "" if match[2] else _LETTERS.get(match[3], match[3])

    plain = _ESCAPE.sub(character, value)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped(words: str, ascii_only: bool) -> str:
    written = words.replace("\\", "\\\\")
    for letter, character in _LETTERS.items():
        written = written.replace(character, f"\\{letter}")
    if written[:1] == " ":
        written = f"\\{written}"
    if not ascii_only:
        return written
    units = (written.encode("utf-16-be")[at : at + 2] for at in range(0, len(written.encode("utf-16-be")), 2))
    codes = (int.from_bytes(unit, "big") for unit in units)
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)
