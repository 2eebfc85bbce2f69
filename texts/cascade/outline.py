"""Which tags part sentences, which are within them, and what is not translated at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from texts.cascade.options import Options
from texts.cascade.scanning import Mark

# https://html.spec.whatwg.org/multipage/rendering.html: what is not displayed in a line; all else is.
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address area article aside audio base blockquote body br button canvas caption center col colgroup "
        "dd details dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 "
        "h3 h4 h5 h6 head header hgroup hr html iframe legend li link main map menu meta nav noframes "
        "noscript object ol optgroup option p param pre script search section select source style summary "
        "table tbody td template textarea tfoot th thead title tr track ul video",
    )
)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"}
VOID |= {"track", "wbr"}
"""Elements that have no end."""
RAW = frozenset(("script", "style"))
"""In which there are no tags."""
_CODE = {"code", "kbd", "samp", "var", "tt", "math", "svg"}

_DEEPEST = 40
"""Elements in each other within a sentence."""
_LOOKS_BACK = 200
"""Elements that a closing tag may end at once."""


class Outline:
    """Of a text's marks, by their places."""

    def __init__(self, marks: Sequence[Mark], options: Options) -> None:
        self._marks, self._options = marks, options
        self._html = options.format == "html"
        self._ignored = {self._name(tag) for tag in options.ignore_tags}
        self._splitting = {self._name(tag) for tag in options.splitting_tags}
        self._within = {self._name(tag) for tag in options.non_splitting_tags}
        self._partners: dict[int, int] = {}
        self._mixed = set[int]()
        """Elements, by their opening tags, in which text stands beside the elements; -1: on top."""
        self._parents: dict[int, int] = {}
        self._spaced = set[int]()
        self._deep = set[int | None]()
        self._match()

    def partner(self, place: int) -> int | None:
        """The place of a tag's element: of its opening tag, if it has both."""
        return min(place, self._partners[place]) if place in self._partners else None

    def is_inline(self, place: int) -> bool:
        """Whether a sentence goes on over a tag."""
        name = self._name(self._marks[place].name)
        opening = self.partner(place)
        if opening in self._deep:
            return False
        if name in self._within:
            return True
        if name in self._splitting:
            return False
        if self._html:
            return name not in _BLOCKS
        if not self._options.outline:
            return True
        return self._is_mixed(self._parents.get(place if opening is None else opening, -1))

    def keeps_white_space(self, place: int) -> bool:
        """Whether a text's line ends are such."""
        return place in self._spaced

    def kept_until(self, place: int) -> int | None:
        """Behind the last mark of an element that is not translated, if one begins here."""
        begins = self._marks[place].kind == "open" and place in self._partners
        return self._partners[place] + 1 if begins and self.is_kept(place) else None

    def is_kept(self, place: int) -> bool:
        """Whether nothing of the element is translated that a tag begins, or is all of."""
        mark = self._marks[place]
        if mark.kind not in ("open", "empty"):
            return False
        name, attributes = self._name(mark.name), mark.attributes()
        return (
            name in self._ignored
            or (self._html and (name in RAW or name in _CODE))
            or attributes.get("translate", "").lower() == "no"
            or (self._html and "notranslate" in attributes.get("class", "").split())
        )

    def _name(self, tag: str) -> str:
        return tag.lower() if self._html else tag

    def _is_mixed(self, parent: int) -> bool:
        """Whether text stands beside it, or beside what it is in, which nobody looks for far up."""
        for _ in range(_LOOKS_BACK):
            if parent in self._mixed:
                return True
            if parent == -1:
                return False
            parent = self._parents[parent]
        return False

    def _match(self) -> None:
        """Find each tag's other end. A closing tag ends the innermost element of its name; what was opened
        within and not closed has no end."""
        stack: list[int] = []
        preformatted = 0
        for place, mark in enumerate(self._marks):
            name = self._name(mark.name)
            self._parents[place] = stack[-1] if stack else -1
            if mark.kind == "text":
                if self._html and preformatted:
                    self._spaced.add(place)
                if mark.raw.strip():
                    self._mixed.add(self._parents[place])
            elif mark.kind == "open" and not (self._html and name in VOID):
                stack.append(place)
                preformatted += name == "pre"
                if len(stack) > _DEEPEST:
                    self._deep.add(place)
            elif mark.kind == "close":
                closed = self._close(stack, place, name)
                preformatted -= closed.count("pre")

    def _close(self, stack: list[int], place: int, name: str) -> list[str]:
        """The names of the elements that end."""
        if name not in (self._name(self._marks[mark].name) for mark in stack[-_LOOKS_BACK:]):
            return []
        closed = list[str]()
        while name not in closed:
            opening = stack.pop()
            closed.append(self._name(self._marks[opening].name))
        self._partners[place], self._partners[opening] = opening, place
        return closed
