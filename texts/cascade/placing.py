"""Where the tags of a source go in its translation.

A source's tags are a tree. Each word of the translation belongs to a word of the source, by the model's
alignment or by its place; an element goes around the words that belong to its own, so that tags come out as
they are nested, each of them once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from texts.cascade.tokens import Token, Tokens

_ITEM = re.compile(
    r"\s+|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
    r"|(?:(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])\w)+"
    r"(?:['’\-](?:(?![\u3040-\u30ff\u3400-\u9fff])\w)+)*|.",
    re.DOTALL,
)


@dataclass
class Item:
    """A word, a mark, white space or a thing of a translation."""

    text: str
    """As it is written."""
    link: int | None = None
    """The source's atom that it belongs to."""
    is_thing: bool = False
    """Whether it was kept."""
    replaces: str = ""
    """Of a thing: what the model wrote there."""

    @property
    def is_space(self) -> bool:
        """Whether it only parts others."""
        return not self.text.strip()


@dataclass
class Element:
    """A tag with what is in it; the root has none. `begins`, `ends`: whether they do so in this segment."""

    opens: Token | None = None
    closes: Token | None = None
    children: list[Element | Token | int] = field(default_factory=list)
    """Elements, empty elements and breaks, atoms by number."""
    begins: bool = True
    ends: bool = True

    def atoms(self) -> Iterator[int]:
        """All of them, in order."""
        for child in self.children:
            if isinstance(child, int):
                yield child
            elif isinstance(child, Element):
                yield from child.atoms()


def items(words: str) -> list[str]:
    """A text in words, marks and white space; of scripts without spaces, in characters."""
    return _ITEM.findall(words)


def source_atoms(tokens: Tokens) -> list[Token]:
    """The words, marks and things of a source, in order: what a translation's words can belong to."""
    atoms: list[Token] = []
    for token in tokens:
        if token.kind == "thing":
            atoms.append(token)
        elif token.kind == "text":
            atoms.extend(Token(one, one) for one in items(token.view) if one.strip())
    return atoms


def tree(tokens: Tokens) -> Element:
    """The elements of a source. What begins or ends outside of it reaches to its bounds."""
    stack = [Element()]
    atom = 0
    for token in tokens:
        if token.kind == "open":
            stack.append(Element(token))
            stack[-2].children.append(stack[-1])
        elif token.kind == "close" and stack[-1].opens and stack[-1].opens.pair == token.pair:
            stack.pop().closes = token
        elif token.kind == "close":
            inside = Element(None, token, stack[-1].children, begins=False)
            stack[-1].children = [inside]
        elif token.kind in ("point", "break"):
            stack[-1].children.append(token)
        else:
            count = len(source_atoms((token,)))
            stack[-1].children.extend(range(atom, atom + count))
            atom += count
    for element in stack[1:]:
        element.ends = False
    return stack[0]


def place(root: Element, target: Sequence[Item], atoms: int) -> tuple[str, int]:
    """The translation with the source's tags in it, each once, and how many elements lost what was in them.

    Args:
        root: the source's tree.
        target: the translation, each word with the one of the source's `atoms` that it belongs to.
    """
    writer = _Writer(target, atoms)
    return "".join(writer.write(root, 0, len(target))), writer.emptied


@dataclass
class _Part:
    """A child with its place in the translation: items `low` up to `high`."""

    child: Element | Token
    low: int
    high: int


