"""What keeps a gateway from starting, or from translating, is said with its cause and its cure."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import DragomanError
from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.core.greeting import greet
from serving.gateway.core.offer import Offers, Route
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.database.database import Database, DatabaseError
from serving.gateway.main import check
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer, push


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody has."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        yield somebody.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port: int = nobody.getsockname()[1]
        return port


def _settings(**values: Any) -> GatewaySettings:
    return GatewaySettings.load(None, database="sqlite://", **values)


def test_what_is_in_the_way_is_known_beforehand(taken: int, tmp_path: Path) -> None:
    none = str(tmp_path / "none.pem")
    for said, words in (
        ({"port": taken}, r"Address already in use\): another gateway may have it; give another --port"),
        ({"host": "nowhere.invalid"}, "give another --host or --port"),
        ({"port": 0, "tls": {"certificate": none, "key": none}}, "none.pem .*No such file"),
        ({"port": 0, "model_tls": {"ca": none}}, "none.pem .*No such file"),
        ({"port": 0, "grpc_port": taken}, "for gRPC: give another --grpc-port"),
        ({"port": 0, "interfaces": ["telegraph"]}, "no interface `telegraph`"),
    ):
        with pytest.raises(DragomanError, match=words) as refused:
            check(_settings(**said))
        assert refused.value.exit_code == 3
    check(_settings(port=0))
    check(_settings(port=0, grpc_port=0))


def test_the_commands_say_that_a_port_is_taken(taken: int, tmp_path: Path) -> None:
    """The one that has models to load, before it loads them."""
    database = {"DRAGOMAN_DATABASE": f"sqlite:///{tmp_path}/gateway.sqlite"}
    for command in (
        ["gateway", "--port", taken, "--model-root", tmp_path],
        ["serve", tmp_path, "--gateway", "--gateway-port", taken],
    ):
        done = dragoman(*command, environment=database)
        assert done.returncode == 3
        (line,) = done.stderr.decode().splitlines()
        assert f"cannot listen on 127.0.0.1:{taken} (Address already in use)" in line


def test_a_database_that_cannot_be_opened_is_named_with_the_reason_alone(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as refused:
        Database(f"sqlite:///{tmp_path}/nowhere/gateway.sqlite")
    assert "nowhere/gateway.sqlite ((sqlite3.OperationalError) unable to open database file): see" in str(
        refused.value
    )


def test_why_nothing_is_offered_is_said(tmp_path: Path) -> None:
    root = tmp_path / "models"

    def lack(**values: Any) -> str:
        return Offers(_settings(**{"model_root": root, **values})).lack

    assert lack() == f"there is no folder {root}: give --model-root, where models were pushed to"
    root.mkdir()
    assert lack() == f"{root} holds no model: push one, and it is offered by itself"
    push(root, 1)
    assert "a version with the label canary whose card names its languages" in lack(label="canary")
    (root / "models.config").write_text("no configuration")
    assert "models.config" in lack()
    assert lack(models=[{"name": "m", "source": "en", "targets": ["de"]}]) == ""


def test_model_servers_that_do_not_answer_are_named_in_the_log(
    fake: FakeServer, free: int, caplog: pytest.LogCaptureFixture
) -> None:
    addresses = [f"127.0.0.1:{free}", fake.address]
    routes = [Route(*pair, "m", address) for address in addresses for pair in (("en", "de"), ("de", "en"))]
    with caplog.at_level(logging.WARNING):
        asyncio.run(greet(routes, None))
    [record] = caplog.records
    assert f"no model server answers at 127.0.0.1:{free}" in record.fields["reason"]  # type: ignore[attr-defined]
    assert "`dragoman serve`" in record.fields["reason"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "port: 2026-99-99",
        "port: 0b_",
        "port: !!int a",
        "port: !!timestamp a",
        'host: "\\UFFFFFFFF"',
        "a: " + "[" * 3000,
        "limits: {document_hours: 1e300}",
        "poll_seconds: 1e300",
    ],
)
def test_settings_that_say_nothing_are_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    with pytest.raises(GatewaySettingsError, match=r"gateway\.yaml"):
        GatewaySettings.load(file)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("port: 1\nkeys: true\nport: 2\n", ("3", "port", "1")),
        ("limits:\n  running: 1\n  texts: 2\n  running: 3\n", ("4", "running", "2")),
        ("models:\n- {name: a, source: en, targets: [de], name: b}\n", ("2", "name", "2")),
    ],
)
def test_a_key_that_is_given_twice_is_refused(tmp_path: Path, text: str, lines: tuple[str, str, str]) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    line, key, first = lines
    with pytest.raises(
        GatewaySettingsError, match=f"line {line}: `{key}` is given twice, first in line {first}"
    ):
        GatewaySettings.load(file)


def test_what_is_merged_may_be_overruled(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "models:\n"
        "- &a {name: a, source: en, targets: [de]}\n"
        "- &b {<<: *a, name: b}\n"
        "- {<<: *b, name: c, targets: [fr]}\n"
    )
    models = GatewaySettings.load(file).models
    assert [(model.name, model.source, model.targets) for model in models] == [
        ("a", "en", ("de",)),
        ("b", "en", ("de",)),
        ("c", "en", ("fr",)),
    ]
