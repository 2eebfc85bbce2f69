"""The client pod's own count of what it was answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubectl import ClusterError, kubectl, until

_FOLDER = Path(__file__).parent / "client"
_COMES_UP = 300.0  # seconds
_STARVED = 120.0
_SOME = 64  # requests after which what has just been changed has been used


@dataclass(frozen=True)
class Seen:
    """What the client has seen so far."""

    requests: int
    failed: int
    errors: tuple[str, ...]
    last: dict[int, float]
    """By version: when the last request was sent that it answered as `stable`; seconds since 1970."""


def begin() -> None:
    """Start the pod, and wait for its first answers."""
    kubectl("apply", "--kustomize", str(_FOLDER))
    until("the client's first answer", lambda: _look().last, _COMES_UP)


def seen() -> Seen:
    """Its latest line."""
    return until("a line of the client", _look, _STARVED)


def flow() -> Seen:
    """Wait for some more requests.

    Raises:
        ClusterError: there are none: the client hangs.
    """
    before = seen().requests
    return until(
        "more requests", lambda: now if (now := _look()).requests >= before + _SOME else None, _STARVED
    )


def _look() -> Seen:
    log = kubectl("logs", "client", "--tail=1")
    try:
        found: dict[str, Any] = json.loads(log)
    except ValueError as error:
        raise ClusterError(f"the client says {log!r}") from error
    last = {int(version): when for version, when in found["last"].items()}
    return Seen(found["requests"], found["failed"], tuple(found["errors"]), last)
