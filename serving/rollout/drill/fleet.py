"""The replicas of the drill: embedded model servers on one model root, each on ports that it keeps."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType

from serving import model_config
from serving.launch import LaunchOptions, RunningServer, launch
from serving.model_config import CANARY, STABLE
from serving.rollout import plan

_AGREE = 60.0  # seconds that replicas may take to load and unload what models.config says
_POLL = 0.1


class DrillError(Exception):
    """A step has not gone as it must."""


@dataclass(frozen=True)
class Serves:
    """What a replica has loaded, and what its labels mean."""

    versions: tuple[int, ...]
    stable: int | None
    canary: int | None

    def __str__(self) -> str:
        labels = {version: name for name, version in (("canary", self.canary), ("stable", self.stable))}
        return ", ".join(f"{version} {labels.get(version, '')}".strip() for version in self.versions)


class Fleet:
    """Starts, ends and asks the replicas; use it in a `with` statement."""

    def __init__(self, root: Path, model: str, count: int, poll_seconds: int) -> None:
        self._root, self._model = root, model
        # Patient: the machine of a drill may be busy, and a slow start or drain is no failure.
        self._options = LaunchOptions(poll_seconds=poll_seconds, ready_seconds=600, stop_seconds=180)
        self._count = count
        self._servers: list[RunningServer] = []

    def __enter__(self) -> Fleet:
        with ThreadPoolExecutor(self._count) as pool:
            started = [pool.submit(self._launch, self._options) for _ in range(self._count)]
        # Those that came up are ours to stop also where another did not.
        self._servers = [future.result() for future in started if future.exception() is None]
        for future in started:
            error = future.exception()
            if error is not None:
                self._stop_all()
                raise error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_all()

    def _launch(self, options: LaunchOptions) -> RunningServer:
        return launch(self._root, backend="embedded", options=options)

    def _stop_all(self) -> None:
        with ThreadPoolExecutor(self._count) as pool:
            list(pool.map(RunningServer.stop, self._servers))

    @property
    def addresses(self) -> list[str]:
        """HOST:PORT of each, always the same."""
        return [server.address for server in self._servers]

    @property
    def target(self) -> str:
        """All of them for a gRPC client, as a headless service would be."""
        return f"ipv4:{','.join(self.addresses)}"

    def drain(self, number: int) -> None:
        """SIGTERM, and wait until it has gone.

        Raises:
            DrillError: it had to be killed, or left with another code than 0.
        """
        code = self._servers[number].stop()
        if code != 0:
            raise DrillError(f"{self.addresses[number]} left with code {code} after SIGTERM")

    def kill(self, number: int) -> None:
        """SIGKILL, and wait until it has gone."""
        os.kill(self._servers[number].pid, signal.SIGKILL)
        self._servers[number].wait()
        self._servers[number].stop()

    def start(self, number: int) -> None:
        """Start it again on its ports, and wait until it answers."""
        ports = [
            int(address.rpartition(":")[2])
            for address in (self._servers[number].address, self._servers[number].rest_address)
        ]
        options = replace(self._options, grpc_port=ports[0], rest_port=ports[1])
        self._servers[number] = self._launch(options)

    def serves(self) -> dict[str, Serves]:
        """What each replica says of itself."""
        return {
            server.address: Serves(
                tuple(
                    sorted(
                        version
                        for version, state in server.versions(self._model).items()
                        if state == "AVAILABLE"
                    )
                ),
                server.labelled(self._model, STABLE),
                server.labelled(self._model, CANARY),
            )
            for server in self._servers
        }

    def agreed(self) -> dict[str, Serves]:
        """What each serves once all serve what models.config says, and nothing else.

        Raises:
            DrillError: they do not in time.
        """
        wanted = self.configured()
        end = time.monotonic() + _AGREE
        while True:
            serves = self.serves()
            if all(served == wanted for served in serves.values()):
                return serves
            if time.monotonic() > end:
                answers = "; ".join(f"{address}: {served}" for address, served in serves.items())
                raise DrillError(f"the replicas do not agree on {wanted}: {answers}")
            time.sleep(_POLL)

    def configured(self) -> Serves:
        """What models.config says."""
        part = model_config.find_model(model_config.read(self._root), self._model)
        labels = {} if part is None else dict(part.version_labels)
        return Serves(tuple(sorted(plan.listed(part))), labels.get(STABLE), labels.get(CANARY))


def as_json(serves: dict[str, Serves]) -> dict[str, object]:
    """For scripts."""
    return {address: asdict(served) for address, served in serves.items()}
