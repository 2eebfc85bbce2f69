"""Bytes to text, and back in the encoding that they were in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from contracts.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KNOWN = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp866|cp874|koi8-[rtu]|shift_jis|cp932|euc_jp|iso2022_jp|gb2312|gbk|gb18030"
    r"|big5|big5hkscs|euc_kr|cp949"
)
"""As Python calls what browsers read (https://encoding.spec.whatwg.org/#names-and-labels). A document chooses
among these and no others: of Python's codecs, some are of no text, and some take quadratic time."""
_WIDE = re.compile(r"utf-(?:16|32)(?:-[lb]e)?")


def decode(data: bytes, encoding: str = "utf-8") -> tuple[str, Callable[[str], bytes]]:
    """The text, and what writes another as it was: byte order mark, encoding.

    Raises:
        DataError: it is in another encoding, or says that it is in one that is not known.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", _known(encoding))
    )
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeError as error:
        raise DataError(f"the document is not in {encoding}: convert it to UTF-8 ({error})") from error
    # What another encoding than Unicode's has not, markup can write as a reference.
    missing = "replace" if encoding.startswith("utf") else "xmlcharrefreplace"
    return text, lambda written: mark + written.encode(encoding, missing)


def _known(said: str) -> str:
    """Python's name of an encoding that a document says."""
    try:
        name = codecs.lookup(said).name
    except (LookupError, ValueError):
        name = ""
    if _WIDE.fullmatch(name):
        return "utf-8"  # who reads it in bytes of ASCII, reads that it is not so: browsers do the same
    if not _KNOWN.fullmatch(name):
        raise DataError(f"the document says that it is in {said}, which is not known: convert it to UTF-8")
    return name
