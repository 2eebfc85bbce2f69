"""Office Open XML: paragraphs of runs, each with its properties (ECMA-376, parts 17.3 and 21.1).

A paragraph is asked as words in few elements, one for each change of properties: word processors cut words
into runs as they like. What it becomes is written as runs again, each with the properties of its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from texts.cascade.scanning import Mark, scan
from texts.documents.archives import ArchivePart
from texts.documents.units import local

SPLITTING = ("split",)
_PARAGRAPHS = {"p", "si", "is"}
_WRAPPERS = {"hyperlink", "ins", "moveTo", "smartTag", "customXml", "sdt", "sdtContent", "bdo", "dir"}
"""What is in `del` and `moveFrom` is there no more."""
_LINE_ENDS = {"br", "cr", "tab"}


@dataclass
class _Paragraph:
    """Marks from `begin` to before `end` are its content; the rest is what its words are written with."""

    begin: int
    end: int
    text: str = ""
    kept: list[str] = field(default_factory=list)
    """What stands for itself: by the numbers that the text has."""
    properties: list[str] = field(default_factory=list)
    base: str = ""
    head: str = ""
    """The paragraph's own properties, which come first."""
    run: tuple[str, str] = ("", "")
    """How a run begins and ends."""
    word: tuple[str, str] = ("<t>", "</t>")


def read(xml: str, is_kept: Callable[[str], bool] = lambda _: False) -> ArchivePart:
    """The paragraphs of a part of a document that have words, and are not kept as they are for their text."""
    marks = list(scan(xml))
    paragraphs = [
        paragraph
        for paragraph in _paragraphs(marks)
        if any(map(str.isalpha, paragraph.text)) and not is_kept(paragraph.text)
    ]

    def write(texts: Sequence[str]) -> str:
        parts, at = list[str](), 0
        for paragraph, text in zip(paragraphs, texts, strict=True):
            parts += [mark.raw for mark in marks[at : paragraph.begin]]
            at = paragraph.begin
            if text != paragraph.text:
                parts.append(_written(paragraph, text))
                at = paragraph.end
        return "".join([*parts, *(mark.raw for mark in marks[at:])])

    return tuple(paragraph.text for paragraph in paragraphs), write


def _paragraphs(marks: Sequence[Mark]) -> Iterator[_Paragraph]:
    """Those that have no other in them, in order."""
    opened: list[tuple[int, bool]] = []
    for place, mark in enumerate(marks):
        if local(mark) not in _PARAGRAPHS:
            continue
        if mark.kind == "open":
            if opened:
                opened[-1] = opened[-1][0], True
            opened.append((place, False))
        elif mark.kind == "close" and opened:
            begin, has_others = opened.pop()
            if not has_others:
                yield _read(marks, begin + 1, place)


def _read(marks: Sequence[Mark], begin: int, end: int) -> _Paragraph:
    paragraph = _Paragraph(begin, end)
    pieces: list[tuple[str, str]] = []
    """Properties and words, these behind a NUL; or what stands for something else."""
    sizes: Counter[str] = Counter()
    at, opened = begin, 0
    while at < end:
        mark, name = marks[at], local(marks[at])
        closes = mark.kind == "close" and opened > 0  # One that closes nothing is kept as it is.
        if name in _WRAPPERS and (mark.kind == "open" or closes):
            opened += -1 if closes else 1
            paragraph.kept.append(mark.raw)
            number = len(paragraph.kept) - 1
            pieces.append(("", f'<w n="{number}">' if mark.kind == "open" else "</w>"))
            at += 1
            continue
        until = _behind(marks, at, end)
        raw = "".join(mark.raw for mark in marks[at:until])
        if name.endswith("Pr") and at == begin:
            paragraph.head = raw
        elif name == "r" and mark.kind == "open":
            _read_run(paragraph, marks, at, until, pieces, sizes)
        elif _has_words(marks, at, until):
            paragraph.word = mark.raw, f"</{mark.name}>"
            pieces.append(("", f"\0{raw[len(mark.raw) : -len(paragraph.word[1])]}"))
        elif mark.kind != "text" or raw.strip():
            _keep(paragraph, pieces, raw)
        at = until
    paragraph.base = sizes.most_common(1)[0][0] if sizes else ""
    paragraph.text = _text(paragraph, pieces)
    return paragraph


