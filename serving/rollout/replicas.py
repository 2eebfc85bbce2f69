"""Every server that follows a model root, asked all at once.

Replicas are given as HOST:PORT, or as names that stand for several (a headless service); over TLS each shows
a certificate for the name that it was given by.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from serving.client import Client, Tls, VersionState
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


@dataclass(frozen=True)
class Replica:
    """One server, and how it is asked."""

    address: str
    """HOST:PORT."""
    tls: Tls | None = None
    """None: without TLS."""

    def client(self, model: str, label: str | None, deadline: float = _ANSWER) -> Client:
        """One that asks it for a model.

        Raises:
            TlsError: the files of `tls` cannot be used.
        """
        return Client(self.address, model=model, label=label, deadline=deadline, tls=self.tls)

    def states(self, model: str, deadline: float = _ANSWER) -> list[VersionState]:
        """What it says of each version; nothing for a model that it does not know.

        Raises:
            UnreachableError: it does not answer within `deadline` seconds.
            RequestError: its answer is none that a model server gives.
        """
        with self.client(model, None, deadline) as client:
            try:
                return client.status()
            except RequestError as error:
                if is_not_found(error.__cause__):
                    return []
                raise


@dataclass(frozen=True)
class Replicas:
    """All of them."""

    names: Sequence[str] = ()
    """HOST:PORT each, where HOST may stand for several (a headless service)."""
    tls: Tls | None = None

    def resolve(self) -> list[Replica]:
        """Every replica that the names stand for now, each once.

        gRPC's way of writing a name, `dns:///NAME:PORT`, is understood too. A name that is not known stays
        as it is: whoever asks it finds nobody there.
        """
        resolved: dict[str, Replica] = {}
        for name in (text.removeprefix("dns:///") for text in self.names):
            host = name.rpartition(":")[0].strip("[]")
            # A certificate is for the name that was given, not for an address behind it.
            by_name = replace(self.tls, name=host) if self.tls and not self.tls.name else self.tls
            for address in _addresses(name):
                resolved.setdefault(address, Replica(address, self.tls if address == name else by_name))
        return list(resolved.values())


def _addresses(name: str) -> list[str]:
    """HOST:PORT of each address that HOST:PORT stands for; itself if that is not known."""
    host, _, port = name.rpartition(":")
    try:
        known = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return [name]
    if host == "localhost":
        # One server, and ours listen on IPv4's address alone; on Debian IPv6's may come first.
        known = sorted(known, key=lambda endpoint: endpoint[0] is not socket.AF_INET)[:1]
    hosts = [str(endpoint[0]) for *_, endpoint in known]
    return [f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address in hosts]


def asked(replica: Replica, ask: Callable[[Replica], Said]) -> Said | ServingError:
    """What a replica says, or why it says nothing that can be used: no replica may hold the others up.

    Raises:
        RolloutRefusedError: `ask` refuses the whole change.
    """
    try:
        return ask(replica)
    except RolloutRefusedError:
        raise
    except ServingError as error:
        return error
    except Exception as error:
        return RequestError(f"{replica.address} cannot be understood ({type(error).__name__}: {error})")


def without_slow(behind: Behind) -> Behind:
    """All but those that took the connection and did not answer in time: they may yet."""
    return {
        address: error
        for address, error in behind.items()
        if not isinstance(error, UnreachableError) or is_absent(error.__cause__)
    }


def all_states(
    replicas: Sequence[Replica], model: str, *, patient: bool = True
) -> tuple[dict[str, list[VersionState]], Behind]:
    """What each replica says, and those that do not answer, or not at once where nobody is `patient`."""

    def ask(replica: Replica) -> list[VersionState]:
        return replica.states(model, _ANSWER if patient else _QUICK_ANSWER)

    addresses = [replica.address for replica in replicas]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(addresses, pool.map(lambda replica: asked(replica, ask), replicas), strict=True))
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
    replicas: Replicas,
    holds: Callable[[Replica], bool],
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

    def ask(replica: Replica) -> tuple[bool | ServingError, float]:
        return asked(replica, holds), time.monotonic() - started

    waited = Waited({}, {})
    held, behind = waited.held, waited.behind
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while waiting := [
            replica for replica in replicas.resolve() if replica.address not in {*held, *behind, *without}
        ]:
            answers = dict(zip((server.address for server in waiting), pool.map(ask, waiting), strict=True))
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
    replicas: Replicas,
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

    def loaded(replica: Replica) -> bool:
        state = next((state for state in replica.states(model) if state.version == version), None)
        if state is None or state.state in _COMING:
            return False
        if state.state == "AVAILABLE":
            return True
        # A server tells the failure of an earlier attempt until it has begun the next one.
        fresh = state not in seen.get(replica.address, ()) or time.monotonic() - started > _STALE
        if state.error_code and fresh:
            raise RolloutRefusedError(
                f"{replica.address} cannot load version {version} of {model}: {state.error_message}"
            )
        return False

    return until(replicas, loaded, end, patient=patient, without=without)


def until_unloaded(replicas: Replicas, model: str, version: int, end: float) -> Waited:
    """Wait until nobody has the version in memory."""

    def unloaded(replica: Replica) -> bool:
        return not any(state.version == version and state.state != "END" for state in replica.states(model))

    return until(replicas, unloaded, end, patient=True)


def until_labelled(
    replicas: Replicas,
    model: str,
    label: str,
    version: int | None,
    end: float,
    *,
    patient: bool,
    without: Collection[str] = (),
) -> Waited:
    """Wait until requests with the label are answered by the version, or refused if that is None."""

    def labelled(replica: Replica) -> bool:
        with replica.client(model, label) as client:
            try:
                return client.served_version() == version
            except RequestError:
                return version is None

    return until(replicas, labelled, end, patient=patient, without=without)


def until_unlabelled(
    replicas: Replicas, model: str, version: int, end: float, *, without: Collection[str] = ()
) -> Waited:
    """Wait until requests that name neither label nor version are answered by the version; one that does not
    answer is left behind."""

    def answers(replica: Replica) -> bool:
        with replica.client(model, None) as client:
            try:
                return client.served_version() == version
            except RequestError:
                return False

    return until(replicas, answers, end, patient=False, without=without)
