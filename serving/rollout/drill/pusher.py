"""The process that makes and pushes the drill's models, from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from pydantic import BaseModel

from serving.rollout.drill.fleet import DrillError


class Order(BaseModel, extra="forbid"):
    """A version to be pushed."""

    version: int
    failing: bool = False
    """It loads, and refuses what it is asked."""
    limit: int | None = None
    """Bytes that a file of the push may have."""


class Pusher:
    """Pushes as the pipeline pushes, one version after the other; use it in a `with` statement.

    `toys` is the module that does it, in a process that it has to itself: `MODULE ROOT MODEL` reads an
    `Order` from each line of its standard input, and answers with a line: why the push failed, or nothing.
    """

    def __init__(self, toys: str, root: Path, model: str, log: Path) -> None:
        self._command = [sys.executable, "-W", "ignore", "-m", toys, str(root), model]
        self._log = log

    def __enter__(self) -> Pusher:
        with self._log.open("wb") as log:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, stderr=log, env=environment()
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def push(self, order: Order) -> str:
        """Why the version could not be pushed; empty: it was.

        Raises:
            DrillError: the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(order.model_dump_json().encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # its last words tell why
        answer = self._process.stdout.readline()
        if not answer:
            raise DrillError(f"the toys cannot be pushed: {last_line(self._log.read_bytes())}")
        return answer.decode().strip()


def environment() -> dict[str, str]:
    """For child processes: this very Dragoman, wherever it was started."""
    here = str(Path(__file__).resolve().parents[3])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")])),
    }


def last_line(output: bytes) -> str:
    """What a process said at the end."""
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
