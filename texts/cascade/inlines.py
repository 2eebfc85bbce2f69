"""A paragraph of Markdown as tokens: what markdown-it reads in it, found again in the text it read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from texts.cascade import tokens as marks
from texts.cascade.options import Options
from texts.cascade.outline import VOID, Outline
from texts.cascade.scanning import Mark, scan
from texts.cascade.tokens import Token

if TYPE_CHECKING:
    from markdown_it.token import Token as Inline

_SOFT_BREAK = re.compile(r" *\n *")
_HARD_BREAK = re.compile(r"(?: {2,}|\\)\n *")
_LINE_END = re.compile(r"<br(?![^\s/>])", re.IGNORECASE)
_FOOTNOTE_OR_TASK = re.compile(r"\[\^[^\]\[\s]{1,100}\]|\[[ xX]\](?=\s)")
_DESTINATION = re.compile(
    r"\]\(\s*(?:<[^<>\n]*>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\([^\s()]*\))*\))*)"
    r"(?:\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)",
    re.DOTALL,
)
_REFERENCE = re.compile(r"\]\[(?:[^\[\]\\]|\\.)+\]")
_ENDS_HERE = re.compile(r"\](?:\[\])?")


class UnreadableError(ValueError):
    """What markdown-it has read is not found where it should be."""


def read(content: str, children: Sequence[Inline], options: Options) -> list[Token]:
    """The tokens of a paragraph's content, line ends as `\\n`. `options` are those of HTML.

    Raises:
        UnreadableError: they are not the content.
    """
    reader = _Reader(content)
    for child in children:
        reader.take(child)
    if reader.at != len(content):
        raise UnreadableError(content[reader.at :])
    return list(_kept(list(_paired(reader.tokens, options))))


class _Reader:
    def __init__(self, content: str) -> None:
        self.content, self.at = content, 0
        self.tokens: list[Token] = []
        self._numbers = itertools.count(1)
        self._open: list[tuple[int, int]] = []
        """Of what is open: its number, and its place among the tokens."""
        self._autolink = False

    def take(self, child: Inline) -> None:
        """Read on over what a child is written as."""
        if self._autolink:
            self._autolink = child.type != "link_close"
            return
        reads = {
            "text": self._text,
            "text_special": self._special,
            "softbreak": self._soft_break,
            "hardbreak": self._hard_break,
            "code_inline": self._code,
            "html_inline": self._html,
            "image": self._image,
            "link_open": self._link,
            "link_close": self._link_end,
        }
        if child.type in reads:
            reads[child.type](child)
        elif child.type.endswith("_open"):
            self._begin(self._read(child.markup))
        elif child.type.endswith("_close"):
            self._end(self._read(child.markup))
        else:
            raise UnreadableError(child.type)

    def _read(self, raw: str) -> str:
        if not self.content.startswith(raw, self.at):
            raise UnreadableError(raw)
        self.at += len(raw)
        return raw

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.content, self.at)
        if match is None:
            raise UnreadableError(pattern.pattern)
        return self._read(match[0])

    def _begin(self, raw: str) -> None:
        self._open.append((next(self._numbers), len(self.tokens)))
        self.tokens.append(Token(raw, "", "open", self._open[-1][0]))

    def _end(self, raw: str) -> int:
        number, place = self._open.pop()
        self.tokens.append(Token(raw, "", "close", number))
        return place

    def _text(self, child: Inline) -> None:
        begin = 0
        for match in _FOOTNOTE_OR_TASK.finditer(child.content):
            self._words(child.content[begin : match.start()])
            self.tokens.append(Token(self._read(match[0]), "", "point"))
            begin = match.end()
        self._words(child.content[begin:])

    def _words(self, words: str) -> None:
        if words:
            self.tokens.append(marks.text(self._read(words)))

    def _special(self, child: Inline) -> None:
        self.tokens.append(Token(self._read(child.markup), child.content))

    def _soft_break(self, _: Inline) -> None:
        self.tokens.append(Token(self._match(_SOFT_BREAK), " ", "break"))

    def _hard_break(self, _: Inline) -> None:
        self.tokens.append(Token(self._match(_HARD_BREAK), "\n"))

    def _code(self, child: Inline) -> None:
        end = re.compile(rf"(?<!`){child.markup}(?!`)").search(self.content, self.at + len(child.markup))
        if end is None:
            raise UnreadableError(child.content)
        self.tokens.append(marks.thing(self._read(self.content[self.at : end.end()])))

    def _html(self, child: Inline) -> None:
        raw = self._read(child.content)
        self.tokens.append(Token(raw, "\n") if _LINE_END.match(raw) else Token(raw, "", "point"))

    def _image(self, child: Inline) -> None:
        begin = self.at
        self._read("![")
        inner = _Reader(self.content)
        inner.at = self.at
        for part in child.children or ():
            inner.take(part)
        self.at = inner.at
        self._link_target()
        self.tokens.append(Token(self.content[begin : self.at], "", "point"))

    def _link(self, child: Inline) -> None:
        if child.markup != "autolink":
            self._begin(self._read("["))
            return
        self._autolink = True
        end = self.content.find(">", self.at) + 1
        self.tokens.append(marks.thing(self._read(self.content[self.at : end or len(self.content)])))

    def _link_end(self, _: Inline) -> None:
        begin = self.at
        is_label = self._link_target()
        place = self._end(self.content[begin : self.at])
        if is_label:  # the words are the name of what it leads to
            self.tokens[place:] = [marks.thing(marks.raw(self.tokens[place:]))]

    def _link_target(self) -> bool:
        """Read over where a link leads to; whether its words say so themselves."""
        for pattern in (_DESTINATION, _REFERENCE):
            if pattern.match(self.content, self.at):
                self._match(pattern)
                return False
        self._match(_ENDS_HERE)
        return True


def _paired(tokens: Sequence[Token], options: Options) -> Iterator[Token]:
    """HTML's tags in pairs, where they stand in the same element of Markdown, and which are kept."""
    numbers = itertools.count(1 + max((token.pair for token in tokens), default=0))
    scanned = [_mark(token) for token in tokens]
    outline = Outline(scanned, options)
    changed = [replace(token, is_kept=outline.is_kept(place)) for place, token in enumerate(tokens)]
    stack: list[tuple[str, int]] = []
    for place, (token, mark) in enumerate(zip(tokens, scanned, strict=True)):
        name = mark.name.lower()
        if token.kind == "open" or (mark.kind == "open" and name not in VOID):
            stack.append((name, place))
        elif token.kind == "close":
            while stack and stack.pop()[0]:
                pass
        elif mark.kind == "close" and stack and stack[-1][0] == name:
            number, opening = next(numbers), stack.pop()[1]
            changed[opening] = replace(changed[opening], kind="open", pair=number)
            changed[place] = replace(token, kind="close", pair=number)
    yield from changed


def _mark(token: Token) -> Mark:
    """What HTML's reader sees of it."""
    is_tag = token.kind == "point" and token.raw.startswith("<")
    return next(scan(token.raw)) if is_tag else Mark("text", token.raw)


def _kept(tokens: Sequence[Token]) -> Iterator[Token]:
    """Each element that is not translated is one thing."""
    ends = {token.pair: place for place, token in enumerate(tokens) if token.kind == "close"}
    place = 0
    while place < len(tokens):
        token, until = tokens[place], place + 1
        if token.kind == "open" and token.is_kept:
            until = ends[token.pair] + 1
            token = marks.thing(marks.raw(tokens[place:until]))
        yield token
        place = until
