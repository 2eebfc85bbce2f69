"""A process that answers questions: a JSON line in, a JSON line out."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LAST = 300
"""Characters of what it told on standard error that are worth showing."""


class ChildError(Exception):
    """The process ended before it answered."""


class Child:
    """A running one."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        """`environment` beside our own; `folder`: where it works, if not here."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "0", **environment},
            cwd=folder,
        )

    def ask(self, question: Any) -> Any:
        """Its answer.

        Raises:
            ChildError: the process ended; with the last that it told.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `listen` says why.
        return self.listen()

    def listen(self) -> Any:
        """What it says next, as once it is ready.

        Raises:
            ChildError: the process ended; with the last that it told.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            last = self._errors.read().decode(errors="replace").strip()[-_LAST:]
            raise ChildError(f"the process ended: {last}")
        return json.loads(line)

    def close(self) -> None:
        """End it, whatever it does: what it was asked, it has answered."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()
