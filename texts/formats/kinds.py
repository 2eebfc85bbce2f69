"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import codecs
import re

from contracts.errors import DataError

HEAD_BYTES = 1 << 16
_ROOT_WITHIN = 8192
# The XML elements that a format's file is made of; the other formats are no XML.
_ROOTS = {"tmx": "tmx", "xliff": "xliff"}
_PROLOGUE = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>|\s+", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_HTML_PARTS = ("<head", "<body", "<title", "<h1", "</html")
_BEGINNINGS = (
    (b"%PDF-", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer (fetch the file itself with `git lfs pull`)"),
    (b"{\\rtf", "an RTF document"),
)


def refuse_foreign(path: str, head: bytes, corpus_format: str) -> None:
    """Raise DataError if the first plain bytes of the file are of another kind than `format` says: an error
    page, another XML, a document."""
    kind = _kind(head)
    wanted = _ROOTS.get(corpus_format)
    if kind is None and wanted and head.strip() and not _text(head).lstrip().startswith("<"):
        kind = "no XML"
    if kind is None or kind == wanted:
        return
    if kind in _ROOTS:
        raise DataError(
            f"{path} is {kind.upper()}, not {corpus_format.upper()}: write `format: {kind}`, or take the "
            "right file"
        )
    raise DataError(f"{path} is {kind}, not {corpus_format.upper()}; look into it and fetch the file again")


def _kind(head: bytes) -> str | None:
    """`tmx`, `xliff`, or words for people; None for text."""
    for beginning, words in _BEGINNINGS:
        if head.startswith(beginning):
            return words
    text = _text(head[:_ROOT_WITHIN])
    lowered = text.lower()
    if lowered.lstrip().startswith(("<!doctype html", "<html")) and any(p in lowered for p in _HTML_PARTS):
        return "an HTML page"
    place = 0
    while match := _PROLOGUE.match(text, place):
        place = match.end()
    declared = text.lstrip().startswith(("<?xml", "<!DOCTYPE"))
    root = _ROOT.match(text, place)
    if root and root.group(1) in _ROOTS:
        return root.group(1)
    return f"XML of `{root.group(1)}`" if root and declared else None


def _text(head: bytes) -> str:
    """For a look only."""
    if head.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return head.decode("utf-16-le", errors="replace").lstrip("\ufeff")
    if head.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        return head.decode("utf-16-be", errors="replace").lstrip("\ufeff")
    return head.decode(errors="replace").lstrip("\ufeff")
