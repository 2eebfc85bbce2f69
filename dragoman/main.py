"""The `dragoman` command: one module per group of subcommands, rooms imported only by the one that runs."""

from __future__ import annotations

import errno
import importlib
import importlib.metadata
import inspect
import io
import os
import pkgutil
import sys
import warnings
from typing import Annotated, NoReturn

import typer

from dragoman import commands
from dragoman.console import ExitCode, exit_code, fail, out

app = typer.Typer(
    name="dragoman",
    epilog="Example: dragoman run examples/embedded.yaml && dragoman serve models",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(importlib.metadata.version("dragoman"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Train, gate, push, serve, promote and roll back translation models."""


def _quiet() -> None:
    """Keep the libraries' chatter off the user's terminal. Must run before any of them is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # tft sets it to 1 when unset, which would hide Keras 3; child processes inherit it.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed: `>&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that cannot show a character shows another.
            stream.reconfigure(errors="replace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _let_help_flow() -> None:
    """Typer would break a paragraph where its source does."""
    for command in app.registered_commands:
        paragraphs = inspect.cleandoc((command.callback and command.callback.__doc__) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(one.split()) for one in paragraphs)


def main() -> None:
    """Run the command line; an error of ours becomes one line and its exit code."""
    _quiet()
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"dragoman.commands.{module.name}").register(app)
    _let_help_flow()
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:
        code = exit_code(error)
        if code is None and not _is_full(error):
            raise
        _leave(str(error), code or ExitCode.FAILED)
    finally:
        _flush()


def _leave(message: str, code: ExitCode) -> NoReturn:
    try:
        fail(message, code)
    except typer.Exit as leaving:
        sys.exit(leaving.exit_code)


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _flush() -> None:
    """What is still to be written: at exit nobody would hear that it cannot be."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(f"cannot write standard output: {error.strerror}", ExitCode.FAILED)
