"""Which of the two stacks this is (docs/stacks.md), and why not the newest."""

from __future__ import annotations

import platform
import sys

OLDER, NEWEST = "tfx-1.16", "tfx-1.21"
_GLIBC = (2, 39)
"""ml-metadata and TFDV 1.21 are wheels for it."""


def here() -> tuple[str | None, str]:
    """The stack of this Python, None where it has none, and what is to be said of it."""
    name, version = platform.libc_ver()
    glibc = version if name == "glibc" else ""
    return choose(sys.version_info[:2], glibc)


def choose(python: tuple[int, int], glibc: str) -> tuple[str | None, str]:
    """As `scripts/setup` chooses; `glibc`: its version, empty where there is none."""
    is_new = glibc != "" and tuple(map(int, glibc.split(".")[:2])) >= _GLIBC
    glibc_here = f"glibc here is {glibc}" if glibc else "there is no glibc here"
    if python == (3, 10):
        why = (
            "Python 3.11 to 3.13 would have the newest"
            if is_new
            else f"the newest wants glibc 2.39, {glibc_here}"
        )
        return OLDER, f"{OLDER}; {why}"
    if (3, 11) <= python <= (3, 13):
        if is_new:
            return NEWEST, f"{NEWEST}, the newest"
        return None, f"none: {NEWEST} wants glibc 2.39, {glibc_here}; Python 3.10 has {OLDER}"
    return None, "none for this Python, which runs the client side alone: 3.11 to 3.13 have the newest"
