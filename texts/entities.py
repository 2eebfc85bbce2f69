"""Character references of HTML (https://html.spec.whatwg.org/#named-character-references) and what they stand
for."""

from __future__ import annotations

import html
import html.entities
import unicodedata
from itertools import chain

_NUMBERED = (range(0x20, 0x800), range(0x2000, 0x2700))
"""Latin to Arabic letters; punctuation and symbols."""


def references() -> dict[str, str]:
    """Reference → its text: the names of HTML 4 with `apos`, also escaped twice (`&amp;quot;`), and numbers.

    Left out are numbers of what could be part of another reference (letters and digits of ASCII, `#`, `;`),
    and of marks, which would have to compose with the letter before them.
    """
    texts = {}
    for name in (*html.entities.name2codepoint, "apos"):
        texts[f"&{name};"] = texts[f"&amp;{name};"] = html.unescape(f"&{name};")
    for code in chain(*_NUMBERED):
        text = html.unescape(f"&#{code};")
        if (text.isascii() and text.isalnum()) or text in "#;" or unicodedata.category(chr(code))[0] == "M":
            continue
        numbers = (f"{code}", f"{code:03}", f"x{code:x}", f"x{code:X}")
        texts |= {f"&#{number};": text for number in numbers}
    return texts
