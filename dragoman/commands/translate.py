"""`dragoman translate`: arguments, standard input or a file; one line in, one line out."""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from dragoman.console import err, fail

if TYPE_CHECKING:
    from serving.client import Alternatives, Translation

_EVERY = 10.0  # seconds between two lines of progress in a log


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("translate", epilog="Example: dragoman translate --input source.en --output translated.de")(
        translate
    )


_ADDRESS = typer.Option("127.0.0.1:8500", envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model server.")
_MODEL = typer.Option(None, envvar="DRAGOMAN_MODEL", help="The only one of the model root, if not given.")
_ROOT = typer.Option(Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where to look for the model's name.")
_CANARY_SHARE = typer.Option(
    0.0, "--canary-share", min=0, max=1, help="Share of requests that try the label canary first."
)
_CANARY_MODEL = typer.Option(
    None, "--canary-model", help="The name that they ask for, where the canary is apart: MODEL-canary."
)
_N_BEST = typer.Option(1, min=1, help="Hypotheses a sentence, as many as the model has at most.")
_WAIT = typer.Option(
    1.0, min=0.01, help="Seconds that a server may take to appear; later, the deadline counts."
)


def translate(
    text: list[str] = typer.Argument(None, help="Sentences; none: lines of --input."),
    source: str = typer.Option("-", "--input", help="A file of one sentence a line; -: standard input."),
    target: str = typer.Option("-", "--output", help="Written as a whole or not at all; -: standard output."),
    address: str = _ADDRESS,
    model: str = _MODEL,
    model_root: Path = _ROOT,
    label: str = typer.Option("stable", help="The version with this label."),
    version: int = typer.Option(None, min=0, max=2**63 - 1, help="This version, whatever its label."),
    canary_share: float = _CANARY_SHARE,
    canary_model: str = _CANARY_MODEL,
    n_best: int = _N_BEST,
    scores: bool = typer.Option(False, "--scores", help="Score, tab, translation."),
    wait: float = _WAIT,
    deadline: float = typer.Option(30.0, min=0.01, help="Seconds for one request with its retries."),
    batch_size: int = typer.Option(32, min=1, help="Sentences of one request."),
    in_flight: int = typer.Option(4, min=1, help="Requests under way at once."),
    as_json: bool = typer.Option(False, "--json", help="One JSON list of all answers."),
) -> None:
    """Translate sentences; with --n-best N, N lines a sentence and an empty line after them."""
    from serving.client import Client

    if text and source != "-":
        raise typer.BadParameter("give sentences or --input, not both")
    if canary_share and version is not None:
        raise typer.BadParameter("--canary-share falls back to a label: leave --version out")
    name = model or _only_model(model_root)
    # fmt: off
    try:
        client = Client(
            address, model=name, label=label, version=version,
            deadline=deadline, batch_size=batch_size, in_flight=in_flight, wait=wait,
            canary_share=canary_share, canary_model=canary_model,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    # fmt: on
    # Bytes all the way: a console in another encoding must not change a translation.
    with client, _input(text, source) as (lines, size), _output(target) as file:
        sources = _Lines(lines)
        most, cut = n_best, 0
        with _until_the_reader_goes(file), _progress(sources, size) as report:
            answers = client.n_best_stream(sources) if n_best > 1 else client.translate_stream(sources)
            most, cut = _write(file, answers, n_best, scores, as_json, report)
    if most < n_best:
        err.print(f"warning: the model gives {most} hypotheses a sentence, not {n_best}", markup=False)
    if cut:
        err.print(f"warning: {cut} of {sources.count} lines were cut at the model's limit", markup=False)
    if sources.damaged:
        err.print(
            f"warning: {sources.damaged} of {sources.count} lines were no UTF-8; what was none became U+FFFD",
            markup=False,
        )


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
    answers: Iterable[Translation | Alternatives],
    n_best: int,
    scores: bool,
    as_json: bool,
    report: Callable[[], None],
) -> tuple[int, int]:
    """Each answer when it comes; the number of hypotheses that a sentence had, `n_best` at most, and how many
    answers were cut."""
    most, cut, before = n_best, 0, "[\n "
    for answer in answers:
        found = _hypotheses(answer)[:n_best]
        most = len(found)
        cut += answer.truncated
        if as_json:
            text, before = before + _json(answer, found), ",\n "
        else:
            text = "".join(_line(*one, scores) for one in found) + "\n" * (n_best > 1)
        file.write(text.encode("utf-8", "replace"))
        report()
    if as_json:
        file.write(b"[]\n" if before.startswith("[") else b"\n]\n")
    return most, cut


def _hypotheses(answer: Translation | Alternatives) -> list[tuple[str, float]]:
    several: Any = answer
    return (
        list(zip(several.texts, several.scores, strict=True))
        if hasattr(answer, "texts")
        else [(several.text, several.score)]
    )


def _line(text: str, score: float, scores: bool) -> str:
    flat = text.replace("\r", " ").replace("\n", " ")  # one line in, one line out
    return (f"{score:.4f}\t" if scores else "") + flat + "\n"


def _json(answer: Translation | Alternatives, found: list[tuple[str, float]]) -> str:
    several = [{"text": text, "score": score} for text, score in found]
    value = (
        {"hypotheses": several, "truncated": answer.truncated} if hasattr(answer, "texts") else asdict(answer)
    )
    return json.dumps(value, ensure_ascii=False)


class _Lines:
    """Lines of bytes as text, counted, with those that are no UTF-8 and the bytes read."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.count = self.damaged = self.bytes = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.count += 1
            self.bytes += len(line)
            content = line.removesuffix(b"\n").removesuffix(b"\r")
            try:
                yield content.decode()
            except UnicodeDecodeError:
                self.damaged += 1
                yield content.decode(errors="replace")


@contextmanager
def _progress(sources: _Lines, size: int) -> Iterator[Callable[[], None]]:
    """Tell how far a file of `size` bytes is (0: do not): a bar on a terminal, else a line now and then.

    Yields what is to be called after each answer.
    """
    if not size:
        yield lambda: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("translating"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    shown = Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    )
    task = shown.add_task("", total=size)
    answered, started = 0, time.monotonic()
    told = started

    def report() -> None:
        nonlocal answered, told
        answered += 1
        now = time.monotonic()
        if now - told >= (0.1 if err.is_terminal else _EVERY):
            told = now
            shown.update(task, completed=sources.bytes)
            if not err.is_terminal:
                err.print(f"{answered} sentences, {100 * sources.bytes // size} % read", markup=False)

    with shown:
        yield report
    err.print(f"{answered} sentences in {time.monotonic() - started:.1f} s", markup=False)


@contextmanager
def _input(text: list[str] | None, source: str) -> Iterator[tuple[Iterable[bytes], int]]:
    """Lines, and the size of the file that they come from, 0 where none is known."""
    if text:
        yield [os.fsencode(one) for one in text], 0
    elif source == "-":
        if sys.stdin.isatty():
            err.print("reading sentences from the terminal; Ctrl-D ends them")
        yield sys.stdin.buffer, _size(sys.stdin.buffer)
    else:
        try:
            file = open(source, "rb")  # noqa: SIM115
        except OSError as error:
            raise typer.BadParameter(f"cannot read {source}: {error.strerror}") from error
        with file:
            yield _lines(file, source), os.fstat(file.fileno()).st_size


def _size(stream: IO[bytes]) -> int:
    """What is left of a file that was redirected here; 0 of a pipe."""
    status = os.fstat(stream.fileno())
    return status.st_size - stream.tell() if stat.S_ISREG(status.st_mode) else 0


def _lines(file: IO[bytes], source: str) -> Iterator[bytes]:
    try:
        yield from file
    except OSError as error:
        fail(f"cannot read {source}: {error.strerror}")


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
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, KeyboardInterrupt):
            err.print(f"interrupted: nothing was written to {path}", markup=False)
        raise


def _only_model(model_root: Path) -> str:
    """The name of the only model that is configured, or, without a configuration, on disk."""
    from serving.model_config import read
    from serving.versions import models

    config = read(model_root)
    names = [one.name for one in config.model_config_list.config] if config else list(models(model_root))
    if len(names) != 1:
        there = f"holds {', '.join(names)}" if names else "holds no model"
        raise typer.BadParameter(f"give --model, or another --model-root: {model_root.absolute()} {there}")
    return names[0]
