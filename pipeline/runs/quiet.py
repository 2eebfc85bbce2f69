"""Keep the libraries' chatter off the terminal: everything that is written to it goes to the log file.

TFX, Beam, TensorFlow, ML Metadata and SentencePiece log through Python's logging, through absl, through
`print` and, from C++, straight to file descriptor 2. Only redirecting the descriptors catches them all, child
processes included.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import PipelineError


class _Forgiving(io.FileIO):
    """A file that loses what a full disk does not take: the log must not be what stops a run."""

    def write(self, content: Any) -> int:
        """All of it, as far as the writer is concerned."""
        with contextlib.suppress(OSError):
            return super().write(content)
        return len(content)


def _opened(log: Path) -> TextIO:
    try:
        raw = _Forgiving(log, "a")
    except OSError as error:
        raise PipelineError(f"cannot write the log {log}: {error.strerror}") from None
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


@contextlib.contextmanager
def redirected(log: Path) -> Iterator[TextIO]:
    """Send descriptors 1 and 2 and all logging to `log`; yields standard error as it was, for progress."""
    sys.stdout.flush()
    sys.stderr.flush()
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    saved = os.dup(1), os.dup(2)
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace", buffering=1)
    streams = sys.stdout, sys.stderr
    with _opened(log) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = file
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
        root.handlers[:] = [handler]
        root.setLevel(logging.INFO)
        logging.captureWarnings(True)
        try:
            with warnings.catch_warnings():
                yield terminal
        finally:
            logging.captureWarnings(False)
            root.handlers[:] = handlers
            root.setLevel(level)
            sys.stdout, sys.stderr = streams
            for descriptor, original in enumerate(saved, start=1):
                os.dup2(original, descriptor)
                os.close(original)
            terminal.close()
