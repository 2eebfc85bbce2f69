"""Gettext's catalogues: what has no translation gets one; what has one keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode

EXTENSIONS = (".po", ".pot")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The messages without a translation, the forms of a plural each its own."""
    try:
        import polib
    except ImportError as error:
        raise DocumentError("to translate .po, install the extra: pip install 'dragoman[texts]'") from error
    text, encode = decode(data)
    try:
        # What ends in a line break is no file's name: polib would open one. Without an encoding it would look
        # for one, in quadratic time.
        catalogue = polib.pofile(f"{text}\n", encoding="utf-8")
    except (OSError, ValueError, IndexError, AttributeError) as error:
        raise DocumentError(f"this is no catalogue of messages: {error}") from error
    entries = [
        entry for entry in catalogue if not entry.obsolete and not entry.translated() and not entry.fuzzy
    ]
    texts: list[str] = []
    for entry in entries:
        texts += [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]

    def write(translated: Sequence[str]) -> bytes:
        waiting = iter(translated)
        for entry in entries:
            if entry.msgid_plural:
                singular, plural = next(waiting), next(waiting)
                forms = sorted(entry.msgstr_plural) or [0, 1]
                entry.msgstr_plural = {
                    form: singular if form == 0 and len(forms) > 1 else plural for form in forms
                }
            else:
                entry.msgstr = next(waiting)
        if reading.target and not catalogue.metadata.get("Language"):
            catalogue.metadata["Language"] = reading.target.replace("-", "_")
        return encode(str(catalogue) + "\n")

    return Document(tuple(texts), write)
