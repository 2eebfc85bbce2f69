"""Every server that follows a model root, asked all at once.

Replicas are given as HOST:PORT, or as names that stand for several (a headless service).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from serving.client import Client, VersionState
from serving.client.failures import is_absent, is_not_found
from serving.errors import RequestError, RolloutRefusedError, ServingError, UnreachableError

_POLL = 0.1  # seconds
_ANSWER = 5.0  # seconds that a replica may take to answer
_QUICK_ANSWER = 0.5  # seconds, where a replica that hangs must not hold the others up
_STALE = 5.0  # seconds after which an error that was there before is taken for a new one
_AT_ONCE = 64  # replicas asked at the same time
_COMING = ("UNKNOWN", "START", "LOADING")

Said = TypeVar("Said")
Behind = dict[str, ServingError]
"""By address: the replicas that do not follow, and why."""


def resolve(addresses: Sequence[str]) -> list[str]:
    """HOST:PORT of every replica; a name of several addresses (a headless service) stands for all of them.

    gRPC's way of writing a name, `dns:///NAME:PORT`, is understood too. A name that is not known stays as it
    is: whoever asks it finds nobody there.
    """
    replicas: list[str] = []
    for address in (text.removeprefix("dns:///") for text in addresses):
        host, _, port = address.rpartition(":")
        try:
            known = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except (OSError, ValueError):
            replicas.append(address)
            continue
        if host == "localhost":
            known = known[:1]
        for *_, endpoint in known:
            name = str(endpoint[0])
            replicas.append(f"[{name}]:{port}" if ":" in name else f"{name}:{port}")
    return list(dict.fromkeys(replicas))


def asked(address: str, ask: Callable[[str], Said]) -> Said | ServingError:
    """What a replica says, or why it says nothing that can be used: no replica may hold the others up.

    Raises:
        RolloutRefusedError: `ask` refuses the whole change.
    """
    try:
        return ask(address)
    except RolloutRefusedError:
        raise
    except ServingError as error:
        return error
    except Exception as error:
        return RequestError(f"{address} cannot be understood ({type(error).__name__}: {error})")


def states(address: str, model: str, deadline: float = _ANSWER) -> list[VersionState]:
    """What a replica says of each version; nothing for a model that it does not know.

    Raises:
        UnreachableError: it does not answer within `deadline` seconds.
        RequestError: its answer is none that a model server gives.
    """
    with Client(address, model=model, label=None, deadline=deadline) as client:
        try:
            return client.status()
        except RequestError as error:
            if is_not_found(error.__cause__):
                return []
            raise


def without_slow(behind: Behind) -> Behind:
    """All but those that took the connection and did not answer in time: they may yet."""
    return {
        address: error
        for address, error in behind.items()
        if not isinstance(error, UnreachableError) or is_absent(error.__cause__)
    }


def all_states(
    replicas: Sequence[str], model: str, *, patient: bool = True
) -> tuple[dict[str, list[VersionState]], Behind]:
    """What each replica says, and those that do not answer, or not at once where nobody is `patient`."""

    def ask(address: str) -> list[VersionState]:
        return states(address, model, _ANSWER if patient else _QUICK_ANSWER)

    addresses = resolve(replicas)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(addresses, pool.map(lambda address: asked(address, ask), addresses), strict=True))
    silent: Behind = {
        address: answer for address, answer in answers.items() if isinstance(answer, ServingError)
    }
    return {address: answer for address, answer in answers.items() if isinstance(answer, list)}, silent


@dataclass(frozen=True)
class Waited:
    """How a wait for all replicas has ended."""

    held: dict[str, float]
    """By address: seconds after which it held there."""
    behind: Behind


def until(
    replicas: Sequence[str],
    holds: Callable[[str], bool],
    end: float,
    *,
    patient: bool,
    without: Collection[str] = (),
) -> Waited:
    """Wait until it holds on every replica but those `without`, or until `end` (monotonic seconds).

    Names are looked up every time: a replica that is replaced meanwhile is not waited for any longer, and
    the one in its place is. One that does not answer is asked again when `patient`, and otherwise left
    behind. A RolloutRefusedError of `holds` goes to the caller.
    """
    started = time.monotonic()

    def ask(address: str) -> tuple[bool | ServingError, float]:
        return asked(address, holds), time.monotonic() - started

    waited = Waited({}, {})
    held, behind = waited.held, waited.behind
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while waiting := [
            address for address in resolve(replicas) if address not in {*held, *behind, *without}
        ]:
            answers = dict(zip(waiting, pool.map(ask, waiting), strict=True))
            late = time.monotonic() > end
            for address, (answer, seconds) in answers.items():
                if answer is True:
                    held[address] = seconds
                elif isinstance(answer, ServingError):
                    if late or not patient:
                        behind[address] = answer
                elif late:
                    behind[address] = RolloutRefusedError(f"{address} did not follow in time")
            if any(address not in held and address not in behind for address in answers):
                time.sleep(_POLL)
    return waited


def failed(seen: dict[str, list[VersionState]], version: int) -> bool:
    """Whether some replica has tried the version in vain."""
    return any(state.version == version and state.error_code for states in seen.values() for state in states)


def until_loaded(
    replicas: Sequence[str],
    seen: dict[str, list[VersionState]],
    model: str,
    version: int,
    end: float,
    *,
    patient: bool,
    without: Collection[str] = (),
) -> Waited:
    """Wait until the version is AVAILABLE; `seen` are the replicas' states before it was asked for.

    Raises:
        RolloutRefusedError: one cannot load it.
    """
    started = time.monotonic()

    def loaded(address: str) -> bool:
        state = next((state for state in states(address, model) if state.version == version), None)
        if state is None or state.state in _COMING:
            return False
        if state.state == "AVAILABLE":
            return True
        # A server tells the failure of an earlier attempt until it has begun the next one.
        fresh = state not in seen.get(address, ()) or time.monotonic() - started > _STALE
        if state.error_code and fresh:
            raise RolloutRefusedError(
                f"{address} cannot load version {version} of {model}: {state.error_message}"
            )
        return False

    return until(replicas, loaded, end, patient=patient, without=without)


def until_unloaded(replicas: Sequence[str], model: str, version: int, end: float) -> Waited:
    """Wait until nobody has the version in memory."""

    def unloaded(address: str) -> bool:
        return not any(state.version == version and state.state != "END" for state in states(address, model))

    return until(replicas, unloaded, end, patient=True)


def until_labelled(
    replicas: Sequence[str],
    model: str,
    label: str,
    version: int | None,
    end: float,
    *,
    patient: bool,
    without: Collection[str] = (),
) -> Waited:
    """Wait until requests with the label are answered by the version, or refused if that is None."""

    def labelled(address: str) -> bool:
        with Client(address, model=model, label=label, deadline=_ANSWER) as client:
            try:
                return client.served_version() == version
            except RequestError:
                return version is None

    return until(replicas, labelled, end, patient=patient, without=without)


def until_unlabelled(
    replicas: Sequence[str], model: str, version: int, end: float, *, without: Collection[str] = ()
) -> Waited:
    """Wait until requests that name neither label nor version are answered by the version; one that does not
    answer is left behind."""

    def answers(address: str) -> bool:
        with Client(address, model=model, label=None, deadline=_ANSWER) as client:
            try:
                return client.served_version() == version
            except RequestError:
                return False

    return until(replicas, answers, end, patient=False, without=without)
