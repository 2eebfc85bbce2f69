"""A text as tokens: what is translated, what is kept, and the marks between.

The raw texts of all tokens, joined, are the text. A token's `view` is what a splitter or a model may see of
it: of a tag nothing, of an entity its character, of a placeholder a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

TokenKind = Literal["text", "thing", "open", "close", "point", "break"]
"""Words; what is kept and takes a word's place; a tag, its end, an empty element; white space with a line
end."""


@dataclass(frozen=True)
class Token:
    """A piece of a text."""

    raw: str
    view: str
    kind: TokenKind = "text"
    pair: int = 0
    """The same of a tag and its end."""
    given: str = ""
    """What it is in the translation; empty: what it is in the source."""
    is_kept: bool = False
    """Of a tag, whether its attributes are not translated either."""

    @property
    def is_tag(self) -> bool:
        """Whether it takes no place in a view."""
        return self.kind in ("open", "close", "point")

    @property
    def written(self) -> str:
        """In the translation."""
        return self.given or self.raw


Tokens = tuple[Token, ...]


def text(raw: str) -> Token:
    """Plain words."""
    return Token(raw, raw)


def thing(raw: str) -> Token:
    """Something to keep. A splitter sees a word of its length, since a sentence may begin with it."""
    return Token(raw, "X" + "x" * (len(raw) - 1), "thing")


def view(tokens: Iterable[Token]) -> str:
    """What is seen of them."""
    return "".join(token.view for token in tokens)


def raw(tokens: Iterable[Token]) -> str:
    """What they are in the text."""
    return "".join(token.raw for token in tokens)


def cut(tokens: Sequence[Token], ends: Iterable[int]) -> Iterator[Tokens]:
    """Parts of tokens, as many as `ends`: places in the view, ascending, the last one its length.

    A tag at an end goes to the right, unless it ends something on the left. What is written in more
    characters than are seen stays whole, and goes to where it begins.
    """
    waiting = list(reversed(tokens))
    begin = 0
    for end in ends:
        part: list[Token] = []
        while waiting and begin < end:
            token = waiting.pop()
            room = end - begin
            if len(token.view) > room and _is_plain(token):
                waiting.append(replace(token, raw=token.raw[room:], view=token.view[room:]))
                token = replace(token, raw=token.raw[:room], view=token.view[:room])
            part.append(token)
            begin += len(token.view)
        while waiting and waiting[-1].kind == "close":
            part.append(waiting.pop())
        yield tuple(part)
    if waiting:
        yield tuple(reversed(waiting))


def _is_plain(token: Token) -> bool:
    """Whether it can be cut: a character is one, though its case may be another."""
    return token.kind == "text" and len(token.raw) == len(token.view)


def strip(tokens: Sequence[Token]) -> tuple[Tokens, Tokens, Tokens]:
    """What stands around the words and things: before, inside, after. A tag whose other end is inside stays
    inside."""
    held = list(tokens)
    before: list[Token] = []
    after: list[Token] = []
    while held and (held[0].is_tag or not held[0].view.strip()):
        before.append(held.pop(0))
    while held and (held[-1].is_tag or not held[-1].view.strip()):
        after.insert(0, held.pop())
    if held and held[0].kind == "text":
        lead = len(held[0].view) - len(held[0].view.lstrip())
        if lead and _is_plain(held[0]):
            before.append(text(held[0].raw[:lead]))
            held[0] = Token(held[0].raw[lead:], held[0].view[lead:])
    if held and held[-1].kind == "text":
        kept = len(held[-1].view.rstrip())
        if kept < len(held[-1].view) and _is_plain(held[-1]):
            after.insert(0, text(held[-1].raw[kept:]))
            held[-1] = Token(held[-1].raw[:kept], held[-1].view[:kept])
    inside = {token.pair for token in held if token.is_tag and token.pair}
    first = next((place for place, token in enumerate(before) if token.pair in inside), len(before))
    last = next((place for place in range(len(after), 0, -1) if after[place - 1].pair in inside), 0)
    return tuple(before[:first]), (*before[first:], *held, *after[:last]), tuple(after[last:])


def spaced(tokens: Sequence[Token]) -> Iterator[Token]:
    """White space on both sides of an empty element is one space to a model: the second is the element's.
    None between two elements is one, too: `<td>one</td><td>two</td>`."""
    before, last, waiting = "", "", list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        if token.kind == "point" and before[-1:].isspace() and waiting and waiting[-1].kind == "text":
            following = waiting.pop()
            space = following.raw[: len(following.raw) - len(following.raw.lstrip())]
            token = replace(token, raw=token.raw + space)
            if following.raw != space:
                rest = following.raw[len(space) :]
                waiting.append(Token(rest, rest if following.raw == following.view else following.view))
        if token.kind == "open" and before[-1:].isalnum() and last == "close" and _begins_word(waiting):
            yield Token("", " ", "break")
        yield token
        before, last = before + token.view, token.kind


def _begins_word(waiting: Sequence[Token]) -> bool:
    following = next((token.view for token in reversed(waiting) if token.view), "")
    return following[:1].isalnum()
