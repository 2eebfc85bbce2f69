"""What the steps of a drill work with: the model root, the replicas, the clients, and the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.rollout.drill.fleet import DrillError, Fleet
from serving.rollout.drill.pusher import Pusher, environment, last_line
from serving.rollout.drill.traffic import Traffic
from serving.rollout.drill.volume import Volume

MODEL = "toy"
_FOLLOW = 400  # seconds that replicas may take to follow: one may have to start first, on a busy machine
_COMMAND = 500.0  # seconds that one command may take
_LOOK = 0.005


@dataclass(frozen=True)
class Scene:
    """One drill."""

    volume: Volume
    fleet: Fleet
    traffic: Traffic
    pusher: Pusher
    sentences: Path
    """Sources for the watch."""
    within: float
    """Seconds, the poll included, in which every replica follows a rollback."""

    @property
    def root(self) -> Path:
        """The model root."""
        return self.volume.root

    def dragoman(self, action: str, *arguments: object, expect: int = 0) -> dict[str, Any]:
        """Run a rollout command as a user does; its outcome.

        Raises:
            DrillError: it ended with another code, or not in time.
        """
        with _in_time(action, arguments):
            done = subprocess.run(
                self._command(action, arguments),
                capture_output=True,
                env=environment(),
                timeout=_COMMAND,
                check=False,
            )
        return _outcome(action, arguments, done.returncode, done.stdout, done.stderr, expect)

    @contextmanager
    def promoting(self, version: int) -> Iterator[subprocess.Popen[bytes]]:
        """`dragoman promote` of a version that is not loaded yet, under way: its first step is written, the
        label has not moved.

        Raises:
            DrillError: it ended before.
        """
        process = subprocess.Popen(
            self._command("promote", [MODEL, version]),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        try:
            while version not in self.fleet.configured().versions:
                if process.poll() is not None:
                    raise DrillError(f"promote ended too early: {process.communicate()[1].decode().strip()}")
                time.sleep(_LOOK)
            yield process
        finally:
            process.kill()
            process.wait()

    def finished(self, process: subprocess.Popen[bytes], version: int) -> dict[str, Any]:
        """Wait for a promotion under way.

        Raises:
            DrillError: it failed, or did not end in time.
        """
        with _in_time("promote", [version]):
            stdout, stderr = process.communicate(timeout=_COMMAND)
        return _outcome("promote", [version], process.returncode, stdout, stderr, 0)

    def _command(self, action: str, arguments: Sequence[object]) -> list[str]:
        replicas = [word for address in self.fleet.addresses for word in ("--replica", address)]
        common = ["--model-root", str(self.root), "--timeout", str(_FOLLOW), "--json", *replicas]
        return [sys.executable, "-m", "dragoman", action, *map(str, arguments), *common]


@contextmanager
def _in_time(action: str, arguments: Sequence[object]) -> Iterator[None]:
    """A command that takes too long is a step gone wrong."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        raise DrillError(f"{_command_line(action, arguments)} has not ended in {_COMMAND:g} s") from error


def _command_line(action: str, arguments: Sequence[object]) -> str:
    return " ".join([action, *map(str, arguments)])


def _outcome(
    action: str, arguments: Sequence[object], code: int, stdout: bytes, stderr: bytes, expect: int
) -> dict[str, Any]:
    if code != expect:
        why = signal.Signals(-code).name if code < 0 else last_line(stderr)
        raise DrillError(f"{_command_line(action, arguments)} ended with {code}, not {expect}: {why}")
    document: dict[str, Any] = json.loads(stdout) if stdout.strip() else {}
    return document
