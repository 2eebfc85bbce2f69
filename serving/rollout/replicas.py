"""Every server that follows a model root, asked one by one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from serving.client import Client, VersionState
from serving.errors import RequestError, RolloutRefusedError, UnreachableError

_POLL = 0.1  # seconds
_ANSWER = 5.0  # seconds that a replica may take to answer
_COMING = ("UNKNOWN", "START", "LOADING")


def resolve(addresses: Sequence[str]) -> list[str]:
    """HOST:PORT of every replica; a name of several addresses (a headless service) stands for all of them.

    Raises:
        UnreachableError: a name is not known.
    """
    found: list[str] = []
    for address in addresses:
        host, _, port = address.rpartition(":")
        try:
            known = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            raise UnreachableError(f"{address} is no HOST:PORT of a model server: {error}") from error
        if host == "localhost":
            known = known[:1]
        for *_, endpoint in known:
            name = str(endpoint[0])
            found.append(f"[{name}]:{port}" if ":" in name else f"{name}:{port}")
    return list(dict.fromkeys(found))


def states(address: str, model: str) -> list[VersionState]:
    """What a replica says of each version; nothing for a model that it does not know.

    Raises:
        UnreachableError: it does not answer.
    """
    with Client(address, model=model, label=None, deadline=_ANSWER) as client:
        try:
            return client.status()
        except RequestError:
            return []


def _loaded(address: str, model: str, version: int) -> bool:
    found = {one.version: one for one in states(address, model)}.get(version)
    if found is None or found.state in _COMING:
        return False
    if found.state == "AVAILABLE":
        return True
    if found.error_code:
        raise RolloutRefusedError(
            f"{address} cannot load version {version} of {model}: {found.error_message}"
        )
    return False


def _labelled(address: str, model: str, label: str, version: int) -> bool:
    with Client(address, model=model, label=label, deadline=_ANSWER) as client:
        try:
            return client.served_version() == version
        except RequestError:
            return False


def _wait(addresses: Sequence[str], holds: Callable[[str], bool], what: str, end: float) -> None:
    waiting = list(addresses)
    with ThreadPoolExecutor(max(len(waiting), 1)) as pool:
        while waiting:
            held = pool.map(holds, waiting)
            waiting = [address for address, done in zip(waiting, held, strict=True) if not done]
            if waiting and time.monotonic() > end:
                raise RolloutRefusedError(f"{what} was not seen in time on {', '.join(waiting)}")
            if waiting:
                time.sleep(_POLL)


def wait_until_loaded(addresses: Sequence[str], model: str, version: int, end: float) -> None:
    """Until the version is AVAILABLE everywhere, or `end` (monotonic seconds).

    Raises:
        RolloutRefusedError: one cannot load it, or not in time.
        UnreachableError: one does not answer.
    """
    _wait(addresses, lambda one: _loaded(one, model, version), f"version {version} of {model}", end)


def wait_until_unloaded(addresses: Sequence[str], model: str, version: int, end: float) -> None:
    """Until nobody serves the version, or `end`."""

    def unloaded(address: str) -> bool:
        return not any(one.version == version and one.state != "END" for one in states(address, model))

    _wait(addresses, unloaded, f"version {version} of {model} unloaded", end)


def wait_until_labelled(addresses: Sequence[str], model: str, label: str, version: int, end: float) -> None:
    """Until the label answers with the version everywhere, or `end`."""
    _wait(
        addresses, lambda one: _labelled(one, model, label, version), f"{label} of {model} as {version}", end
    )
