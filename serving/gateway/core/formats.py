"""Documents of text: bytes in, bytes out, in their encoding and their form."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import PurePath

from serving.gateway.core.errors import Fault, GatewayError
from texts.cascade import Format

FORMATS: dict[str, Format] = {
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "xml",
    ".xml": "xml",
}
"""By a file name's end."""
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True)
class TextFile:
    """A document's text, and how it was written."""

    text: str
    format: Format
    mark: bytes
    encoding: str

    def written(self, text: str) -> bytes:
        """Another text, as this one was written."""
        return self.mark + text.encode(self.encoding, "replace")


def opened(name: str, content: bytes) -> TextFile:
    """A document, by its name's end.

    Raises:
        GatewayError: INVALID, it is none that is known, or its text cannot be read.
    """
    end = PurePath(name).suffix.lower()
    if end not in FORMATS:
        raise GatewayError(
            Fault.INVALID, f"Invalid request: file format not supported: there are {', '.join(FORMATS)}"
        )
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "utf-8")
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise GatewayError(
            Fault.INVALID, f"Invalid request: the file is no {encoding.upper()}: convert it"
        ) from error
    return TextFile(text, FORMATS[end], mark, encoding)
