"""A gateway in a process of its own, on a free port, in front of a model server that answers in capitals."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from serving.gateway.database import keys
from serving.gateway.database.database import Database
from tests.serving.fake_server import FakeServer, push
from tests.serving.gateway.browser import CHROMIUM, Browser

REPOSITORY = Path(__file__).resolve().parents[3]
CONFIG = """model_config_list {{ config {{
  name: "m" base_path: "{root}/m" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
  version_labels {{ key: "stable" value: {stable} }} version_labels {{ key: "canary" value: {canary} }}
}} }}
"""
_APART = """model_config_list {{ config {{
  name: "m" base_path: "{root}/m" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 1 }} }} version_labels {{ key: "stable" value: 1 }}
}} config {{
  name: "m-canary" base_path: "{root}/m" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 2 }} }} version_labels {{ key: "canary" value: 2 }}
}} }}
"""
DIRECTIONS = [("en", "de"), ("de", "en"), ("en", "fr")]


@dataclass
class Gateway:
    """One that runs."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    grpc: str
    """HOST:PORT; empty: it has none."""

    def post(self, path: str, **values: Any) -> requests.Response:
        return requests.post(self.url + path, json=values, timeout=30)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=30)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextlib.contextmanager
def started(folder: Path, **settings: Any) -> Iterator[Gateway]:
    """A gateway with these settings, ended by SIGTERM, which has to leave with 0."""
    folder.mkdir(exist_ok=True)
    file, log = folder / "gateway.yaml", folder / "log"
    defaults = {"port": 0, "database": f"sqlite:///{folder}/gateway.sqlite"}
    file.write_text(yaml.safe_dump({**defaults, **settings}))
    command = [sys.executable, "-m", "dragoman", "gateway", "--settings", str(file), "--json"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=errors, env={**os.environ}
        )
    try:
        assert process.stdout is not None
        said = b""
        while not said.endswith(b"}\n"):
            line = process.stdout.readline()
            assert line, log.read_text()
            said += line
        places = json.loads(said)
        yield Gateway(places["address"], process, log, places.get("grpc", ""))
        process.terminate()
        assert process.wait(120) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def locked_gateway(folder: Path, fake: FakeServer) -> Iterator[tuple[Gateway, str]]:
    """One that wants keys, and the secret of a key for translations without a limit."""
    url = f"sqlite:///{folder}/gateway.sqlite"
    database = Database(url)
    secret = keys.add(database, "anna", ["translate"], None, None)
    database.close()
    with started(folder, address=fake.address, model_root=str(fake.root), database=url, keys=True) as running:
        yield running, secret


def label(root: Path, stable: int, canary: int) -> None:
    """Write models.config, as a rollout does."""
    beside = root / "models.config.new"
    beside.write_text(CONFIG.format(root=root, stable=stable, canary=canary))
    beside.rename(root / "models.config")


def label_apart(root: Path) -> None:
    """As `label`, of `dragoman canary m 2 --apart` beside version 1, which is stable."""
    (root / "models.config").write_text(_APART.format(root=root))


def model_server(root: Path, optional: Sequence[str] = ()) -> FakeServer:
    """Version 1 is stable, 2 canary: both put sources in capitals, 2 with `v2:` before. `optional`: the
    signatures that the cards name beside those that all have.
    """
    for version in (1, 2):
        push(root, version)
        extra = root / "m" / str(version) / "assets.extra"
        extra.mkdir()
        directions = [{"source_language": a, "target_language": b} for a, b in DIRECTIONS]
        card = {"directions": directions, "optional_signatures": optional}
        (extra / "model_card.json").write_text(json.dumps(card))
    label(root, 1, 2)
    server = FakeServer(root)
    server.translate[2] = lambda source: f"v2:{source.upper()}"
    return server


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    server = model_server(tmp_path_factory.mktemp("models"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gateway(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with started(folder, address=fake.address, model_root=str(fake.root), grpc_port=0) as running:
        yield running


@pytest.fixture
def clean_fake(fake: FakeServer) -> Iterator[FakeServer]:
    """The model server, whose accidents end with the test."""
    yield fake
    fake.delay.clear()
    fake.failing.clear()
    fake.unavailable = 0


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (Debian: apt install chromium)")
    running = Browser(tmp_path_factory.mktemp("browser"))
    running.resize(1280)
    yield running
    running.close()
