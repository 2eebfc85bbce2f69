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
from functools import cache

import sentencepiece

from texts.rules import DROPPED, drop, rules

_REFERENCE = "&"
"""Begins a character reference: of all printable characters of ASCII the only one that a rule needs."""


def normalise(text: str) -> str:
    """The text as a model is trained on it and asked with it, on one line."""
    if text.isascii() and text.isprintable():  # Most texts of some languages, and told sooner.
        touched = _REFERENCE in text
    else:
        touched = _touched().search(text) is not None
    if not touched and "  " not in text and text.strip(" ") == text:
        return text
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


@cache
def _touched() -> re.Pattern[str]:
    """Of each rule one character that it cannot do without: a text without any is left as it is by 1 and 2.

    All characters beyond the basic plane are in it: Python looks one up in a set of the plane's, but goes
    through a list of others.
    """
    needed = {_REFERENCE if text.startswith(_REFERENCE) else text[-1] for text in rules()}
    plane = "".join(map(re.escape, sorted(character for character in needed if character <= "\uffff")))
    dropped = DROPPED.removeprefix("[").removesuffix("]+")
    return re.compile(f"[{dropped}\\ud800-\\udfff\U00010000-\U0010ffff{plane}]")
