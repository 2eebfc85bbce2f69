"""Unicode's normal form C (UAX 15, https://unicode.org/reports/tr15/) as rules of a SentencePiece model.

Cleaned training text is in this form; what users send may not be (file names of macOS, some keyboards). With
the rules inside the vocabulary, trainer and exported graph compose characters alike, without an operation
more. They leave as they are: marks in an order that is not canonical, and a mark that would compose with a
letter across another one (a, cedilla, acute).
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

_SURROGATES = range(0xD800, 0xE000)


@cache
def nfc_rules() -> str:
    """Lines `FROM<TAB>TO` of hexadecimal code points: SentencePiece's `normalization_rule_tsv`."""
    rules: dict[str, str] = {}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        apart = unicodedata.normalize("NFD", character)
        if code in _SURROGATES or apart == character:
            continue
        together = unicodedata.normalize("NFC", character)
        if together != character:
            rules[character] = together
            continue
        for end in range(1, len(apart) + 1):  # Also with the first marks composed already.
            rules[unicodedata.normalize("NFC", apart[: end - 1]) + apart[end - 1 :]] = together
    rules = {before: after for before, after in rules.items() if before != after}
    return "".join(
        f"{_hexadecimal(before)}\t{_hexadecimal(after)}\n" for before, after in sorted(rules.items())
    )


def _hexadecimal(text: str) -> str:
    return " ".join(f"{ord(character):X}" for character in text)
