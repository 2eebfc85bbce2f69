"""What the contract's tests share: toys, a server, and a way to change what it serves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tensorflow_serving.config import model_server_config_pb2

from tests.contract import server as under_test
from tests.contract.server import Client, Process, add_model, running
from tests.contract.toys import Versions

FLAGS = (
    "--file_system_poll_wait_seconds=1",
    "--max_num_load_retries=0",
    "--load_retry_interval_micros=100000",
    "--grpc_max_threads=64",
)
SERVED = "contract"
"""The model that is always there: versions 1 and 2, labels stable -> 1 and canary -> 2."""


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return Versions(tmp_path_factory.mktemp("toys"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts a server with flags of the test's own."""
    if under_test.ADDRESS:
        pytest.skip("needs a server with flags of its own; MODEL_SERVER_ADDRESS names one that runs already")
    processes: list[Process] = []

    def begin(*flags: str) -> Process:
        processes.append(Process([*FLAGS, *flags], tmp_path / f"server-{len(processes)}.log"))
        return processes[-1]

    yield begin
    for process in processes:
        process.stop()


@pytest.fixture(scope="session")
def _server(
    tmp_path_factory: pytest.TempPathFactory, versions: Versions
) -> Iterator[tuple[Client, Path | None]]:
    """A client of the server that most tests share, and the folder that this server and we both see."""
    if under_test.ADDRESS:
        root = Path(under_test.ROOT) / f"contract-{uuid.uuid4().hex}" if under_test.ROOT else None
        client = Client(under_test.ADDRESS, under_test.REST_ADDRESS)
        yield client, root
        client.close()
        return
    root = tmp_path_factory.mktemp("served")
    for version in (1, 2):
        versions.push(root / SERVED, version)
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, SERVED, root / SERVED, versions=[1, 2])
    (root / "models.config").write_text(str(config))
    (root / "monitoring.config").write_text("prometheus_config { enable: true }\n")
    flags = [
        *FLAGS,
        f"--model_config_file={root}/models.config",
        f"--monitoring_config_file={root}/monitoring.config",
    ]
    with running(flags, root / "server.log") as process:
        process.wait_until_open()
        client = process.client()
        yield client, root
        client.close()


@pytest.fixture(scope="session")
def client(_server: tuple[Client, Path | None]) -> Client:
    """A client of a server of which nothing more is known."""
    return _server[0]


class Fleet:
    """What the shared server serves: SERVED, and the models that tests add to it."""

    def __init__(self, client: Client, root: Path, versions: Versions) -> None:
        self.client = client
        self.versions = versions
        self.root = root
        self._others: dict[str, model_server_config_pb2.ModelServerConfig] = {}
        self.set(SERVED, versions=[1, 2])
        for version in (1, 2):
            client.wait_for_state(SERVED, version, under_test.State.AVAILABLE)
        self.set(SERVED, versions=[1, 2], labels={"stable": 1, "canary": 2})

    def path(self, name: str) -> Path:
        return self.root / name

    def config(self) -> model_server_config_pb2.ModelServerConfig:
        """What was set last."""
        config = model_server_config_pb2.ModelServerConfig()
        config.model_config_list.SetInParent()
        for model in self._others.values():
            config.MergeFrom(model)
        return config

    def set(self, name: str, **how: object) -> None:
        """Serve a model in this way, beside the others; a refused change is not kept."""
        before = self._others.get(name)
        self._others[name] = model_server_config_pb2.ModelServerConfig()
        add_model(self._others[name], name, self.path(name), **how)  # type: ignore[arg-type]
        try:
            self.client.reload(self.config())
        except Exception:
            del self._others[name]
            if before is not None:
                self._others[name] = before
            raise

    def remove(self, name: str) -> None:
        """Serve it no longer."""
        if self._others.pop(name, None) is not None:
            self.client.reload(self.config())


@pytest.fixture(scope="session")
def _fleet(_server: tuple[Client, Path | None], versions: Versions) -> Fleet:
    client, root = _server
    if root is None:
        pytest.skip(
            "needs models of its own on the server; give MODEL_SERVER_ROOT, a folder that it sees too"
        )
    if not (root / SERVED).exists():
        for version in (1, 2):
            versions.push(root / SERVED, version)
    return Fleet(client, root, versions)


@pytest.fixture
def fleet(_fleet: Fleet) -> Fleet:
    return _fleet


@pytest.fixture
def model(_fleet: Fleet) -> Iterator[str]:
    """A name of the test's own; the model is taken away again."""
    name = f"m{uuid.uuid4().hex[:10]}"
    yield name
    _fleet.remove(name)


@pytest.fixture
def rest(client: Client) -> Client:
    if not client.rest_address:
        pytest.skip("needs the REST interface; give MODEL_SERVER_REST_ADDRESS")
    return client
