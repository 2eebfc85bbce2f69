"""Unicode repair with ftfy: mojibake, control characters, HTML entities, composed forms."""

from __future__ import annotations

import re

import ftfy

# Typographic quotes and full-width punctuation are right in many languages, so they stay.
_FTFY = ftfy.TextFixerConfig(
    uncurl_quotes=False, fix_character_width=False, normalization="NFC", explain=False
)
# In ASCII only these can be wrong: entities, and control characters, which include the start of terminal
# escapes.
_SUSPICIOUS_ASCII = re.compile(r"[&\x00-\x1f\x7f]")
_BREAKS = re.compile(r"[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")


def repair(text: str) -> str:
    """The text on one line, with what was garbled restored, and no blanks around it."""
    if not text.isascii() or _SUSPICIOUS_ASCII.search(text):
        text = _BREAKS.sub(" ", ftfy.fix_text(text, _FTFY))
    return text.strip()
