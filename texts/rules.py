"""The rules of normalised text (`texts.normalisation`), for who needs them without SentencePiece."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from contracts.vocabulary import SPACE
from texts.composition import compositions
from texts.entities import references

DROPPED = (
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f"
    # Soft hyphen, zero width space, word joiner, deprecated controls, byte order mark, annotations.
    "\u00ad\u200b\u2060\u206a-\u206f\ufeff\ufff9-\ufffc]+"
)
"""As Python and RE2 read it. NUL is why this is no rule: SentencePiece's rules cannot hold it."""

_DROPPED = re.compile(DROPPED)
_LIGATURES = range(0xFB00, 0xFB07)
_BASIC_PLANE = range(0x10000)
"""No white space is outside it."""


@cache
def rules() -> dict[str, str]:
    """Text → what takes its place, which may be nothing."""
    white_space = {chr(code): " " for code in _BASIC_PLANE if chr(code).isspace()}
    ligatures = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _LIGATURES}
    characters = {**compositions(), **ligatures, **white_space, SPACE: " "}  # in a text it is read as a space
    named = {
        reference: drop("".join(characters.get(character, character) for character in text))
        for reference, text in references().items()
    }
    replacements = {**characters, **named}
    del replacements[" "]
    return replacements


def drop(text: str) -> str:
    """The text without what is dropped; a lone surrogate, which has no UTF-8, becomes a question mark."""
    return _DROPPED.sub("", text).encode("utf-8", "replace").decode()
