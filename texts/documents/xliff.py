"""XLIFF 1.2 and 2: each unit without a target gets one; tags in it stay in place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from texts.cascade.scanning import Mark
from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode
from texts.documents.units import elements, encoding, joined, local, marks
from texts.tags import is_same_language

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
    if reading.target:
        _check_language(all_marks, language, reading.target)
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
            tag = f"{beside.name.removesuffix(local(beside))}target"
            opening = beside.raw if begin < end and beside.kind == "open" else f"<{tag}>"
            parts += [_head(all_marks[at:begin], language, reading.target), f"{opening}{translated}</{tag}>"]
            at = end
        return encode("".join(parts) + _head(all_marks[at:], language, reading.target))

    return Document(
        tuple(source for _, _, source in insertions), write, "xml", {"ignore_tags": _CODE, "outline": False}
    )


def _check_language(all_marks: Sequence[Mark], language: tuple[str, str], target: str) -> None:
    """Raises DocumentError where there are translations into another language: half in each is of no use."""
    name, attribute = language
    for begin, end in elements(all_marks, name):
        said = all_marks[begin].attributes().get(attribute.lower(), "")
        if not said or is_same_language(said, target):
            continue
        units = (place for unit in _UNITS for place in elements(all_marks, unit, begin, end))
        if any(_is_full(all_marks, _child(all_marks, "target", *unit)) for unit in units):
            raise DocumentError(
                f"the file has translations into {said}, and {target} is asked for: ask for {said}, or take "
                "them out first"
            )


def _is_full(all_marks: Sequence[Mark], element: tuple[int, int] | None) -> bool:
    return element is not None and bool(joined(all_marks, element[0] + 1, element[1]).strip())


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
    if _is_full(all_marks, target):
        return None
    if target is None:  # Behind the source parted into segments, where 1.2 has it.
        _, before = _child(all_marks, "seg-source", source[1], end) or source
        return before + 1, before + 1, words
    return target[0], target[1] + 1, words


def _head(some_marks: Sequence[Mark], language: tuple[str, str], target: str) -> str:
    """Marks as they are, but that the file says which language its targets are in: by this element and
    attribute."""
    name, attribute = language
    return "".join(
        _in_language(mark, attribute, target)
        if target and mark.kind == "open" and local(mark) == name
        else mark.raw
        for mark in some_marks
    )


def _in_language(mark: Mark, attribute: str, target: str) -> str:
    """A tag whose attribute says the language; `de-AT` is `de`, and stays."""
    said = next((part for part in mark.parts() if (part["name"] or "").lower() == attribute.lower()), None)
    if said is None:
        return f'{mark.raw[:-1]} {attribute}="{escape(target)}">'
    group = said.lastgroup  # Its value's, or its name's where it has none.
    if group is None or group == "name" or is_same_language(said[group], target):
        return mark.raw
    return mark.raw[: said.start(group)] + escape(target) + mark.raw[said.end(group) :]
