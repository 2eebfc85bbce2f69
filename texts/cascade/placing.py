"""Where the tags of a source go in its translation.

A source's tags are a tree. Each word of the translation belongs to a word of the source, by the model's
alignment or by its place; an element goes around the words that belong to its own, so that tags come out as
they are nested, each of them once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from texts.cascade.answers import Span
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
    within: int | None = None
    """The pair of the element that the model put around it, 0 of none; None: it was not asked."""

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
            atoms.extend(Token(atom, atom) for atom in items(token.view) if atom.strip())
    return atoms


def source_spans(tokens: Tokens) -> list[Span]:
    """Where each of the source's atoms is in its raw text; of what is seen otherwise than it is written, all
    of it."""
    spans, begin = list[Span](), 0
    for token in tokens:
        end = begin + len(token.raw)
        if token.kind == "text" and len(token.raw) == len(token.view):
            places = accumulate(map(len, items(token.view)), initial=begin)
            both = zip(items(token.view), pairwise(places), strict=True)
            spans += [span for word, span in both if word.strip()]
        else:
            spans += [(begin, end)] * len(source_atoms((token,)))
        begin = end
    return spans


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


@dataclass(frozen=True)
class Placed:
    """A translation with the source's tags in it, each once."""

    text: str
    links: tuple[tuple[int, Span], ...]
    """The source's atoms, and where in the text the words are that belong to them."""
    emptied: int
    """Elements that lost what was in them."""


def place(root: Element, target: Sequence[Item], atoms: int) -> Placed:
    """Put the tags of a source among the words of its translation.

    Args:
        root: the source's tree.
        target: the translation, each word with the one of the source's `atoms` that it belongs to.
    """
    writer = _Writer(target, atoms)
    has_tags = any(isinstance(child, Element | Token) for child in root.children)
    texts, links, begin = list[str](), list[tuple[int, Span]](), 0
    for piece in writer.write(root, 0, len(target)) if has_tags else target:
        text = piece if isinstance(piece, str) else piece.text
        if isinstance(piece, Item) and piece.link is not None:
            links.append((piece.link, (begin, begin + len(text))))
        texts.append(text)
        begin += len(text)
    return Placed("".join(texts), tuple(links), writer.emptied)


@dataclass
class _Part:
    """A child with its place in the translation: items `low` up to `high`."""

    child: Element | Token
    low: int
    high: int


