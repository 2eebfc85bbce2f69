"""Errors that are ours, and the exit code of each kind; every message names the cause and the cure.

A room's own errors are subclasses that say their exit code; what several rooms find wrong is defined here.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator
from operator import itemgetter
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


_PACKAGE, _KIND, _MESSAGE = "package", "error", "message"
# The last line of a traceback, which is all that Beam hands over of an error in a worker.
_RAISED = re.compile(r"^(?P<package>[A-Za-z_]\w*)\.(?:\w+\.)*(?P<kind>\w+): (?P<message>.*)$", re.MULTILINE)


def as_json(error: DragomanError) -> str:
    """What one process of ours tells another of it, in one line."""
    package, kind = _word(type(error))
    return json.dumps({_PACKAGE: package, _KIND: kind, _MESSAGE: " ".join(str(error).split())})


def from_json(line: str) -> DragomanError | None:
    """What `as_json` told, if it is that; of a kind that is not imported here, at least what it says."""
    try:
        package, kind, message = itemgetter(_PACKAGE, _KIND, _MESSAGE)(json.loads(line))
    except (ValueError, LookupError, TypeError):
        return None
    return _kinds().get((str(package), str(kind)), DragomanError)(str(message))


def from_traceback(text: str) -> DragomanError | None:
    """The last error of ours in the text of a traceback: of a kind that is known here, raised in a package
    that has such kinds, since others have a `DataError`, too.
    """
    known = _kinds()
    for match in reversed(list(_RAISED.finditer(text))):
        if kind := known.get((match["package"], match["kind"])):
            return kind(match["message"])
    return None


def _kinds() -> dict[tuple[str, str], type[DragomanError]]:
    """The kinds of errors that are imported, each by its word."""
    return {_word(kind): kind for kind in _below(DragomanError)}


def _word(kind: type[DragomanError]) -> tuple[str, str]:
    """Its package, as an extension may have a kind with a name of ours, and its class's name, of which no two
    of ours have one.
    """
    return kind.__module__.partition(".")[0], kind.__name__


def _below(base: type[DragomanError]) -> Iterator[type[DragomanError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _below(kind)