def _read_run(
    paragraph: _Paragraph,
    marks: Sequence[Mark],
    begin: int,
    end: int,
    pieces: list[tuple[str, str]],
    sizes: Counter[str],
) -> None:
    opening, closing = marks[begin].raw, f"</{marks[begin].name}>"
    at, properties = begin + 1, ""
    while at < end - 1:
        until = _behind(marks, at, end - 1)
        raw, name = "".join(mark.raw for mark in marks[at:until]), local(marks[at])
        if name == "rPr":
            properties = raw
        elif _has_words(marks, at, until):
            paragraph.run = f"<{marks[begin].name}>", closing
            paragraph.word = f"<{marks[at].name}>", f"</{marks[at].name}>"
            words = raw[len(marks[at].raw) : -len(paragraph.word[1])]
            pieces.append((properties, f"\0{words}"))
            sizes[properties] += len(words)
        elif marks[at].kind != "text" or raw.strip():
            _keep(paragraph, pieces, f"{opening}{properties}{raw}{closing}", name in _LINE_ENDS)
        at = until


def _has_words(marks: Sequence[Mark], begin: int, until: int) -> bool:
    """Whether this is an element of words and nothing else; markup in it would be taken for ours."""
    first, last = marks[begin], marks[until - 1]
    is_whole = first.kind == "open" and last.kind == "close" and first.name == last.name
    return (
        local(first) == "t" and is_whole and all(mark.kind == "text" for mark in marks[begin + 1 : until - 1])
    )


def _keep(paragraph: _Paragraph, pieces: list[tuple[str, str]], raw: str, splits: bool = False) -> None:
    paragraph.kept.append(raw)
    pieces.append(("", f'<{"split" if splits else "x"} n="{len(paragraph.kept) - 1}"/>'))


def _text(paragraph: _Paragraph, pieces: Sequence[tuple[str, str]]) -> str:
    """Words as they are, those of other properties than most have in an element."""
    text, current = "", paragraph.base
    for properties, piece in pieces:
        if not piece.startswith("\0"):
            text += ("</r>" if current != paragraph.base else "") + piece
            current = paragraph.base
            continue
        if properties != current:
            text += "</r>" if current != paragraph.base else ""
            if properties != paragraph.base:
                paragraph.properties.append(properties)
                text += f'<r n="{len(paragraph.properties) - 1}">'
            current = properties
        text += piece[1:]
    return text + ("</r>" if current != paragraph.base else "")


def _written(paragraph: _Paragraph, text: str) -> str:
    """Runs of words and what was kept."""
    parts, properties = [paragraph.head], paragraph.base
    wrappers: list[str] = []
    opening, closing = paragraph.word
    if "xml:space" not in opening and not opening.startswith("<a:"):
        opening = f'{opening[:-1]} xml:space="preserve">'
    for mark in scan(text):
        number = int(mark.attributes().get("n", "0")) if mark.kind in ("open", "empty") else 0
        if mark.kind == "text":
            begin, end = paragraph.run
            parts.append(f"{begin}{properties if begin else ''}{opening}{mark.raw}{closing}{end}")
        elif mark.name == "r":
            properties = paragraph.properties[number] if mark.kind == "open" else paragraph.base
        elif mark.name == "w" and mark.kind == "open":
            parts.append(paragraph.kept[number])
            wrappers.append(f"</{next(scan(paragraph.kept[number])).name}>")
        elif mark.name == "w":
            parts.append(wrappers.pop())
        else:
            parts.append(paragraph.kept[number])
    return "".join(parts)


def _behind(marks: Sequence[Mark], at: int, end: int) -> int:
    """The place behind an element, or behind a mark that is none."""
    if marks[at].kind != "open":
        return at + 1
    depth = 0
    for place in range(at, end):
        depth += {"open": 1, "close": -1}.get(marks[place].kind, 0)
        if depth == 0:
            return place + 1
    return end