class _Writer:
    """Writes elements from the top down, each within the items that its parent has."""

    def __init__(self, target: Sequence[Item], atoms: int) -> None:
        self.target, self.atoms = target, atoms
        self.emptied = 0
        self._at = dict[int, list[int]]()
        """Where an atom's words are, ascending."""
        for place, item in enumerate(target):
            if item.link is not None:
                self._at.setdefault(item.link, []).append(place)

    def write(self, element: Element, low: int, high: int) -> Iterator[str | Item]:
        """The items from `low` to `high` with the tags of an element's children among them."""
        following = _following(element, self.atoms)
        parts = self._elements(element, low, high, following)
        parts += self._points(element, low, high, following, parts)
        at = low
        for part in sorted(parts, key=lambda part: (part.low, part.high)):
            yield from self.target[at : part.low]
            at = part.high
            if isinstance(part.child, Token):
                yield part.child.written
                continue
            yield part.child.opens.written if part.child.opens else ""
            yield from self.write(part.child, part.low, part.high)
            yield part.child.closes.written if part.child.closes else ""
        yield from self.target[at:high]

    def _elements(self, element: Element, low: int, high: int, following: dict[int, int]) -> list[_Part]:
        children = [child for child in element.children if isinstance(child, Element)]
        if not children:
            return []
        owners = {atom: number for number, child in enumerate(children) for atom in child.atoms()}
        runs, words = self._runs(owners, low, high)
        whole = [number for number, child in enumerate(children) if child.begins and child.ends]
        parts = [_Part(children[number], *runs[number]) for number in whole if number in runs]
        bounds = _Bounds(parts)
        taken = set[int]()
        for number in whole:
            if number not in runs:
                child = children[number]
                at = bounds.outside(self._place(following[id(child)], low, high))
                has_words = any(True for _ in child.atoms())
                given = has_words and at < high and at not in taken and self._is_free(at, owners, bounds)
                taken.update({at} if given else ())
                self.emptied += has_words and not given
                parts.append(_Part(child, at, at + given))
        first = min((part.low for part in parts), default=high)
        last = max((part.high for part in parts), default=low)
        for number, child in enumerate(children):
            if not child.begins:
                reach = max((at + 1 for at in words.get(number, ()) if at < first), default=low)
                parts.append(_Part(child, low, reach))
                last = max(last, reach)
        for number, child in enumerate(children):
            if not child.ends:
                reach = min((at for at in words.get(number, ()) if at >= last), default=high)
                parts.append(_Part(child, max(reach, last), high))
        return parts

    def _runs(
        self, owners: dict[int, int], low: int, high: int
    ) -> tuple[dict[int, tuple[int, int]], dict[int, list[int]]]:
        """Of each child that has words: the longest run of them that no other's stand between; and all."""
        words: dict[int, list[int]] = {}
        runs: dict[int, tuple[int, int]] = {}
        longest: dict[int, int] = {}
        before, begin, count = -1, low, 0
        for place in range(low, high):
            link = self.target[place].link
            owner = owners.get(link, -1) if link is not None else -1
            if owner < 0:
                continue
            words.setdefault(owner, []).append(place)
            begin, count = (begin, count + 1) if owner == before else (place, 1)
            if count > longest.get(owner, 0):
                longest[owner], runs[owner] = count, (begin, place + 1)
            before = owner
        return runs, words

    def _is_free(self, at: int, owners: dict[int, int], bounds: _Bounds) -> bool:
        item = self.target[at]
        is_word = not item.is_thing and any(character.isalnum() for character in item.text)
        return is_word and item.link not in owners and not bounds.has(at)

    def _points(
        self, element: Element, low: int, high: int, following: dict[int, int], parts: Sequence[_Part]
    ) -> list[_Part]:
        points = [child for child in element.children if isinstance(child, Token)]
        if not points:
            return []
        bounds = _Bounds(parts)
        spaces = [at for at in range(low, high) if self.target[at].is_space and not bounds.has(at)]
        placed = []
        for child in points:
            at = bounds.outside(self._place(following[id(child)], low, high))
            if child.kind == "break" and spaces:
                near = bisect_left(spaces, at)
                near -= near == len(spaces) or (near > 0 and at - spaces[near - 1] <= spaces[near] - at)
                space = spaces.pop(near)
                placed.append(_Part(child, space, space + 1))
            else:
                placed.append(_Part(child, at, at))
        return placed

    def _place(self, atom: int, low: int, high: int) -> int:
        """Where the translation of an atom begins: by its link, by that of the one before, else by place."""
        for link, step in ((atom, 0), (atom - 1, 1)):
            places = self._at.get(link, [])
            within = places[bisect_left(places, low) : bisect_left(places, high)]
            if within:
                return within[-step] + step
            if not step and atom >= self.atoms:
                return high
        place = low + round((high - low) * atom / max(self.atoms, 1))
        while place < high and self.target[place].is_space:
            place += 1
        return place


class _Bounds:
    """Places that elements have, none in another's."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        spans = sorted((part.low, part.high) for part in parts if part.low < part.high)
        self._lows, self._highs = [low for low, _ in spans], [high for _, high in spans]

    def has(self, at: int) -> bool:
        """Whether an item is in one."""
        number = bisect_right(self._lows, at) - 1
        return number >= 0 and at < self._highs[number]

    def outside(self, at: int) -> int:
        """The nearest place before an item that is within none."""
        number = bisect_left(self._lows, at) - 1
        if number < 0 or at >= self._highs[number]:
            return at
        low, high = self._lows[number], self._highs[number]
        return low if at - low <= high - at else high


def _following(element: Element, atoms: int) -> dict[int, int]:
    """By each child's identity, the atom that it begins with or stands before."""
    following, atom = {}, atoms
    for child in reversed(element.children):
        if isinstance(child, int):
            atom = child
            continue
        if isinstance(child, Element):
            atom = next(child.atoms(), atom)
        following[id(child)] = atom
    return following
