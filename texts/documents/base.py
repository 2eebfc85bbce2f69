"""What document formats have in common.

A format is a file in this folder, or in a folder of the user's: `EXTENSIONS` with a dot, and `read`, from
bytes and `DocumentReading` to a `Document`. It is chosen by a file's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePath
from typing import Protocol

from contracts.errors import DataError
from contracts.kinds import Kind, KindError, folders
from texts.cascade import Answer, Format, Note, Options, SegmentAnswer, translate
from texts.cascade.answers import IN_TARGET, Ask

DOCUMENTS = Kind(
    "document format",
    "texts.documents",
    besides=("encodings", "strings_in", "units", "cues", "archives", "office", "ooxml", "bilingual"),
    holds=("EXTENSIONS", "read"),
)

_UNKNOWN = "und"
"""BCP 47's for a language that nobody has written down: no file is told that its words are in it."""


class DocumentError(DataError):
    """A file is no document that can be translated, or has not been translated."""


@dataclass(frozen=True)
class DocumentReading:
    """What somebody says of a document beside its name."""

    source: str = ""
    target: str = ""
    """BCP 47."""
    columns: tuple[str, ...] = ()
    """Of a table: those that are translated, by their names in the first row, or by numbers from 1."""


class Translated(Protocol):
    """What became of a text."""

    @property
    def text(self) -> str:
        """The translation."""

    @property
    def segments(self) -> Sequence[SegmentAnswer]:
        """Its sentences."""

    @property
    def notes(self) -> Sequence[Note]:
        """What was done to it."""

    @property
    def asked(self) -> object:
        """Something, if a model was asked for it."""


@dataclass(frozen=True)
class Document:
    """What of a document is translated."""

    texts: tuple[str, ...]
    write: Callable[[Sequence[str]], bytes]
    """The document with others in their places."""
    format: Format = "text"
    changes: dict[str, object] = field(default_factory=dict)
    """Options that its texts need."""

    def options(self, options: Options) -> Options:
        """As its texts need them."""
        return replace(options, format=self.format, **self.changes)  # type: ignore[arg-type]

    def finished(self, answers: Sequence[Answer]) -> bytes:
        """The document, translated.

        Raises:
            DocumentError: there is something to translate in it, and all came back as it was.
        """
        self.check(answers)
        return self.write([answer.text for answer in answers])

    def check(self, answers: Sequence[Translated]) -> None:
        """Whether these are a translation, where there is something to translate. Raises as `finished`."""
        if any(text != answer.text for text, answer in zip(self.texts, answers, strict=True)):
            return
        if any(answer.asked for answer in answers):
            raise DocumentError(
                "the document came back as it was: is it in the source language, and the model from it?"
            )
        if any(note.gave == IN_TARGET for answer in answers for note in answer.notes):
            raise DocumentError(
                "the document is in the target's language already: is the target the one that is wanted?"
            )


class DocumentFormat(Protocol):
    """A file in this folder."""

    EXTENSIONS: tuple[str, ...]

    def read(self, data: bytes, reading: DocumentReading) -> Document:
        """Take a document apart.

        Raises:
            DocumentError: it is none of this format.
        """


def extensions() -> dict[str, str]:
    """What names of documents end with, and the format of each."""
    return {extension: name for extension, (name, _) in _formats(tuple(folders())).items()}


@cache
def _formats(_: tuple[object, ...]) -> dict[str, tuple[str, DocumentFormat]]:
    """By what names end with, as they are found in the users' folders too."""
    modules: dict[str, DocumentFormat] = {name: DOCUMENTS.module(name) for name in DOCUMENTS.names()}  # type: ignore[misc]
    formats: dict[str, tuple[str, DocumentFormat]] = {}
    for name, module in modules.items():
        for extension in module.EXTENSIONS:
            if extension in formats:
                raise KindError(f"two document formats are {extension}: {formats[extension][0]} and {name}")
            formats[extension] = name, module
    return formats


def read_document(name: str, data: bytes, reading: DocumentReading | None = None) -> Document:
    """A document by its file's name.

    Raises:
        DocumentError: no format has that name, or it is none of it.
    """
    formats, extension = _formats(tuple(folders())), PurePath(name).suffix.lower()
    if extension not in formats:
        there = ", ".join(sorted(formats))
        places = [str(folder / DOCUMENTS.folder) for folder in folders()]
        looked = f"; looked into {', '.join(places)}, too" if places else ""
        raise DocumentError(f"{PurePath(name).name} is of no format that is known: {there}{looked}")
    return formats[extension][1].read(data, reading or DocumentReading())


def translate_document(
    name: str, data: bytes, options: Options, ask: Ask, columns: Sequence[str] = ()
) -> tuple[bytes, list[Answer]]:
    """A document translated with a model, and the answers to its texts.

    Raises:
        DocumentError: it cannot be read, or came back as it was.
    """
    target = "" if options.target == _UNKNOWN else options.target
    document = read_document(name, data, DocumentReading(options.source or "", target, tuple(columns)))
    answers = translate(document.texts, document.options(options), ask)
    return document.finished(answers), answers
