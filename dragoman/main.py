"""The `dragoman` command: one module per group of subcommands, rooms imported only by the one that runs."""

from __future__ import annotations

import errno
import importlib
import importlib.metadata
import importlib.util
import inspect
import io
import os
import pkgutil
import sys
import warnings
from typing import Annotated

import typer

from contracts.errors import DragomanError, ExitCode
from dragoman import commands
from dragoman.console import fail, out
from serving.proxies import exempt_this_machine

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
    # For libraries, as TFX's check of a server in Docker, and processes that make calls of their own.
    exempt_this_machine(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that cannot show a character shows another.
            stream.reconfigure(errors="replace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _let_help_flow() -> None:
    """Typer would break a paragraph where its source does."""
    for command in app.registered_commands:
        paragraphs = inspect.cleandoc((command.callback and command.callback.__doc__) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def main() -> None:
    """Run the command line; an error of ours becomes one line and its exit code."""
    _open_streams()
    _quiet()
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"dragoman.commands.{module.name}").register(app)
    _let_help_flow()
    code = _run()
    unwritten = _flushed()
    sys.exit(code or unwritten)


def _open_streams() -> None:
    """What was closed (`>&-`) leads nowhere: the next file that is opened must not take its place."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # The lowest that is free: this one.
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "r" if descriptor == 0 else "w", closefd=False))  # noqa: SIM115


def _run() -> int | str | None:
    """The exit code."""
    try:
        app(standalone_mode=True)
    except SystemExit as leaving:
        return leaving.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except ModuleNotFoundError as error:
        if importlib.util.find_spec("tfx") is not None:
            raise
        # `serve`, which needs less, sees to it itself.
        return _show_error(
            f"{error.name} is not installed: pip install ./distributions/pipeline in Dragoman's checkout",
            ExitCode.FAILED,
        )
    except DragomanError as error:
        return _show_error(str(error), error.exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _show_error(str(error), ExitCode.FAILED)
    return ExitCode.OK


def _show_error(message: str, code: ExitCode) -> int:
    try:
        fail(message, code)
    except typer.Exit as leaving:
        return leaving.exit_code


def _flushed() -> int:
    """Write what is still to be written: at exit nobody would hear that it cannot be."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _show_error(f"cannot write standard output: {error.strerror}", ExitCode.FAILED)
    return ExitCode.OK
