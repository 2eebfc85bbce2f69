"""From phrases to a written sentence: the same for both languages."""

from __future__ import annotations

import re


def written(text: str, mark: str) -> str:
    """Commas closed up, doubled or final commas dropped, first letter large, the mark at the end."""
    text = re.sub(r"\s*,[\s,]*", ", ", " ".join(text.split())).strip(" ,")
    return text[0].upper() + text[1:] + mark
