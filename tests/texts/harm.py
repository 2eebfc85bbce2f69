"""What a translation has lost, doubled or put where it does not belong, found without the cascade's own
means: HTML is read by Python's parser, all else by what is known to be in the source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.texts.made_texts import Sample
from texts.cascade import Format

_BLOCKS = {"p", "div", "h2", "ul", "li", "table", "tr", "td", "hr", "script", "doc", "item", "label", "note"}
_VOID = {"br", "img", "wbr", "hr", "meta"}
_IN_TURN = re.compile(r"%[a-z]|\{\}")
_SHOWN = re.compile(r'(?<= alt=")[^"]*|(?<= title=")[^"]*')
_STRAY = re.compile(r"⟦[^⟧]*⟧?|\bX[1-9]\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*+>]|#+|\d+\.)(?=\s)|```)?")


@dataclass
class _Part:
    """What stands between two line ends, or two tags of blocks."""

    words: str = ""
    tags: list[tuple[str, ...]] = field(default_factory=list)
    """Within it, each with those that it stands in."""


@dataclass
class _Reader(HTMLParser):
    """A text's blocks, and the parts between them."""

    shows: bool
    """Whether `alt` and `title` are translated, and so may be others."""
    parts: list[_Part] = field(default_factory=lambda: [_Part()])
    blocks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """Their values."""
    _open: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """A tag, as it is written but for what it shows."""
        written = self.get_starttag_text() or tag
        if self.shows and 'translate="no"' not in written:
            self.shown += [value or "" for name, value in attrs if name in ("alt", "title")]
            written = _SHOWN.sub("", written)
        if tag in _BLOCKS:
            self._block(written)
        elif tag == "code" or 'translate="no"' in written:
            self.parts[-1].tags.append((written,))  # Where its words go, it may be in another element.
        else:
            self.parts[-1].tags.append((*(raw for _, raw in self._open), written))
        if tag not in _VOID and not written.endswith("/>"):
            self._open.append((tag, written))

    def handle_endtag(self, tag: str) -> None:
        """A tag's end."""
        if tag in _VOID:
            return
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> ends nothing that is open")
            return
        self._open.pop()
        if tag in _BLOCKS:
            self._block(f"</{tag}>")

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """An empty element."""
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        """Stays where it is."""
        self.parts[-1].tags.append((f"<!--{data}-->",))

    def handle_data(self, data: str) -> None:
        """Words."""
        self.parts[-1].words += data

    def _block(self, written: str) -> None:
        self.blocks.append(written)
        self.parts.append(_Part())


@dataclass(frozen=True)
class _Reading:
    blocks: Sequence[str]
    """What stands between the parts."""
    parts: Sequence[_Part]
    faults: Sequence[str] = ()
    shown: str = ""
    """What its tags show."""


def _read(text: str, form: Format) -> _Reading:
    if form in ("html", "xml"):
        reader = _Reader(form == "html")
        reader.feed(text)
        reader.close()
        left = [f"{raw} has no end" for _, raw in reader._open]
        return _Reading(reader.blocks, reader.parts, [*reader.faults, *left], "\n".join(reader.shown))
    lines = re.split(r"(\r\n|\n)", text)
    markers = [match[0].strip() for line in lines[::2] if (match := _MARKER.match(line))]
    return _Reading([*lines[1::2], *markers], [_Part(line) for line in lines[::2]])


def harm(sample: Sample, translation: str) -> list[str]:
    """All that is wrong with a translation, in words. Of none nothing is lost, nothing doubled, each thing is
    in its line or block, each element in those that it was in, and what is filled in turn is in its order.
    """
    before, after = _read(sample.text, sample.format), _read(translation, sample.format)
    wrong = [*after.faults] if not before.faults else []
    if before.blocks != after.blocks:
        return [*wrong, f"blocks or lines are {after.blocks}, not {before.blocks}"]
    things = re.compile("|".join(map(re.escape, sorted(sample.things, key=len, reverse=True))) or r"(?!)")
    for was, now in zip(before.parts, after.parts, strict=True):
        had, has = things.findall(was.words), things.findall(now.words)
        wrong += _differences("", had, has)
        wrong += _differences("", was.tags, now.tags)
        turns = [[thing for thing in them if _IN_TURN.fullmatch(thing)] for them in (had, has)]
        if turns[0] != turns[1]:
            wrong.append(f"{turns[1]} are filled in turn, and were {turns[0]}")
        wrong += _numbers(things.sub(" ", was.words), things.sub(" ", now.words))
        if sample.format == "markdown":
            marks = re.compile(r"\*+|\]\([^)]*\)|`+")
            wrong += _differences("", marks.findall(was.words), marks.findall(now.words))
    wrong += _differences("in a tag ", things.findall(before.shown), things.findall(after.shown))
    wrong += _numbers(things.sub(" ", before.shown), things.sub(" ", after.shown))
    stray = Counter(_STRAY.findall(translation)) - Counter(_STRAY.findall(sample.text))
    return [*wrong, *(f"{thing} is nobody's" for thing in stray)]


def _differences(kind: str, had: Iterable[object], has: Iterable[object]) -> list[str]:
    before, after = Counter(had), Counter(has)
    lost = [f"{kind}{thing} is lost" for thing in before - after]
    return [*lost, *(f"{kind}{thing} is there once more" for thing in after - before)]


def _numbers(was: str, now: str) -> list[str]:
    """Numbers of two digits and more, however they are written."""
    had, has = ([re.sub(r"\D", "", digits) for digits in _NUMBER.findall(words)] for words in (was, now))
    needed = {number for number in had if len(number) > 1}
    return _differences(
        "the number ", *([number for number in them if number in needed] for them in (had, has))
    )
