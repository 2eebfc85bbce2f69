"""HTML and XML in tags, comments and text: joined they are what they were, however broken it is."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

_START = re.compile(
    r"<!--|<!\[CDATA\[|<\?|<![A-Za-z]|</?(?P<name>[A-Za-z_\u00c0-\U000effff:][^\s/<>\"'=&]*)", re.DOTALL
)
_BEHIND = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_QUOTED_OR_END = re.compile(r"""[>"'\[\]]""")
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?""")

MarkKind = Literal["text", "open", "close", "empty", "comment", "cdata", "declaration"]


@dataclass(frozen=True)
class Mark:
    """A piece of markup: its kind, what it is, and of a tag the element's name as it is written."""

    kind: MarkKind
    raw: str
    name: str = ""

    def attributes(self) -> dict[str, str]:
        """Of a tag, by lower-case names; references in values are left."""
        inner = self.raw[len(self.name) + 1 :].rstrip("/>")
        return {
            match[1].lower(): next((value for value in match.groups()[1:] if value is not None), "")
            for match in _ATTRIBUTE.finditer(inner)
        }


def scan(markup: str, raw_elements: Container[str] = ()) -> Iterator[Mark]:
    """All of it, in order. What begins as a tag and never ends is text, as is what is in `raw_elements`."""
    begin = at = 0
    missing = set[str]()
    while match := _START.search(markup, at):
        end = None if match[0] in missing else _end(markup, match)
        if end is None:
            if match["name"] or match[0] not in _BEHIND:
                break  # so is all that begins later
            missing.add(match[0])
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


def _end(markup: str, match: re.Match[str]) -> int | None:
    behind = _BEHIND.get(match[0])
    if behind:
        end = markup.find(behind, match.end())
        return None if end < 0 else end + len(behind)
    at, brackets = match.end(), 0
    while found := _QUOTED_OR_END.search(markup, at):
        at = found.end()
        if found[0] in "\"'":
            at = markup.find(found[0], at) + 1
            if not at:
                return None
        elif found[0] == ">":
            if brackets <= 0 or match["name"]:
                return at
        else:
            brackets += 1 if found[0] == "[" else -1
    return None
