"""HTML and XML in tags, comments and text: joined they are what they were, however broken it is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

_START = re.compile(
    r"<!--|<!\[CDATA\[|<\?|<!\[?[A-Za-z]|</?(?P<name>[A-Za-z_\u00c0-\U000effff:][^\s/<>\"'=&]*)", re.DOTALL
)
_BEHIND = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_QUOTED_OR_END = re.compile(r"""[>"'\[\]]""")
_PART = re.compile(
    r"[\s/]*(?:>|(?P<name>[^\s/>][^\s/>=]*)"
    r"(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>\"'][^\s>]*))?)?)"
)
"""An attribute, or a tag's end, by HTML's states (https://html.spec.whatwg.org/#before-attribute-name-state):
a quote opens a value behind `=` alone. One that has no other end is a letter, so that the tag ends."""

MarkKind = Literal["text", "open", "close", "empty", "comment", "cdata", "declaration"]


@dataclass(frozen=True)
class Mark:
    """A piece of markup: its kind, what it is, and of a tag the element's name as it is written."""

    kind: MarkKind
    raw: str
    name: str = ""

    def parts(self) -> Iterator[re.Match[str]]:
        """Of a tag, the attributes in order and its end: `name`, none of its end, and the value by how it is
        quoted, `double`, `single` or `bare`; references in it are left.
        """
        return _PART.finditer(self.raw, len(self.name) + 1)

    def attributes(self) -> dict[str, str]:
        """Of a tag, by lower-case names; references in values are left."""
        values = dict[str, str]()
        for part in self.parts():
            if part["name"]:
                values.setdefault(
                    part["name"].lower(), part["double"] or part["single"] or part["bare"] or ""
                )
        return values


def scan(markup: str, raw_elements: Container[str] = ()) -> Iterator[Mark]:
    """All of it, in order. What begins as a tag and never ends is text, as is what is in `raw_elements`."""
    begin = at = 0
    missing = set[str]()
    while match := _START.search(markup, at):
        end = _end(markup, match, missing)
        if end is None:
            if match[0] not in _BEHIND:
                break  # so is all that begins later
            at = match.end()
            continue
        if match.start() > begin:
            yield Mark("text", markup[begin : match.start()])
        raw = markup[match.start() : end]
        yield Mark(_kind(raw, match["name"]), raw, match["name"] or "")
        begin = at = end
        name = (match["name"] or "").lower()
        if name in raw_elements and not raw.startswith("</"):
            closing = re.compile(rf"</{name}(?![\w-])", re.IGNORECASE).search(markup, end)
            at = closing.start() if closing else len(markup)
    if begin < len(markup):
        yield Mark("text", markup[begin:])


def _kind(raw: str, name: str | None) -> MarkKind:
    if name is None:
        kinds: dict[str, MarkKind] = {"<!--": "comment", "<?": "comment", "<![CDATA[": "cdata"}
        return next((kind for start, kind in kinds.items() if raw.startswith(start)), "declaration")
    if raw.startswith("</"):
        return "close"
    return "empty" if raw.endswith("/>") else "open"


def _end(markup: str, match: re.Match[str], missing: set[str]) -> int | None:
    """Behind what begins at `match`; `missing` holds beginnings whose ends are known not to come."""
    if match["name"]:
        return _tag_end(markup, match.end())
    behind = _BEHIND.get(match[0])
    kind = match[0] if behind else "<!"
    end = None
    if kind not in missing:
        end = _behind(markup, behind, match.end()) if behind else _declaration_end(markup, match.end())
    if end is None:
        missing.add(kind)
        # In HTML no declaration has quotes or brackets.
        end = None if behind else _behind(markup, ">", match.end())
    return end


def _behind(markup: str, behind: str, at: int) -> int | None:
    end = markup.find(behind, at)
    return None if end < 0 else end + len(behind)


def _tag_end(markup: str, at: int) -> int | None:
    while part := _PART.match(markup, at):
        at = part.end()
        if part["name"] is None:
            return at
    return None


def _declaration_end(markup: str, at: int) -> int | None:
    """Behind its `>`, which is neither quoted nor in brackets."""
    brackets = 0
    while match := _QUOTED_OR_END.search(markup, at):
        at = match.end()
        if match[0] in "\"'":
            behind = _behind(markup, match[0], at)
            if behind is None:
                return None
            at = behind
        elif match[0] == ">":
            if brackets <= 0:
                return at
        else:
            brackets += 1 if match[0] == "[" else -1
    return None
