"""TMX 1.4b translation memories, parsed as a stream, hostile XML refused.

The parser pushes its events into a target of ours instead of building a tree, so that only the unit at hand
is held and text beyond the limit is dropped while it is read. Specification: GALA/LISA TMX 1.4b, sections
3.2 (tu, tuv, seg) and 3.3 (inline elements).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from pipeline.errors import DataError
from pipeline.formats.files import open_bytes
from pipeline.formats.rows import Reason, Rejected, Row, Rows, checked_text
from texts.compression import ByteSource

_FEED_BYTES = 1 << 16
# A tag, comment or attribute is held whole by the parser until it ends.
_MAX_TOKEN_BYTES = 1 << 20
# Native codes of the original document; `hi` is left out because it merely highlights text of the sentence.
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_LANGUAGE_ATTRIBUTES = ("{http://www.w3.org/XML/1998/namespace}lang", "lang")


@dataclass
class _Variant:
    """A `tuv`: its language, lowercase with hyphens, and the text of its segment (None: too long)."""

    language: str
    pieces: list[str] | None = field(default_factory=list)
    characters: int = 0


class _Units:
    """Parser target that turns `tu` elements into rows."""

    def __init__(self, source_language: str, target_language: str, max_line_bytes: int) -> None:
        self._languages = (_normalised(source_language), _normalised(target_language))
        self._max_line_bytes = max_line_bytes
        self._number = 0
        self._chosen: dict[str, _Variant] = {}
        self._variant: _Variant | None = None
        self._in_segment = False
        self._codes = 0  # depth of inline codes, whose content is not text
        self.ready: list[Row | Rejected] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "tu":
            self._number += 1
            self._chosen = {}
        elif name == "tuv":
            language = next((attributes[key] for key in _LANGUAGE_ATTRIBUTES if key in attributes), "")
            self._variant = _Variant(_normalised(language))
        elif name == "seg":
            self._in_segment = True
        elif name in _CODES and self._in_segment:
            self._codes += 1

    def data(self, text: str) -> None:
        variant = self._variant
        if variant is None or not self._in_segment or self._codes or variant.pieces is None:
            return
        variant.characters += len(text)
        if variant.characters > self._max_line_bytes:
            variant.pieces = None
        else:
            variant.pieces.append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name in _CODES and self._in_segment:
            self._codes -= 1
        elif name == "seg":
            self._in_segment, self._codes = False, 0
        elif name == "tuv" and self._variant is not None:
            for language in self._languages:
                self._offer(language, self._variant)
            self._variant = None
        elif name == "tu":
            self.ready.append(self._row())
            self._chosen = {}

    def close(self) -> None:
        """Part of the parser's protocol; everything was handed over in `ready`."""

    def _row(self) -> Row | Rejected:
        source, target = (self._chosen.get(language) for language in self._languages)
        if source is None or target is None:
            return Rejected(Reason.LANGUAGE, self._number)
        if source.pieces is None or target.pieces is None:
            return Rejected(Reason.OVERLONG, self._number)
        sides = ("".join(source.pieces), "".join(target.pieces))
        return checked_text(sides[0], sides[1], self._number, self._max_line_bytes)

    def _offer(self, language: str, variant: _Variant) -> None:
        """Take the first variant in exactly this language, else the first in a variety of it (`en` takes
        `en-GB`)."""
        chosen = self._chosen.get(language)
        better = chosen is None or (chosen.language != language == variant.language)
        if better and _matches(variant.language, language):
            self._chosen[language] = variant


def read_tmx(path: str, source_language: str, target_language: str, max_line_bytes: int) -> Rows:
    """Rows of a TMX file; `line` counts translation units from 1.

    Languages match by prefix (RFC 4647 basic filtering). Inline codes are dropped with their content, line
    breaks become spaces. Raises DataError for XML that is not well-formed, and for any DOCTYPE, entity or
    external reference.
    """
    units = _Units(source_language, target_language, max_line_bytes)
    parser = DefusedXMLParser(target=units, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    with open_bytes(path) as stream:
        try:
            yield from _rows(path, stream, parser, units)
        except DefusedXmlException as error:
            raise DataError(
                f"{path} declares a DOCTYPE or entities, which is refused because they can read files or "
                f"exhaust memory ({error}); delete the <!DOCTYPE ...> from its head"
            ) from error
        except ElementTree.ParseError as error:
            raise DataError(
                f"{path} is not well-formed XML or is cut short ({error}); export it again"
            ) from error


def _rows(path: str, stream: ByteSource, parser: DefusedXMLParser, units: _Units) -> Rows:
    fed = 0
    while chunk := stream.read(_FEED_BYTES):
        try:
            parser.feed(chunk)
        except DefusedXmlException:
            raise
        except (ValueError, LookupError) as error:  # several bytes to a character, or no encoding's name
            raise DataError(
                f"{path} is in an encoding that is not read ({error}); convert it to UTF-8"
            ) from error
        fed += len(chunk)
        if fed - parser.parser.CurrentByteIndex > _MAX_TOKEN_BYTES:
            raise DataError(
                f"{path} holds a tag or comment of more than {_MAX_TOKEN_BYTES} bytes; export it again"
            )
        yield from units.ready
        units.ready.clear()
    parser.close()
    yield from units.ready


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _normalised(language: str) -> str:
    return language.replace("_", "-").lower()


def _matches(language: str, wanted: str) -> bool:
    return language == wanted or language.startswith(wanted + "-")
