"""XLIFF 1.2 and 2: each unit without a target gets one; tags in it stay in place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from texts.cascade.scanning import Mark
from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode
from texts.documents.units import elements, encoding, joined, local, marks

EXTENSIONS = (".xlf", ".xliff")

_CODE = ("ph", "bpt", "ept", "it", "cp")
"""Elements whose text is code."""
_UNITS = ("trans-unit", "segment")
_LANGUAGE_OF_1, _LANGUAGE_OF_2 = ("file", "target-language"), ("xliff", "trgLang")


def read(data: bytes, reading: DocumentReading) -> Document:
    """Sources of the units that have no target, or an empty one, and may be translated."""
    text, encode = decode(data, encoding(data))
    all_marks = marks(text)
    root = next((mark for mark in all_marks if local(mark) == "xliff"), None)
    if root is None:
        raise DocumentError("this is no XLIFF: there is no element xliff")
    language = _LANGUAGE_OF_1 if root.attributes().get("version", "").startswith("1") else _LANGUAGE_OF_2
    insertions: list[tuple[int, int, str]] = []
    """Of each unit: the marks that the target takes the place of, and the source."""
    kept = _kept(all_marks)
    for name in _UNITS:
        for begin, end in elements(all_marks, name):
            unit = None if begin in kept else _unit(all_marks, begin, end)
            if unit:
                insertions.append(unit)
    insertions.sort()

    def write(texts: Sequence[str]) -> bytes:
        parts, at = list[str](), 0
        for (begin, end, _), translated in zip(insertions, texts, strict=True):
            beside = all_marks[begin - 1 if begin == end else begin]
            tag = f"{beside.name[: -len('target')]}target"
            opening = beside.raw if begin < end and beside.kind == "open" else f"<{tag}>"
            parts += [_head(all_marks[at:begin], language, reading.target), f"{opening}{translated}</{tag}>"]
            at = end
        return encode("".join(parts) + _head(all_marks[at:], language, reading.target))

    return Document(
        tuple(source for _, _, source in insertions), write, "xml", {"ignore_tags": _CODE, "outline": False}
    )


def _kept(all_marks: Sequence[Mark]) -> set[int]:
    """Places of opening tags that are not translated, or are in an element that is not: a unit says for
    itself, or it is as what it is in (http://docs.oasis-open.org/xliff/xliff-core/v2.0/#translate)."""
    kept = set[int]()
    outer = [False]
    for place, mark in enumerate(all_marks):
        if mark.kind == "close" and len(outer) > 1:
            outer.pop()
        elif mark.kind in ("open", "empty"):
            said = mark.attributes().get("translate")
            is_kept = outer[-1] if said is None else said == "no"
            if is_kept:
                kept.add(place)
            if mark.kind == "open":
                outer.append(is_kept)
    return kept


def _child(all_marks: Sequence[Mark], name: str, begin: int, end: int) -> tuple[int, int] | None:
    """Places of the tags of the first element of a name that is in no other between `begin` and `end`:
    what `alt-trans` has is another's."""
    depth, opened = 0, begin
    for place in range(begin + 1, end):
        mark = all_marks[place]
        if depth == 0 and mark.kind in ("open", "empty") and local(mark) == name:
            opened = place
            if mark.kind == "empty":
                return place, place
        depth = max(0, depth + {"open": 1, "close": -1}.get(mark.kind, 0))
        if depth == 0 and opened > begin:
            return opened, place
    return None


def _unit(all_marks: Sequence[Mark], begin: int, end: int) -> tuple[int, int, str] | None:
    source = _child(all_marks, "source", begin, end)
    if source is None or source[0] == source[1]:
        return None
    words = joined(all_marks, source[0] + 1, source[1])
    target = _child(all_marks, "target", source[1], end)
    if target is None:
        return source[1] + 1, source[1] + 1, words
    if joined(all_marks, target[0] + 1, target[1]).strip():
        return None
    return target[0], target[1] + 1, words


def _head(some_marks: Sequence[Mark], language: tuple[str, str], target: str) -> str:
    """Marks as they are, but that the file says which language its targets are in: by this element and
    attribute."""
    name, attribute = language
    parts = []
    for mark in some_marks:
        lacks = local(mark) == name and mark.kind == "open" and attribute.lower() not in mark.attributes()
        parts.append(f'{mark.raw[:-1]} {attribute}="{escape(target)}">' if lacks and target else mark.raw)
    return "".join(parts)
