"""What happened to a corpus on its way, undone with ftfy: text read in the wrong encoding ("schÃ¶n"), and
escapes of terminals.

Normalising is not here: requests are normalised, too (texts/normalisation.py). They are not repaired: what
looks damaged may be meant there, and a graph cannot tell. A corpus can be repaired, as repairing makes of it
what its authors wrote, and so what users send.
"""

from __future__ import annotations

import re

import ftfy
from ftfy.badness import MOJIBAKE_CATEGORIES

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
# What ftfy takes for damage: a control of C1 or one of these letters on its own, else two characters side by
# side that are both no ASCII, one of them of those that its categories below list. Escapes and surrogates it
# undoes, too. Of most texts this is all that is asked; ftfy itself looks far longer.
_ESCAPE = "\x1b"
_ALONE = f"{_ESCAPE}\x80-\x9f\ud800-\udfffÂÃŒœ"
_TELLING = "".join(
    MOJIBAKE_CATEGORIES[name]
    for name in (
        "bad",
        "law",
        "currency",
        "start_punctuation",
        "end_punctuation",
        "numeric",
        "upper_accented",
        "lower_accented",
        "box",
    )
)
_BESIDE = f"{_TELLING}ØÙ°Ђ"
_SUSPICIOUS = re.compile(f"[{_ALONE}]|[^\x00-\x7f](?:[{_BESIDE}]|(?<=[{_BESIDE}])[^\x00-\x7f])")


def repair(text: str) -> str:
    """The text as it was written; of what is not damaged, the same text."""
    if text.isascii() and _ESCAPE not in text:
        return text
    return ftfy.fix_text(text, _FTFY) if _SUSPICIOUS.search(text) else text
