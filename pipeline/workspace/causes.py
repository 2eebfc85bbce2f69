"""The real cause of a failed component, without what TFX and Beam wrap around it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator

from contracts.errors import DragomanError, from_traceback
from pipeline.errors import ComponentError

# The last line of a formatted traceback: `contracts.errors.DataError: text [while running 'Read']`. Beam's
# in-process runner hands a worker's exception over as the text of a RuntimeError.
_RAISED = re.compile(
    r"^(?P<name>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Warning)): (?P<message>.*)$", re.MULTILINE
)
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "database or disk is full")
_DAMAGED = ("file is not a database", "database disk image is malformed")  # SQLite's words
_STEP = re.compile(r"\s*\[while running '[^\n]*", re.DOTALL)


def cause(error: BaseException, component: str | None) -> Exception:
    """An error of ours whose message is the cause in one line.

    Errors of ours come back as they were raised, wherever they are in the chain of causes or in the text of a
    Beam error; anything else becomes a ComponentError that names the component.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, DragomanError):
            return type(link)(_one_line(str(link)))
    for link in chain:
        named = from_traceback(str(link))
        if named is not None:
            return type(named)(_one_line(str(named)))
    if any(_is_full(link) for link in chain):
        return ComponentError(
            f"{component or 'the run'} failed: no space left on the disk: free some and run again, "
            "what is done is kept"
        )
    if any(sign in str(link) for link in chain for sign in _DAMAGED):
        return ComponentError(
            f"{component or 'the run'} failed: the metadata store is damaged: move the workspace away and "
            "run again (docs/runbook.md, section 6)"
        )
    first = chain[-1]
    raised = list(_RAISED.finditer(str(first)))
    text = (
        f"{raised[-1]['name'].rpartition('.')[2]}: {raised[-1]['message']}" if raised else _described(first)
    )
    return ComponentError(f"{component or 'the run'} failed: {_one_line(text)}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what caused it, to the first cause."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _is_full(error: BaseException) -> bool:
    """Told by the system, by TensorFlow or Beam in a text, or by SQLite."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(sign in str(error) for sign in _FULL)


def _described(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    if isinstance(error, MemoryError):
        return "out of memory"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _one_line(text: str, limit: int = 600) -> str:
    line = " ".join(_STEP.sub("", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
