"""What every command shares: colours on a terminal, plain lines in a log, exit codes, errors in one line.

Standard output carries results (and nothing else under `--json`); messages and progress go to standard error.
"""

from __future__ import annotations

import contextlib
import enum
import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class ExitCode(enum.IntEnum):
    """What a script needs to tell failures apart."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    DATA = 4
    GATE_REFUSED = 5
    UNREACHABLE = 6
    REQUEST_REFUSED = 7
    ROLLOUT_REFUSED = 8
    CANARY_WITHDRAWN = 9
    BUSY = 10
    INTERRUPTED = 130


# By name, so that mapping an error to its exit code imports no room.
_EXIT_CODES = {
    "pipeline.errors.ConfigurationError": ExitCode.CONFIGURATION,
    "pipeline.errors.DataError": ExitCode.DATA,
    "trainer.errors.ConfigurationError": ExitCode.CONFIGURATION,
    "trainer.errors.DataError": ExitCode.DATA,
    "texts.errors.TextError": ExitCode.DATA,
    "pipeline.errors.GateRefusedError": ExitCode.GATE_REFUSED,
    "pipeline.errors.WorkspaceBusyError": ExitCode.BUSY,
    "pipeline.errors.LeaseLostError": ExitCode.BUSY,
    "serving.errors.UnreachableError": ExitCode.UNREACHABLE,
    "serving.errors.RequestError": ExitCode.REQUEST_REFUSED,
    "serving.errors.RolloutRefusedError": ExitCode.ROLLOUT_REFUSED,
    "serving.errors.RolloutConflictError": ExitCode.ROLLOUT_REFUSED,
    "serving.errors.CanaryWithdrawnError": ExitCode.CANARY_WITHDRAWN,
}
_ROOT_ERRORS = {"pipeline.errors.PipelineError", "trainer.errors.TrainerError", "serving.errors.ServingError"}


def _names(error: BaseException) -> list[str]:
    return [f"{c.__module__}.{c.__qualname__}" for c in type(error).__mro__]


def exit_code(error: BaseException) -> ExitCode | None:
    """The exit code of an error of ours, most specific class first; None for an error that is not ours."""
    names = _names(error)
    for name in names:
        if name in _EXIT_CODES:
            return _EXIT_CODES[name]
    return ExitCode.FAILED if _ROOT_ERRORS & set(names) else None


def fail(message: str, code: ExitCode = ExitCode.FAILED) -> NoReturn:
    """Say in one line what went wrong, and leave with the code."""
    with contextlib.suppress(OSError):  # Nobody can be told; the exit code still tells.
        err.print("[bold red]error:[/] ", end="")
        err.print(message, markup=False)
    raise typer.Exit(int(code))


def print_json(value: Any) -> None:
    """One JSON document on standard output, in UTF-8 whatever the locale."""
    sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False, indent=2, default=str).encode() + b"\n")
    sys.stdout.flush()
