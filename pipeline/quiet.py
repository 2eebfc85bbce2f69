"""Keep the libraries' chatter off the terminal: everything that is written to it goes to the log file.

TFX, Beam, TensorFlow, ML Metadata and SentencePiece log through Python's logging, through absl, through
`print` and, from C++, straight to file descriptor 2. Only redirecting the descriptors catches them all, child
processes included.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def redirected(log: Path) -> Iterator[TextIO]:
    """Send descriptors 1 and 2 and all logging to `log`; yields standard error as it was, for progress."""
    sys.stdout.flush()
    sys.stderr.flush()
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    saved = os.dup(1), os.dup(2)
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace", buffering=1)
    streams = sys.stdout, sys.stderr
    with log.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
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
