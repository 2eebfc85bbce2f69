"""The client pods' own count of what they were answered: by the model servers, and by the gateway."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubectl import ClusterError, kubectl, until

_FOLDER = Path(__file__).parent / "client"
_CLIENTS = ("client", "gateway-client")
_COMES_UP = 300.0  # seconds
_STARVED = 120.0
_SOME = 64  # requests of each after which what has just been changed has been used


@dataclass(frozen=True)
class Seen:
    """What the clients have seen so far."""

    requests: int
    failed: int
    errors: tuple[str, ...]
    last: dict[int, float]
    """By version: when the last request was sent that it answered as `stable`; seconds since 1970."""


def begin() -> None:
    """Start the pods, and wait for the first answers to each."""
    kubectl("apply", "--kustomize", str(_FOLDER))
    until("the clients' first answers", lambda: all(_line(name)["last"] for name in _CLIENTS), _COMES_UP)


def seen() -> Seen:
    """Their latest lines."""
    return until("a line of each client", _look, _STARVED)


def flow() -> Seen:
    """Wait for some more requests of each.

    Raises:
        ClusterError: there are none: a client hangs.
    """
    wanted = {name: _line(name)["requests"] + _SOME for name in _CLIENTS}
    until(
        "more requests",
        lambda: all(_line(name)["requests"] >= count for name, count in wanted.items()),
        _STARVED,
    )
    return seen()


def _look() -> Seen:
    return together({name: _line(name) for name in _CLIENTS})


def together(lines: dict[str, dict[str, Any]]) -> Seen:
    """Of the latest line of each client."""
    last: dict[int, float] = {}
    for line in lines.values():
        for version, when in line["last"].items():
            last[int(version)] = max(when, last.get(int(version), 0.0))
    return Seen(
        sum(line["requests"] for line in lines.values()),
        sum(line["failed"] for line in lines.values()),
        tuple(f"{name}: {error}" for name, line in lines.items() for error in line["errors"]),
        last,
    )


def _line(name: str) -> dict[str, Any]:
    log = kubectl("logs", name, "--tail=1")
    try:
        figures: dict[str, Any] = json.loads(log)
    except ValueError as error:
        raise ClusterError(f"{name} says {log!r}") from error
    return figures
