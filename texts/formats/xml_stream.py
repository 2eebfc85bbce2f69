"""XML read as a stream, hostile XML refused, in the encoding that its bytes are in.

The parser pushes its events into a target of ours instead of building a tree, so that only the unit at hand
is held and text beyond the limit is dropped while it is read. A DOCTYPE may name its DTD, which nobody
fetches; declarations of entities are refused, as they can read files or exhaust memory.
"""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ElementTree
from typing import ClassVar, Protocol

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from contracts.errors import DataError
from texts.compression import ByteSource
from texts.formats.base import EarlyFileCorpus
from texts.formats.files import Opener, open_bytes, open_here
from texts.formats.recognition import described, is_markup, root_of
from texts.formats.rows import Remark, RowOrWord, Rows

_FEED_BYTES = 1 << 16
# A tag, comment or attribute is held whole by the parser until it ends.
_MAX_TOKEN_BYTES = 1 << 20
_LANGUAGE_ATTRIBUTES = ("{http://www.w3.org/XML/1998/namespace}lang", "lang")
_DECLARATION = re.compile(r"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.-]+)""")
_WIDE = re.compile(r"utf-?(16|32)|ucs|iso-10646", re.IGNORECASE)
_ASCII = re.compile(r"(us-)?ascii", re.IGNORECASE)


class XmlCorpus(EarlyFileCorpus):
    """A format whose files are made of one XML element."""

    ROOT: ClassVar[str]

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return root_of(head) == cls.ROOT

    @classmethod
    def foreign(cls, head: bytes) -> str | None:
        return described(head) or ("no XML" if head.strip() and not is_markup(head) else None)


class Target(Protocol):
    """What the parser tells of elements and text; rows that are complete wait in `ready`."""

    ready: list[RowOrWord]

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def data(self, text: str) -> None: ...
    def end(self, tag: str) -> None: ...
    def close(self) -> None: ...


def read_xml(path: str, target: Target, opener: Opener = open_here) -> Rows:
    """What the target makes of the file, as soon as it is ready.

    Raises DataError for XML that is not well-formed or in an unknown encoding, and for any entity.
    """
    with open_bytes(path, opener) as stream:
        try:
            yield from _rows(path, stream, target)
        except DefusedXmlException as error:
            raise DataError(
                f"{path} declares entities, which is refused because they can read files or exhaust memory "
                f"({error}); delete the declarations from its <!DOCTYPE ...>"
            ) from error
        except ElementTree.ParseError as error:
            raise DataError(
                f"{path} is not well-formed XML or is cut short ({error}); export it again"
            ) from error


def local_name(tag: str) -> str:
    """Without the namespace."""
    return tag.rpartition("}")[2]


def language_of(attributes: dict[str, str]) -> str | None:
    """`xml:lang`, or `lang` as of old."""
    return next((attributes[key] for key in _LANGUAGE_ATTRIBUTES if key in attributes), None)


def _rows(path: str, stream: ByteSource, target: Target) -> Rows:
    chunk = stream.read(_FEED_BYTES)
    encoding, declared = _encoding(chunk)
    if declared is not None:
        yield Remark(f"{path} declares {declared}, but its bytes are {encoding}: read as {encoding}")
    parser = DefusedXMLParser(
        target=target, encoding=encoding, forbid_dtd=False, forbid_entities=True, forbid_external=True
    )
    fed = 0
    while chunk:
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
        yield from target.ready
        target.ready.clear()
        chunk = stream.read(_FEED_BYTES)
    parser.close()
    yield from target.ready


def _encoding(head: bytes) -> tuple[str | None, str | None]:
    """The encoding that the first bytes show (None: as declared), and what is declared if that is another
    (XML 1.0, appendix F)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "UTF-16"
    elif head.startswith((b"<\0", b"\0<")):
        encoding = "UTF-16LE" if head.startswith(b"<") else "UTF-16BE"
    elif head.startswith(codecs.BOM_UTF8):
        encoding = "UTF-8"
    else:
        encoding = ""
    shown = head[:1024].decode(encoding or "ascii", errors="replace").removeprefix("\ufeff")
    match = _DECLARATION.match(shown.lstrip())
    declared = match.group(1) if match else None
    if declared is None:
        return encoding or None, None
    if encoding.startswith("UTF-16"):
        return encoding, None if _WIDE.match(declared) else declared
    if encoding or _WIDE.match(declared):
        return "UTF-8", None if declared.lower() in ("utf-8", "utf8") else declared
    return ("UTF-8" if _ASCII.fullmatch(declared) else None), None
