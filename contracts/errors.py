"""Errors that are ours, and the exit code of each kind; every message names the cause and the cure.

A room's own errors are subclasses that say their exit code; what several rooms find wrong is defined here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import ClassVar


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


class DragomanError(Exception):
    """Base of all errors of ours."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


class ConfigurationError(DragomanError):
    """What somebody wrote down for a run or a machine is wrong, or does not fit what is there."""

    exit_code = ExitCode.CONFIGURATION


class DataError(DragomanError):
    """Texts cannot be used as they are: damaged, cut, in another encoding, misaligned, too few."""

    exit_code = ExitCode.DATA


class RecordError(DragomanError):
    """A file that one room has written for another is not there, or of another version of Dragoman."""


# `pipeline.errors.PushError: text`: the last line of a traceback, which is often all that another process,
# or a library in between, hands over.
_RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*): (?P<message>.*)$", re.MULTILINE)


def as_line(error: DragomanError) -> str:
    """The error as the last line of a traceback has it, its message in one line."""
    return f"{_name(type(error))}: {' '.join(str(error).split())}"


def from_text(text: str) -> DragomanError | None:
    """The last error of ours that a traceback, or `as_line`, tells of; its class has to be imported."""
    for match in reversed(list(_RAISED.finditer(text))):
        for kind in _kinds(DragomanError):
            if match["name"] == _name(kind):
                return kind(match["message"])
    return None


def _name(kind: type[DragomanError]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _kinds(base: type[DragomanError]) -> Iterator[type[DragomanError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)
