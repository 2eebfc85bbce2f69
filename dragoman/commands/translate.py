"""`dragoman translate`: arguments, standard input or a file; one line in, one line out."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import typer

from dragoman.console import err


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("translate", epilog="Example: dragoman translate --input source.en --output translated.de")(
        translate
    )


def translate(
    text: list[str] = typer.Argument(None, help="Sentences; none: lines of --input."),
    source: str = typer.Option("-", "--input", help="A file of one sentence a line; -: standard input."),
    target: str = typer.Option("-", "--output", help="Written as a whole or not at all; -: standard output."),
    address: str = typer.Option(
        "127.0.0.1:8500", envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model server."
    ),
    model: str = typer.Option(
        None, envvar="DRAGOMAN_MODEL", help="The only one of the model root, if not given."
    ),
    model_root: Path = typer.Option(
        Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where to look for the model's name."
    ),
    label: str = typer.Option("stable", help="The version with this label."),
    version: int = typer.Option(None, min=0, help="This version, whatever its label."),
    n_best: int = typer.Option(
        1, "--n-best", min=1, help="Hypotheses a sentence, as many as the model has at most."
    ),
    scores: bool = typer.Option(False, "--scores", help="Score, tab, translation."),
    deadline: float = typer.Option(30.0, min=0.01, help="Seconds for one request with its retries."),
    batch_size: int = typer.Option(32, min=1, help="Sentences of one request."),
    in_flight: int = typer.Option(4, min=1, help="Requests under way at once."),
    as_json: bool = typer.Option(False, "--json", help="One JSON list of all answers."),
) -> None:
    """Translate sentences; with --n-best N, N lines a sentence and an empty line after them."""
    from serving.client import Client

    client = Client(
        address,
        model=model or _only_model(model_root),
        label=label,
        version=version,
        deadline=deadline,
        batch_size=batch_size,
        in_flight=in_flight,
    )
    # Bytes all the way: a console in another encoding must not change a translation.
    with client, _input(text, source) as lines, _output(target) as file:
        sources = _Lines(lines)
        try:
            _answer(client, sources, file, n_best, scores, as_json)
            file.flush()
        except BrokenPipeError:
            # Whoever read has had enough, as `head` does; nothing may be written at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if sources.damaged:
        err.print(
            f"warning: {sources.damaged} lines were no UTF-8; the bytes in question became U+FFFD",
            markup=False,
        )


def _answer(
    client: Any, sources: Iterable[str], file: IO[bytes], n_best: int, scores: bool, as_json: bool
) -> None:
    import json

    def flat(words: str) -> str:
        return words.replace("\r", " ").replace("\n", " ")  # one line in, one line out

    found: list[dict[str, Any]] = []
    stream = client.n_best_stream(sources) if n_best > 1 else client.translate_stream(sources)
    for answer in stream:
        if n_best > 1:
            pairs = list(zip(answer.texts[:n_best], answer.scores[:n_best], strict=True))
        else:
            pairs = [(answer.text, answer.score)]
        if as_json:
            hypotheses = [{"text": words, "score": score} for words, score in pairs]
            found.append(
                {"hypotheses": hypotheses, "truncated": answer.truncated} if n_best > 1 else asdict(answer)
            )
            continue
        for words, score in pairs:
            file.write((f"{score:.4f}\t" * scores + flat(words)).encode("utf-8", "replace") + b"\n")
        if n_best > 1:
            file.write(b"\n")
    if as_json:
        file.write(json.dumps(found, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n")


class _Lines:
    """Lines of bytes as text, counting those that are no UTF-8."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.damaged = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            content = line[:-1] if line.endswith(b"\n") else line
            try:
                yield content.decode()
            except UnicodeDecodeError:
                self.damaged += 1
                yield content.decode(errors="replace")


@contextmanager
def _input(text: list[str] | None, source: str) -> Iterator[Iterable[bytes]]:
    if text:
        yield [os.fsencode(one) for one in text]
    elif source == "-":
        if sys.stdin.isatty():
            err.print("reading sentences from the terminal; Ctrl-D ends them")
        yield sys.stdin.buffer
    else:
        try:
            file = open(source, "rb")  # noqa: SIM115
        except OSError as error:
            raise typer.BadParameter(f"cannot read {source}: {error.strerror}") from error
        with file:
            yield file


@contextmanager
def _output(target: str) -> Iterator[IO[bytes]]:
    if target == "-":
        yield sys.stdout.buffer
        return
    path = Path(target)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {target}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _only_model(model_root: Path) -> str:
    from serving.model_config import read

    config = read(model_root)
    names = [one.name for one in config.model_config_list.config] if config else []
    if len(names) != 1:
        raise typer.BadParameter(f"give --model: {model_root} configures {', '.join(names) or 'no model'}")
    return names[0]
