"""`dragoman translate`: arguments, standard input or a file; one line in, one line out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.answer_lines import Tally, warn, write_answers
from dragoman.answer_options import AnswerOptions
from dragoman.cards import Chances, newest_card
from dragoman.client_options import ClientOptions
from dragoman.console import err
from dragoman.documents import DocumentOptions, translate_document
from dragoman.option_groups import grouped
from dragoman.output import opened_output, until_the_reader_goes
from dragoman.source_lines import SourceLines, given, read

if TYPE_CHECKING:
    from contracts.card import CardSummary
    from serving.client import Client

_EVERY = 10.0  # seconds between two lines of progress in a log

_EXAMPLES = (
    "Examples: dragoman translate --input source.en --output translated.de; "
    "dragoman translate 'The dog sleeps.' --must-contain Hund; "
    "dragoman translate 'The dog sleeps.' --sample --top-p 0.9 --seed 7"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("translate", epilog=_EXAMPLES)(translate)


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """How lines become requests."""

    canary_share: Annotated[
        float,
        typer.Option(
            "--canary-share", min=0, max=1, help="Share of requests that try the label canary first."
        ),
    ] = 0.0
    canary_model: Annotated[
        str | None,
        typer.Option(
            "--canary-model", help="The name that they ask for, where the canary is apart: MODEL-canary."
        ),
    ] = None
    split: Annotated[
        bool, typer.Option("--split/--no-split", help="Translate the sentences of a line one by one.")
    ] = True
    source_language: Annotated[
        str | None,
        typer.Option(
            help="For the rules of splitting, as de; that of the model card under --model-root, if not given."
        ),
    ] = None
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences of one request.")] = 32
    in_flight: Annotated[int, typer.Option(min=1, help="Requests under way at once.")] = 4


@grouped
def translate(
    *,
    text: list[str] = typer.Argument(None, help="Texts; none: lines of --input."),
    source: str = typer.Option(
        "-", "--input", help="A file of one text a line, also .gz, .zst, .xz or .bz2; -: standard input."
    ),
    target: str = typer.Option("-", "--output", help="Written as a whole or not at all; -: standard output."),
    server: ClientOptions,
    requests: RequestOptions,
    options: AnswerOptions,
    scores: bool = typer.Option(False, "--scores", help="Score, tab, translation."),
    documents: DocumentOptions,
    as_json: bool = typer.Option(False, "--json", help="One JSON list of all answers."),
) -> None:
    """Translate texts, a line in and a line out; with --n-best N, N lines out and an empty one after them.

    The model takes one sentence at a time: a line of several is split, and its white space kept. With
    --must-contain, --prefix and --align a line is one sentence. These and --sample need a model whose
    configuration asks for them (export.signatures).
    """
    document = documents.document
    if text and source != "-":
        raise typer.BadParameter("give sentences or --input, not both")
    if document and (text or source != "-" or target == "-"):
        raise typer.BadParameter("--document takes --output FILE, and neither sentences nor --input")
    documents.check()
    if requests.canary_share and server.version is not None:
        raise typer.BadParameter("--canary-share falls back to a label: leave --version out")
    options.check()
    card = newest_card(server.model_root, server.name)
    client = _client(server, requests, card, split=requests.split and not document)
    if document:
        with client:
            translate_document(client, document, Path(target), documents.columns, documents.bilingual, card)
        return
    n_best = options.n_best
    tally = Tally(n_best)  # what stands where the reader has gone
    # Bytes all the way: a console in another encoding must not change a translation.
    with (
        client,
        given(text) if text else read(source) as sources,
        opened_output(target) as file,
        until_the_reader_goes(file),
        _progress(sources) as report,
    ):
        chances = Chances(server.model_root / server.name)
        answers = options.answers(client, sources)
        tally = write_answers(file, answers, n_best, scores, as_json, report, chances)
    warn(sources, tally, n_best, requests.split or options.whole_lines)


def _client(server: ClientOptions, requests: RequestOptions, card: CardSummary, split: bool) -> Client:
    """Of the languages that the card says, if the options do not."""
    source_language, target_language = _languages(card, server.to)
    return server.client(
        batch_size=requests.batch_size,
        in_flight=requests.in_flight,
        canary_share=requests.canary_share,
        canary_model=requests.canary_model,
        split=split,
        source_language=requests.source_language or source_language,
        target_language=target_language,
    )


@contextmanager
def _progress(sources: SourceLines) -> Iterator[Callable[[], None]]:
    """Tell how far a file is, nothing where its size is not known: a bar on a terminal, else a line now and
    then.

    Yields what is to be called after each answer.
    """
    if not sources.size:
        yield lambda: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("translating"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    shown = Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    )
    task = shown.add_task("", total=sources.size)
    answered, started = 0, time.monotonic()
    shown_at = started

    def report() -> None:
        nonlocal answered, shown_at
        answered += 1
        now = time.monotonic()
        if now - shown_at >= (0.1 if err.is_terminal else _EVERY):
            shown_at = now
            shown.update(task, completed=sources.position())
            if not err.is_terminal:
                err.print(
                    f"{answered} sentences, {100 * sources.position() // sources.size} % read", markup=False
                )

    with shown:
        yield report
    err.print(f"{answered} sentences in {time.monotonic() - started:.1f} s", markup=False)


def _languages(card: CardSummary, to: str | None) -> tuple[str, str]:
    """Source and target of the model; empty where the card does not say. Of several directions those of the
    one into the wanted language, if it is the only one.
    """
    if to is None:
        return card.source_language or "", card.target_language or ""
    sources = [
        direction.source_language for direction in card.directions or () if direction.target_language == to
    ]
    return sources[0] if len(sources) == 1 else "", to