@dataclass
class _Writer:
    target: Sequence[Item]
    atoms: int
    emptied: int = 0

    def write(self, element: Element, low: int, high: int) -> Iterator[str]:
        """The items from `low` to `high` with the tags of an element's children among them."""
        parts = self._elements(element, low, high)
        parts += self._points(element, low, high, parts)
        at = low
        for part in sorted(parts, key=lambda part: (part.low, part.high)):
            yield from (item.text for item in self.target[at : part.low])
            at = part.high
            if isinstance(part.child, Token):
                yield part.child.raw
                continue
            yield part.child.opens.raw if part.child.opens else ""
            yield from self.write(part.child, part.low, part.high)
            yield part.child.closes.raw if part.child.closes else ""
        yield from (item.text for item in self.target[at:high])

    def _elements(self, element: Element, low: int, high: int) -> list[_Part]:
        children = [child for child in element.children if isinstance(child, Element)]
        owned = {id(child): set(child.atoms()) for child in children}
        words = {
            id(child): [at for at in range(low, high) if self.target[at].link in owned[id(child)]]
            for child in children
        }
        whole = [child for child in children if child.begins and child.ends]
        parts = []
        for child in whole:
            others = {at for other in children if other is not child for at in words[id(other)]}
            run = _run(words[id(child)], others)
            if run:
                parts.append(_Part(child, run[0], run[-1] + 1))
        taken = {at for places in words.values() for at in places}
        for child in whole:
            if not any(part.child is child for part in parts):
                at = _outside(self._scaled(self._next(element, child), low, high), parts)
                is_free = at < high and at not in taken and self._is_word(at)
                given = (
                    bool(owned[id(child)])
                    and is_free
                    and not any(part.low <= at < part.high for part in parts)
                )
                self.emptied += bool(owned[id(child)]) and not given
                parts.append(_Part(child, at, at + given))
        first = min((part.low for part in parts), default=high)
        for child in children:
            if not child.begins:
                reach = max((at + 1 for at in words[id(child)] if at < first), default=low)
                parts.append(_Part(child, low, reach))
        last = max((part.high for part in parts), default=low)
        for child in children:
            if not child.ends:
                reach = min((at for at in words[id(child)] if at >= last), default=high)
                parts.append(_Part(child, max(reach, last), high))
        return parts

    def _points(self, element: Element, low: int, high: int, parts: list[_Part]) -> list[_Part]:
        points: list[_Part] = []
        for child in element.children:
            if not isinstance(child, Token):
                continue
            at = self._scaled(self._next(element, child), low, high)
            if child.kind == "break":
                taken = {point.low for point in points}
                spaces = [
                    place
                    for place in range(low, high)
                    if self.target[place].is_space
                    and place not in taken
                    and not any(part.low <= place < part.high for part in parts)
                ]
                if spaces:
                    nearest = min(spaces, key=lambda place: abs(place - at))
                    points.append(_Part(child, nearest, nearest + 1))
                    continue
            at = _outside(at, [*parts, *points])
            points.append(_Part(child, at, at))
        return points

    def _next(self, element: Element, child: Element | Token) -> int:
        """The atom before which a child without any stands."""
        place = next(place for place, one in enumerate(element.children) if one is child)
        for one in element.children[place:]:
            following = (
                one if isinstance(one, int) else next(one.atoms(), None) if isinstance(one, Element) else None
            )
            if following is not None:
                return following
        return self.atoms

    def _scaled(self, atom: int, low: int, high: int) -> int:
        """Where the translation of an atom begins: by its link, else by its place."""
        linked = [at for at in range(low, high) if self.target[at].link == atom]
        if linked:
            return linked[0]
        if atom >= self.atoms:
            return high
        behind = [at for at in range(low, high) if self.target[at].link == atom - 1]
        if behind:
            return behind[-1] + 1
        place = low + round((high - low) * atom / max(self.atoms, 1))
        while place < high and self.target[place].is_space:
            place += 1
        return place

    def _is_word(self, at: int) -> bool:
        item = self.target[at]
        return not item.is_thing and any(character.isalnum() for character in item.text)


def _run(words: list[int], others: set[int]) -> list[int]:
    """The longest of an element's words, in order, that have no other element's between them."""
    runs: list[list[int]] = []
    for at in words:
        if runs and not any(between in others for between in range(runs[-1][-1], at)):
            runs[-1].append(at)
        else:
            runs.append([at])
    return max(runs, key=len, default=[])


def _outside(at: int, parts: Sequence[_Part]) -> int:
    """The nearest place that is within none of the parts."""
    for part in parts:
        if part.low < at < part.high:
            return part.low if at - part.low <= part.high - at else part.high
    return at
