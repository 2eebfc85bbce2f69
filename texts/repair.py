"""What happened to a corpus on its way, undone with ftfy: text read in the wrong encoding ("schÃ¶n"), and
escapes of terminals.

Normalising is not here: requests are normalised, too (texts/normalisation.py). They are not repaired: what
looks damaged may be meant there, and a graph cannot tell. A corpus can be repaired, as repairing makes of it
what its authors wrote, and so what users send.
"""

from __future__ import annotations

import ftfy

_FTFY = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)
_ESCAPE = "\x1b"


def repair(text: str) -> str:
    """The text as it was written; of what is not damaged, the same text."""
    return text if text.isascii() and _ESCAPE not in text else ftfy.fix_text(text, _FTFY)
