"""The text of a translation unit's segment without its inline codes (TMX 1.4b, 3.3; XLIFF 1.2, 2.4).

A code is markup of the original document, not text; where it stood between two words, a blank must stand. One
of a pair may stand within a word, though: a single character on either side tells of it (H₂O, an initial).
"""

from __future__ import annotations

import enum
import re
import unicodedata

# `{name}`, `{{name}}`, `${name}`, `%d`, `%1$s`, `%(name)s`, `$name`, `__NAME__`, `[name]`: what a program
# fills in, and a translation keeps.
_PLACEHOLDER = re.compile(
    r"\$?\{[^{}<>]{0,80}\}|\{\{[^{}<>]{0,80}\}\}|%(\d+\$)?[-+#0-9.]*[a-zA-Z@]|%\(\w{1,80}\)[a-z]|\$\w{1,80}"
    r"|__\w{1,80}__|\[\w{1,80}\]"
)
# Scripts that put no blank between words, by the beginning of their characters' names.
_WITHOUT_BLANKS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")


class CodeKind(enum.Enum):
    """Whether a code is half of a pair, as bold is, or alone, as a break is."""

    PAIRED = enum.auto()
    ALONE = enum.auto()


class SegmentText:
    """Collects a segment's text piece by piece; beyond `limit` characters it keeps nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[str | CodeKind] | None = []
        self._characters = 0

    def add(self, text: str) -> None:
        """Text of the sentence."""
        self._characters += len(text)
        if self._characters > self._limit:
            self._pieces = None
        elif self._pieces is not None:
            self._pieces.append(text)

    def add_code(self, code: CodeKind) -> None:
        """The place of a code, whatever it held; among several one that is alone counts."""
        if self._pieces is None:
            return
        if not self._pieces or not isinstance(self._pieces[-1], CodeKind):
            self._pieces.append(code)
        elif code is CodeKind.ALONE:
            self._pieces[-1] = code

    def add_placeholder(self, content: str) -> None:
        """A code that stands for text: it stays if that is what a program fills in, else its place does."""
        if _PLACEHOLDER.fullmatch(content.strip()):
            self.add(content.strip())
        else:
            self.add_code(CodeKind.ALONE)

    def text(self) -> str | None:
        """The sentence; None if it is too long."""
        if self._pieces is None:
            return None
        runs, codes = [""], []  # texts, and what stood between each two
        for piece in self._pieces:
            if isinstance(piece, CodeKind):
                runs.append("")
                codes.append(piece)
            else:
                runs[-1] += piece
        whole, blanks = runs[0], ""
        for code, run in zip(codes, runs[1:], strict=True):
            if run.isspace():
                blanks = run  # between two codes
            else:
                whole, blanks = _joined(whole, blanks + run, code), ""
        return whole


def _joined(before: str, after: str, code: CodeKind) -> str:
    """Both with what is between them where a code stood: one blank at most."""
    left, right = before.rstrip(), after.lstrip()
    if not left or not right:
        return left + right
    blanks_before, blanks_after = before[len(left) :], after[: len(after) - len(right)]
    if blanks_after:
        return left + blanks_after + right
    if blanks_before:
        return left + ("" if _closes(right[0]) else blanks_before) + right
    return left + (" " if _blank_between(left, right, code) else "") + right


def _closes(character: str) -> bool:
    return character in ".,;:!?…" or unicodedata.category(character) in ("Pe", "Pf")


def _blank_between(left: str, right: str, code: CodeKind) -> bool:
    if not (_of_a_word(left[-1]) and _of_a_word(right[0])):
        return False
    return code is CodeKind.ALONE or (left[-2:-1].isalnum() and right[1:2].isalnum())


def _of_a_word(character: str) -> bool:
    """In a script that puts blanks between words."""
    return character.isalnum() and not unicodedata.name(character, "").startswith(_WITHOUT_BLANKS)
