"""The one definition of normalised text, for training data, references and requests alike.

1. Control characters and what is invisible and joins nothing (byte order mark, soft hyphen, zero width space)
   are dropped.
2. `rules`, the longest that fits at each place, in one pass: white space becomes a space, letters and marks
   the composed letter (Unicode's form NFC), ligatures letters, HTML's character references what they stand
   for.
3. One space at most between words, none around the text.

Right in some language, and therefore left as it is: typographic quotes, full-width characters, joiners, marks
of direction. SentencePiece does 2 and 3, here and inside each vocabulary, so that the exported graph does the
same with no operation but one for 1.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import sentencepiece

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


def normalise(text: str) -> str:
    """The text as a model is trained on it and asked with it, on one line."""
    normalised: str = _normalizer().normalize(drop(text))
    return normalised


@cache
def normalizer_spec() -> bytes:
    """The rules as SentencePiece's `NormalizerSpec`, serialized."""
    sentencepiece.set_min_log_level(2)  # It says that it compiles.
    compiled = sentencepiece.SentencePieceNormalizer(norm_map=list(rules().items()))
    return bytes(compiled.serialized_normalizer_spec())


@cache
def _normalizer() -> sentencepiece.SentencePieceNormalizer:
    return sentencepiece.SentencePieceNormalizer(
        normalizer_spec=normalizer_spec(),
        escape_whitespaces=False,
        add_dummy_prefix=False,
        remove_extra_whitespaces=True,
    )
