"""Marks behind words, which say what of the tree a word was made of: by them the words of two languages that
were made of the same are known, whatever order each language puts them in.

A mark is text between two characters of Unicode's private use, so that words go through the rules of a
language as they would without: `book` and its mark are one word, which begins with a `b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_BEGIN}([^{_END}]*){_END}")

VERB = "verb"
MODAL = "modal"
AUXILIARY = "auxiliary"
SUPPORT = "support"
"""English do."""
PARTICLE = "particle"
VERBS = frozenset({VERB, MODAL, AUXILIARY, SUPPORT, PARTICLE})
"""Of one clause these say together what a single verb of the other language may say."""
NEGATION = "negation"


def marked(text: str, node: object, part: str = "") -> str:
    """Each word of a text with the mark of a part of a tree's node; nothing stays nothing."""
    mark = f"{_BEGIN}{id(node)}:{part}{_END}"
    return " ".join(word + mark for word in text.split())


def plain(text: str) -> str:
    """The text without marks."""
    return _MARK.sub("", text)


def marks_in(text: str) -> str:
    """Its marks alone, one after another."""
    return "".join(match.group() for match in _MARK.finditer(text))


def units(word: str) -> Iterator[tuple[str, str]]:
    """Node and part of each mark of a word."""
    for match in _MARK.finditer(word):
        node, _, part = match.group(1).partition(":")
        yield node, part
