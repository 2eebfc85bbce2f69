"""XML whose units hold a source and, sooner or later, a target: it is written where the target is missing.

The file is not parsed into a tree, so that all else of it stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from texts.cascade.scanning import Mark, scan
from texts.documents.base import DocumentError

_ENCODING = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w-]+)")
ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)


def encoding(data: bytes) -> str:
    """That which the declaration says."""
    said = _ENCODING.match(data[:300].lstrip())
    return said[1].decode() if said else "utf-8"


def marks(text: str) -> list[Mark]:
    """Its tags and texts.

    Raises:
        DocumentError: it defines entities, which could be of any size or lead anywhere.
    """
    all_marks = list(scan(text))
    if any(mark.kind == "declaration" and ENTITY.search(mark.raw) for mark in all_marks):
        raise DocumentError("the file defines entities, which are not expanded: take them out")
    if not any(mark.kind == "open" for mark in all_marks):
        raise DocumentError("this is no XML")
    return all_marks


def elements(
    all_marks: Sequence[Mark], name: str, begin: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Places of the opening and closing tags of elements of a name, none in another."""
    opened = None
    for place in range(begin, len(all_marks) if end is None else end):
        mark = all_marks[place]
        if local(mark) != name:
            continue
        if mark.kind == "open" and opened is None:
            opened = place
        elif mark.kind == "empty" and opened is None:
            yield place, place
        elif mark.kind == "close" and opened is not None:
            yield opened, place
            opened = None


def local(mark: Mark) -> str:
    """A name without its namespace's prefix."""
    return mark.name.rpartition(":")[2]


def joined(all_marks: Sequence[Mark], begin: int, end: int) -> str:
    """The text of the marks from one to before another."""
    return "".join(mark.raw for mark in all_marks[begin:end])
