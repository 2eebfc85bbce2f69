"""What every command shares: colours on a terminal, plain lines in a log, exit codes, errors in one line.

Standard output carries results (and nothing else under `--json`); messages and progress go to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

from contracts.errors import ExitCode

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


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
