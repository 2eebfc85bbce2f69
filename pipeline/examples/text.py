"""Text as examples and models have it."""

from __future__ import annotations


def as_text(value: bytes | str) -> str:
    """Text of a feature or a model's output; bytes that are no UTF-8 become U+FFFD, the same everywhere."""
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
