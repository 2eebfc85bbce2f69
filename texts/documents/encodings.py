"""Bytes to text, and back in the encoding that they were in."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from contracts.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes, encoding: str = "utf-8") -> tuple[str, Callable[[str], bytes]]:
    """The text, and what writes another as it was: byte order mark, encoding.

    Raises:
        DataError: it is in another encoding.
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", encoding))
    try:
        text = data[len(mark) :].decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(f"the document is not in {encoding}: convert it to UTF-8 ({error})") from error
    # What another encoding than Unicode's has not, markup can write as a reference.
    missing = "replace" if encoding.lower().startswith("utf") else "xmlcharrefreplace"
    return text, lambda written: mark + written.encode(encoding, missing)
