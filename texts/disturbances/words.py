"""Words and the marks around them."""

from __future__ import annotations

MARKS = ".,;:!?…\"'“”„«»()[]。，、！？；："


def core(word: str) -> str:
    """Without the marks around it; of marks alone nothing."""
    return word.strip(MARKS)


def with_core(word: str, other: str) -> str:
    """Another core within the same marks: `(dog),` and `cat` are `(cat),`."""
    begin = len(word) - len(word.lstrip(MARKS))
    return word[:begin] + other + word[begin + len(core(word)) :]
