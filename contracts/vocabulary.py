"""The pieces that every vocabulary has, under the same ids, and those that say which language is wanted."""

from __future__ import annotations

PAD, UNK, BOS, EOS = range(4)
"""Ids of `<pad>`, `<unk>`, `<s>` and `</s>`."""

SPACE = "\u2581"
"""What SentencePiece writes for a space, and so what a piece that begins a word begins with."""
MOST_CANDIDATES = 100
"""Target pieces that a lexicon has of each source piece, at most."""
TAG = r"<2[A-Za-z][A-Za-z0-9-]*>"
"""What no source may say by itself, as a regular expression of RE2 and of Python."""


def target_tag(language: str) -> str:
    """The piece before a source that says into which language it is translated, as `<2de>`: Johnson et al.
    2017 (https://arxiv.org/abs/1611.04558), section 3.
    """
    return f"<2{language}>"


def protected_pieces(count: int) -> tuple[str, ...]:
    """Pieces that stand for what is in no language, as placeholders: `⟦0⟧`, `⟦1⟧` and so on. A model that was
    trained with them carries them to their places in a translation.
    """
    return tuple(f"\u27e6{number}\u27e7" for number in range(count))


SEPARATOR = "\u27e6|\u27e7"
"""The piece between a sentence and the one before it, of a model that was trained to read both."""
