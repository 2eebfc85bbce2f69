"""TMX 1.4b translation memories. Specification: GALA/LISA TMX 1.4b, sections 3.2 (tu, tuv, seg) and 3.3
(inline elements)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from texts.formats.base import BOTH, Reading
from texts.formats.files import Opener, open_here
from texts.formats.inline import CodeKind, SegmentText
from texts.formats.rows import RowOrWord, Rows
from texts.formats.variants import SideChoice, Unit, Variant
from texts.formats.xml_stream import XmlCorpus, language_of, local_name, read_xml

# Native codes of the original document; `hi` is left out because it merely highlights text of the sentence.
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_PAIRED = frozenset(("bpt", "ept"))
_PLACEHOLDER = "ph"


class TmxCorpus(XmlCorpus):
    """A translation memory (TMX 1.4b)."""

    ROOT = "tmx"

    format: Literal["tmx"] = "tmx"

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_tmx(paths[BOTH], *reading.languages, reading.max_line_bytes, reading.opener)


class _Units:
    """Parser target that turns `tu` elements into rows."""

    def __init__(self, sides: SideChoice, max_line_bytes: int) -> None:
        self._sides, self._max_line_bytes = sides, max_line_bytes
        self._unit = Unit(0)
        self._variant: Variant | None = None
        self._in_segment = False
        self._codes: list[str] = []  # open inline codes, whose content is not text
        self._content = ""  # of the placeholder that is open
        self.ready: list[RowOrWord] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if name == "tu":
            self._unit = Unit(self._unit.number + 1)
        elif name == "tuv":
            self._variant = Variant(language_of(attributes) or "", SegmentText(self._max_line_bytes))
        elif name == "seg":
            self._in_segment = True
        elif self._in_segment and (name in _CODES or self._codes):
            self._codes.append(name)
            self._content = ""

    def data(self, text: str) -> None:
        if self._variant is None or not self._in_segment:
            return
        if not self._codes:
            self._variant.segment.add(text)
        elif self._codes == [_PLACEHOLDER] and len(self._content) <= self._max_line_bytes:
            self._content += text

    def end(self, tag: str) -> None:
        name = local_name(tag)
        if name == "seg":
            self._in_segment, self._codes = False, []
        elif self._codes:
            self._end_code(self._codes.pop())
        elif name == "tuv" and self._variant is not None:
            self._sides.offer(self._unit, self._variant)
            self._variant = None
        elif name == "tu":
            self.ready.append(self._sides.row(self._unit))

    def _end_code(self, name: str) -> None:
        if self._codes or self._variant is None:
            return
        if name == _PLACEHOLDER:
            self._variant.segment.add_placeholder(self._content)
        else:
            self._variant.segment.add_code(CodeKind.PAIRED if name in _PAIRED else CodeKind.ALONE)

    def close(self) -> None:
        """Part of the parser's protocol; everything was handed over in `ready`."""


def read_tmx(
    path: str, source_language: str, target_language: str, max_line_bytes: int, opener: Opener = open_here
) -> Rows:
    """Rows of a TMX file; `line` counts translation units from 1.

    Languages match by meaning, the nearest first (`distance`), and no `tuv` serves both sides. Inline codes
    are dropped (`SegmentText`), line breaks become spaces. Raises DataError as `read_xml` does, and for a
    file without both languages.
    """
    sides = SideChoice(source_language, target_language, max_line_bytes)
    yield from read_xml(path, _Units(sides, max_line_bytes), opener)
    sides.refuse_none(path)
