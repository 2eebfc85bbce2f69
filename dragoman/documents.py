"""Documents translated by a model server, for `dragoman translate --document`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.files import replacing
from contracts.signatures import ALIGN
from dragoman.console import err, fail

if TYPE_CHECKING:
    from contracts.card import CardSummary
    from serving.client import Client
    from texts.cascade import Rendering


_UNKNOWN = "und"
"""BCP 47's for a language that nobody has written down."""


@dataclass(frozen=True, kw_only=True)
class DocumentOptions:
    """Which document is translated, and how; none of them where lines are."""

    document: Annotated[
        Path | None,
        typer.Option(
            "--document",
            metavar="FILE",
            help="A document, by its name's ending; --output is its translation.",
        ),
    ] = None
    columns: Annotated[
        list[str],
        typer.Option("--column", metavar="NAME", help="Of a table: one to translate; repeat it for more."),
    ] = field(default_factory=list)
    bilingual: Annotated[
        Path | None,
        typer.Option(
            "--bilingual",
            metavar="FILE.xlf",
            help="Of --document: its sentences beside their translations.",
        ),
    ] = None

    def check(self) -> None:
        """
        Raises:
            typer.BadParameter: something is said of a document, and there is none.
        """
        if (self.columns or self.bilingual) and not self.document:
            raise typer.BadParameter("--column and --bilingual are of a --document")


def translate_document(
    client: Client,
    path: Path,
    output: Path,
    columns: Sequence[str],
    beside: Path | None,
    card: CardSummary,
) -> None:
    """Translate a file into another of the same format; say what could not be kept.

    Args:
        beside: where its sentences are written with their translations, as XLIFF.
        card: of the model, as far as it is known: which pieces it carries, and whether it reads a sentence
            with the one before it.

    Raises:
        DataError: it cannot be read, or came back as it was.
        ServingError: the server did not answer.
    """
    from texts.cascade import Options, translate
    from texts.documents.base import DocumentReading, read_document
    from texts.documents.bilingual import bilingual

    try:
        data = path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from error
    aligns = ALIGN.name in client.signatures()

    def ask(sources: Sequence[str], *, source: str, target: str) -> list[Rendering]:
        del source, target  # of a model of several directions, the client has been told
        return _aligned(client, sources) if aligns else _plain(client, sources)

    settings = client.settings
    reading = DocumentReading(settings.source_language, settings.target_language, tuple(columns))
    document = read_document(path.name, data, reading)
    wanted = Options(
        reading.target or _UNKNOWN,
        reading.source,
        protected=card.carried,
        context=card.context or 0,
        aligns=aligns,
    )
    options = document.options(wanted)
    answers = translate(document.texts, options, ask)
    _write(output, document.finished(answers))
    if beside:
        source = options.source or next(
            (answer.detected.language for answer in answers if answer.detected), _UNKNOWN
        )
        _write(beside, bilingual(path.name, document.texts, answers, source, options.target))
    segments = sum(len(answer.segments) for answer in answers)
    err.print(f"{segments} sentence{'s' * (segments != 1)} of {path.name} translated", markup=False)
    for note in (note for answer in answers for note in answer.notes if not note.kept):
        err.print(f"warning: {note.stage}: {note.took.strip()[:60]}: {note.gave}", markup=False)


def _write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")


def _plain(client: Client, sources: Sequence[str]) -> list[Rendering]:
    from texts.cascade import Rendering

    return [
        Rendering(translation.text, translation.score, translation.truncated)
        for translation in client.translate(sources)
    ]


def _aligned(client: Client, sources: Sequence[str]) -> list[Rendering]:
    from texts.cascade import Rendering

    return [Rendering(links.text, links.score, alignment=links.words) for links in client.align(sources)]
