"""`dragoman translate`: arguments, standard input or a file; one line in, one line out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from contracts.files import replacing
from dragoman.answer_options import AnswerOptions
from dragoman.cards import Chances, newest_card
from dragoman.client_options import (
    ADDRESS,
    DEADLINE,
    LABEL,
    MODEL,
    ROOT,
    TLS,
    TLS_CA,
    TLS_CERTIFICATE,
    TLS_KEY,
    TLS_NAME,
    TO,
    VERSION,
    WAIT,
    bad_parameter,
    only_model,
    tls_of,
)
from dragoman.console import err, fail
from dragoman.documents import translate_document
from dragoman.source_lines import SourceLines, given, read

if TYPE_CHECKING:
    from contracts.card import CardSummary
    from serving.client import Alignment, Alternatives, Translation

_EVERY = 10.0  # seconds between two lines of progress in a log
_NAMED = 10  # lines that a warning names


_EXAMPLES = (
    "Examples: dragoman translate --input source.en --output translated.de; "
    "dragoman translate 'The dog sleeps.' --must-contain Hund; "
    "dragoman translate 'The dog sleeps.' --sample --top-p 0.9 --seed 7"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("translate", epilog=_EXAMPLES)(translate)


_CANARY_SHARE = typer.Option(
    0.0, "--canary-share", min=0, max=1, help="Share of requests that try the label canary first."
)
_CANARY_MODEL = typer.Option(
    None, "--canary-model", help="The name that they ask for, where the canary is apart: MODEL-canary."
)
_INPUT = typer.Option(
    "-", "--input", help="A file of one text a line, also .gz, .zst, .xz or .bz2; -: standard input."
)
_SPLIT = typer.Option(True, "--split/--no-split", help="Translate the sentences of a line one by one.")
_SOURCE_LANGUAGE = typer.Option(
    None, help="For the rules of splitting, as de; that of the model card under --model-root, if not given."
)
_N_BEST = typer.Option(1, min=1, help="Hypotheses a sentence, as many as the model has at most.")
_SAMPLE = typer.Option(False, "--sample", help="Draw translations by chance, which differ from each other.")
_TEMPERATURE = typer.Option(None, "--temperature", help="Of --sample: above 1 bolder, towards 0 likelier.")
_TOP_K = typer.Option(None, "--top-k", help="Of --sample: of the so many likeliest pieces only.")
_TOP_P = typer.Option(
    None, "--top-p", help="Of --sample: of the likeliest pieces with this probability only."
)
_SEED = typer.Option(None, "--seed", help="Of --sample: the same seed, the same answer.")
_MUST_CONTAIN = typer.Option(
    [], "--must-contain", metavar="WORDS", help="What each translation has to contain; repeat it for more."
)
_PREFIX = typer.Option(None, "--prefix", metavar="TEXT", help="What each translation has to begin with.")
_ALIGN = typer.Option(
    False, "--align", help="Translation, tab, and the linked words of both sides as 0-0 1-2, from 0."
)
_DOCUMENT = typer.Option(
    None, "--document", metavar="FILE", help="A document, by its name's ending; --output is its translation."
)
_COLUMNS = typer.Option(
    [], "--column", metavar="NAME", help="Of a table: one to translate; repeat it for more."
)
_BILINGUAL = typer.Option(
    None, "--bilingual", metavar="FILE.xlf", help="Of --document: its sentences beside their translations."
)


def translate(
    text: list[str] = typer.Argument(None, help="Texts; none: lines of --input."),
    source: str = _INPUT,
    target: str = typer.Option("-", "--output", help="Written as a whole or not at all; -: standard output."),
    address: str = ADDRESS,
    model: str = MODEL,
    model_root: Path = ROOT,
    label: str = LABEL,
    version: int = VERSION,
    canary_share: float = _CANARY_SHARE,
    canary_model: str = _CANARY_MODEL,
    split: bool = _SPLIT,
    source_language: str = _SOURCE_LANGUAGE,
    to: str = TO,
    n_best: int = _N_BEST,
    sample: bool = _SAMPLE,
    temperature: float = _TEMPERATURE,
    top_k: int = _TOP_K,
    top_p: float = _TOP_P,
    seed: int = _SEED,
    must_contain: list[str] = _MUST_CONTAIN,
    prefix: str = _PREFIX,
    align: bool = _ALIGN,
    scores: bool = typer.Option(False, "--scores", help="Score, tab, translation."),
    document: Path = _DOCUMENT,
    columns: list[str] = _COLUMNS,
    bilingual: Path = _BILINGUAL,
    wait: float = WAIT,
    deadline: float = DEADLINE,
    tls: bool = TLS,
    tls_ca: Path = TLS_CA,
    tls_certificate: Path = TLS_CERTIFICATE,
    tls_key: Path = TLS_KEY,
    tls_name: str = TLS_NAME,
    batch_size: int = typer.Option(32, min=1, help="Sentences of one request."),
    in_flight: int = typer.Option(4, min=1, help="Requests under way at once."),
    as_json: bool = typer.Option(False, "--json", help="One JSON list of all answers."),
) -> None:
    """Translate texts, a line in and a line out; with --n-best N, N lines out and an empty one after them.

    The model takes one sentence at a time: a line of several is split, and its white space kept. With
    --must-contain, --prefix and --align a line is one sentence. These and --sample need a model whose
    configuration asks for them (export.signatures).
    """
    from serving.client import Client

    if text and source != "-":
        raise typer.BadParameter("give sentences or --input, not both")
    if document and (text or source != "-" or target == "-"):
        raise typer.BadParameter("--document takes --output FILE, and neither sentences nor --input")
    if (columns or bilingual) and not document:
        raise typer.BadParameter("--column and --bilingual are of a --document")
    if canary_share and version is not None:
        raise typer.BadParameter("--canary-share falls back to a label: leave --version out")
    options = AnswerOptions(n_best, sample, temperature, top_k, top_p, seed, must_contain, prefix, align)
    options.check()
    name = model or only_model(model_root)
    card = newest_card(model_root, name)
    languages = _languages(card, to)
    # fmt: off
    with bad_parameter():
        client = Client(
            address, model=name, label=label, version=version,
            deadline=deadline, batch_size=batch_size, in_flight=in_flight, wait=wait,
            canary_share=canary_share, canary_model=canary_model,
            split=split and not document, source_language=source_language or languages[0],
            target_language=languages[1], to=to, tls=tls_of(tls, tls_ca, tls_certificate, tls_key, tls_name),
        )
    # fmt: on
    if document:
        with client:
            translate_document(client, document, Path(target), columns, bilingual, card)
        return
    tally = _Tally(n_best)  # what stands where the reader has gone
    # Bytes all the way: a console in another encoding must not change a translation.
    with (
        client,
        given(text) if text else read(source) as sources,
        _output(target) as file,
        _until_the_reader_goes(file),
        _progress(sources) as report,
    ):
        chances = Chances(model_root / name)
        tally = _write(file, options.answers(client, sources), n_best, scores, as_json, report, chances)
    _warn(sources, tally, n_best, split or options.whole_lines)


@dataclass
class _Tally:
    """What is said after all answers: the hypotheses that a sentence had, answers that were cut, and the
    numbers of lines, from 1, whose translation is too short or lacks what it should have."""

    hypotheses: int
    cut: int = 0
    too_short: list[int] = field(default_factory=list)
    unmet: list[int] = field(default_factory=list)


def _warn(sources: SourceLines, tally: _Tally, n_best: int, split: bool) -> None:
    warnings = []
    if tally.hypotheses < n_best:
        warnings.append(f"the model gives {tally.hypotheses} hypotheses a sentence, not {n_best}")
    if tally.cut:
        warnings.append(f"{tally.cut} of {sources.count} lines were cut at the model's limit")
    if tally.unmet:
        warnings.append(
            f"{len(tally.unmet)} of {sources.count} translations lack some of what they should have (line "
            f"{_some(tally.unmet)}), for want of room or of pieces for it: --json tells what"
        )
    if tally.too_short:
        cure = "look at them" if split else "look at them, or leave --no-split out"
        warnings.append(
            f"{len(tally.too_short)} of {sources.count} translations are suspiciously short for their source "
            f"(line {_some(tally.too_short)}): {cure}"
        )
    if sources.damaged:
        warnings.append(
            f"{sources.damaged} of {sources.count} lines were no UTF-8; what was none became U+FFFD"
        )
    for warning in warnings:
        err.print(f"warning: {warning}", markup=False)


def _some(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers[:_NAMED]) + (", …" if len(numbers) > _NAMED else "")


@contextmanager
def _until_the_reader_goes(file: IO[bytes]) -> Iterator[None]:
    """Flush at the end; that whoever reads has had enough, as `head` does, is no error."""
    try:
        yield
        file.flush()
    except BrokenPipeError:
        # Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(
    file: IO[bytes],
    answers: Iterable[Translation | Alternatives | Alignment],
    n_best: int,
    scores: bool,
    as_json: bool,
    report: Callable[[], None],
    chances: Chances,
) -> _Tally:
    """Each answer when it comes."""
    tally, before = _Tally(n_best), "[\n "
    for number, answer in enumerate(answers, start=1):
        ranked = _hypotheses(answer)[:n_best]
        tally.hypotheses = len(ranked)
        tally.cut += getattr(answer, "truncated", False)
        if getattr(answer, "unmet", ()):
            tally.unmet.append(number)
        if answer.too_short:
            tally.too_short.append(number)
        if as_json:
            text, before = before + _json(answer, ranked, chances), ",\n "
        else:
            text = "".join(_line(*hypothesis, scores) for hypothesis in ranked) + "\n" * (n_best > 1)
        file.write(text.encode("utf-8", "replace"))
        report()
    if as_json:
        file.write(b"[]\n" if before.startswith("[") else b"\n]\n")
    return tally


def _hypotheses(answer: Translation | Alternatives | Alignment) -> list[tuple[str, float]]:
    several: Any = answer
    if hasattr(answer, "texts"):
        return list(zip(several.texts, several.scores, strict=True))
    links = "".join(f" {source}-{target}" for source, target in getattr(answer, "words", ()))
    return [(several.text + (f"\t{links[1:]}" if hasattr(answer, "words") else ""), several.score)]


def _line(text: str, score: float, scores: bool) -> str:
    flat = text.replace("\r", " ").replace("\n", " ")  # one line in, one line out
    return (f"{score:.4f}\t" if scores else "") + flat + "\n"


def _json(
    answer: Translation | Alternatives | Alignment, ranked: list[tuple[str, float]], chances: Chances
) -> str:
    several: Any = answer
    hypotheses = [{"text": text, "score": score} for text, score in ranked]
    value = (
        {"hypotheses": hypotheses, "truncated": several.truncated, "too_short": several.too_short}
        if hasattr(answer, "texts")
        else {
            key: part for key, part in asdict(answer).items() if key != "version" and (key != "unmet" or part)
        }
    )
    if (chance := chances.of(answer)) is not None:
        value["confidence"] = chance
    if hasattr(answer, "words"):
        value |= {
            key: getattr(answer, key) for key in ("words", "source_spans", "target_spans", "word_spans")
        }
    return json.dumps(value, ensure_ascii=False)


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


@contextmanager
def _output(target: str) -> Iterator[IO[bytes]]:
    """Standard output, a pipe or device as it stands, or a file that is replaced at the end."""
    if target == "-":
        yield sys.stdout.buffer
        return
    path = Path(os.path.realpath(target))
    opened = False
    try:
        special = path.exists() and not path.is_file()
        with path.open("wb") if special else _replaced(path) as file:
            opened = True
            yield file
    except OSError as error:  # reading fails elsewhere, and requests have errors of their own
        message = f"cannot write {target}: {error.strerror}"
        if opened:
            fail(message)
        raise typer.BadParameter(message) from error


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            yield file
    except KeyboardInterrupt:
        err.print(f"interrupted: nothing was written to {path}", markup=False)
        raise


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
