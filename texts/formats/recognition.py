"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import codecs
import re

HEAD_BYTES = 1 << 16
_ROOT_WITHIN = 8192
_PROLOGUE = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>|\s+", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_HTML_PARTS = ("<head", "<body", "<title", "<h1", "</html")
_BEGINNINGS = (
    (b"%PDF-", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer (fetch the file itself with `git lfs pull`)"),
    (b"{\\rtf", "an RTF document"),
)


def described(head: bytes) -> str | None:
    """What is no corpus, in words, as `an HTML page`; None for text, and for XML that does not say so."""
    for beginning, words in _BEGINNINGS:
        if head.startswith(beginning):
            return words
    text = _text(head[:_ROOT_WITHIN])
    lowered = text.lower()
    if lowered.lstrip().startswith(("<!doctype html", "<html")) and any(p in lowered for p in _HTML_PARTS):
        return "an HTML page"
    root = root_of(head)
    return f"XML of `{root}`" if root and text.lstrip().startswith(("<?xml", "<!DOCTYPE")) else None


def root_of(head: bytes) -> str | None:
    """The name of the first element, without its prefix; None for what does not begin as XML."""
    text = _text(head[:_ROOT_WITHIN])
    place = 0
    while match := _PROLOGUE.match(text, place):
        place = match.end()
    root = _ROOT.match(text, place)
    return root.group(1) if root else None


def is_markup(head: bytes) -> bool:
    """Whether it begins as XML and HTML do."""
    return _text(head).lstrip().startswith("<")


def _text(head: bytes) -> str:
    """For a look only."""
    if head.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return head.decode("utf-16-le", errors="replace").lstrip("\ufeff")
    if head.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        return head.decode("utf-16-be", errors="replace").lstrip("\ufeff")
    return head.decode(errors="replace").lstrip("\ufeff")
