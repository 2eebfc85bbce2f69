"""Office Open XML: what each file of an archive is, by its list of content types (ECMA-376, part 2, 7.2.3).

Names do not say it: the body is `word/document.xml`, and of Word Online `word/document2.xml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import unescape

from texts.cascade.scanning import scan
from texts.documents import archives, ooxml
from texts.documents.base import Document, DocumentError
from texts.documents.units import local

_LIST = "[content_types].xml"
"""Its name, and those of parts, are of any case."""


def content_types(data: bytes) -> dict[str, str]:
    """The content type of each file of an archive but its list, by the file's name: as far as types differ,
    in lower case, as `wordprocessingml.header`; empty where it has none.

    Raises:
        DocumentError: as `archives.markups`.
    """
    parts, extensions = dict[str, str](), dict[str, str]()
    for markup in archives.markups(data, lambda name: name.lower() == _LIST):
        for mark in scan(markup):
            if local(mark) not in ("Override", "Default"):
                continue
            said = {name: unescape(value).lower() for name, value in mark.attributes().items()}
            kind = _without_vendor(said.get("contenttype", ""))
            if local(mark) == "Override":
                parts[said.get("partname", "").removeprefix("/")] = kind
            else:
                extensions[said.get("extension", "")] = kind
    return {
        name: parts.get(name.lower(), extensions.get(name.rpartition(".")[2].lower(), ""))
        for name in archives.names(data)
        if name.lower() != _LIST
    }


def _without_vendor(content_type: str) -> str:
    kind = content_type.removeprefix("application/vnd.").removeprefix("openxmlformats-officedocument.")
    return kind.removesuffix("+xml")


def document(
    data: bytes,
    types: Mapping[str, str],
    mains: Sequence[str],
    parts: Sequence[str],
    read: Callable[[str], archives.ArchivePart],
) -> Document:
    """A document of the parts of some content types; `mains` are those of which one part has to be.

    Raises:
        DocumentError: none is, or as `archives.document`.
    """
    if not any(kind in mains for kind in types.values()):
        raise DocumentError(
            f"no part of the archive is a {mains[0]} by its [Content_Types].xml: is the document of another "
            "format? One that is damaged may be mended by saving it anew with its program"
        )
    changes: dict[str, object] = {"splitting_tags": ooxml.SPLITTING, "outline": False}
    return archives.document(data, lambda name: types.get(name) in parts, read, "xml", changes)
