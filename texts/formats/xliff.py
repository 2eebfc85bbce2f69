"""XLIFF 1.2 (OASIS, sections 2.2 and 2.4), and the segments of 2.0: what a translator's tools exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from texts.formats.base import BOTH, Reading
from texts.formats.files import Opener, open_here
from texts.formats.inline import CodeKind, SegmentText
from texts.formats.rows import Rejected, RowFault, RowOrWord, Rows
from texts.formats.variants import SideChoice, Unit, Variant
from texts.formats.xml_stream import XmlCorpus, language_of, local_name, read_xml

_UNITS = frozenset(("trans-unit", "segment"))
# What they hold is markup of the original document; `g`, `pc` and `mrk` surround text of the sentence.
_CODES = frozenset(("bpt", "ept", "ph", "it", "x", "bx", "ex", "sc", "ec", "cp"))
_SURROUNDING = frozenset(("g", "pc"))
_PAIRED = frozenset(("bpt", "ept", "bx", "ex", "sc", "ec"))
_PLACEHOLDERS = frozenset(("ph", "x"))
_EQUIVALENTS = ("equiv-text", "equiv", "disp")
_UNTRANSLATED = frozenset(("new", "needs-translation", "needs-adaptation", "needs-l10n", "initial"))


class XliffCorpus(XmlCorpus):
    """Translators' files: XLIFF 1.2, and the segments of 2.0."""

    ROOT = "xliff"

    format: Literal["xliff"] = "xliff"

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_xliff(paths[BOTH], *reading.languages, reading.max_line_bytes, reading.opener)


class _Units:
    """Parser target that turns `trans-unit` elements into rows."""

    def __init__(self, sides: SideChoice, languages: tuple[str, str], max_line_bytes: int) -> None:
        self._sides, self._wanted, self._max_line_bytes = sides, languages, max_line_bytes
        self._languages = languages
        self._unit: Unit | None = None
        self._number = 0
        self._others = 0  # depth of `alt-trans` and what else is in a unit but no text of it
        self._variants: dict[str, Variant] = {}
        self._variant: Variant | None = None
        self._codes: list[str] = []
        self._content: str | None = None
        self._untranslated = False
        self.ready: list[RowOrWord] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if self._variant is not None:
            self._start_inline(name, attributes)
        elif name in ("file", "xliff"):
            self._languages = (
                attributes.get("source-language", attributes.get("srcLang", self._languages[0])),
                attributes.get("target-language", attributes.get("trgLang", self._languages[1])),
            )
        elif name in _UNITS:
            self._number += 1
            self._unit, self._variants = Unit(self._number), {}
            self._untranslated = attributes.get("state") in _UNTRANSLATED
        elif name == "alt-trans":
            self._others += 1
        elif name in ("source", "target") and self._unit is not None and not self._others:
            language = language_of(attributes) or self._languages[name == "target"]
            self._variant = self._variants[name] = Variant(language, SegmentText(self._max_line_bytes))
            self._codes = []
            self._untranslated |= attributes.get("state") in _UNTRANSLATED

    def _start_inline(self, name: str, attributes: dict[str, str]) -> None:
        assert self._variant is not None
        if name in _SURROUNDING and not self._codes:
            self._variant.segment.add_code(CodeKind.PAIRED)
        elif name in _CODES or self._codes:
            self._codes.append(name)
            shown = next((attributes[key] for key in _EQUIVALENTS if key in attributes), None)
            if len(self._codes) == 1:
                self._content = shown

    def data(self, text: str) -> None:
        if self._variant is None:
            return
        if not self._codes:
            self._variant.segment.add(text)
        elif len(self._codes) == 1 and len(self._content or "") <= self._max_line_bytes:
            self._content = (self._content or "") + text

    def end(self, tag: str) -> None:
        name = local_name(tag)
        if self._variant is not None:
            self._end_inline(name)
        elif name == "alt-trans":
            self._others -= 1
        elif name in _UNITS and self._unit is not None:
            self.ready.append(self._row(self._unit))
            self._unit = None

    def _end_inline(self, name: str) -> None:
        assert self._variant is not None
        if self._codes:
            code = self._codes.pop()
            if self._codes:
                return
            if code in _PLACEHOLDERS:
                self._variant.segment.add_placeholder(self._content or "")
            else:
                self._variant.segment.add_code(CodeKind.PAIRED if code in _PAIRED else CodeKind.ALONE)
        elif name in _SURROUNDING:
            self._variant.segment.add_code(CodeKind.PAIRED)
        elif name in ("source", "target"):
            self._variant = None

    def _row(self, unit: Unit) -> RowOrWord:
        for variant in self._variants.values():
            self._sides.offer(unit, variant)
        target = self._variants.get("target")
        text = target.segment.text() if target else ""  # None: too long to be kept, and so not blank.
        if self._untranslated or (text is not None and not text.strip()):
            return Rejected(RowFault.UNTRANSLATED, unit.number)
        return self._sides.row(unit)

    def close(self) -> None:
        """Part of the parser's protocol; everything was handed over in `ready`."""


def read_xliff(
    path: str, source_language: str, target_language: str, max_line_bytes: int, opener: Opener = open_here
) -> Rows:
    """Rows of an XLIFF file; `line` counts units from 1.

    Languages are those of each file in it and match as in TMX, in either direction; where none is named,
    those that are wanted. Units without a translation, or marked as not translated yet, are rejected as
    such. Raises DataError as `read_tmx` does.
    """
    sides = SideChoice(source_language, target_language, max_line_bytes)
    yield from read_xml(path, _Units(sides, (source_language, target_language), max_line_bytes), opener)
    sides.refuse_none(path)
