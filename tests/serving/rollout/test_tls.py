"""Rollouts ask replicas over TLS, and over mutual TLS: in a program, by the command line, for operators."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from contracts.errors import DragomanError
from dragoman.commands import canary, promote, repair, versions
from serving.client import Tls
from serving.errors import CanaryWithdrawnError, TlsError, UnreachableError
from serving.gateway.core.admission import Admission
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.web.operators import LabelRequest, Operators
from serving.rollout import Rollout, history
from serving.rollout.quality import JudgedSentence
from serving.rollout.replicas import Replica, Replicas
from serving.rollout.watch import Watch
from tests.certificates import Authority
from tests.serving.fake_server import FakeServer, push

NAME = "models.test"
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[FakeServer]:
    """It answers nobody without a certificate; versions 1, 2 and 3 are on disk."""
    for version in (1, 2, 3):
        push(tmp_path / "models", version)
    running = FakeServer(tmp_path / "models", credentials=authority.server_credentials())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def ours(authority: Authority) -> Tls:
    return Tls(authority.ca, *authority.issue("rollouts"))


@pytest.fixture
def command() -> Command:
    """The commands that ask replicas, in this process."""
    app = typer.Typer()
    for module in (canary, promote, repair, versions):
        module.register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def _options(server: FakeServer, tls: Tls) -> list[Any]:
    asked = ["--model-root", server.root, "--replica", server.address, "--timeout", 30]
    return [*asked, "--tls-ca", tls.ca, "--tls-certificate", tls.certificate, "--tls-key", tls.key]


def _actions(root: Path) -> list[str]:
    return [change.action for change in history.changes(root, "m")]


def test_each_command_asks_replicas_over_mutual_tls(
    server: FakeServer, ours: Tls, command: Command, tmp_path: Path
) -> None:
    options, sentences = _options(server, ours), tmp_path / "sentences"
    sentences.write_text("one\ntwo\n")
    for arguments in (["promote", "m", 1], ["promote", "m", 2], ["canary", "m", 3], ["canary", "m", "none"]):
        done = command(*arguments, *options, "--json")
        assert done.exit_code == 0, done.exception
        assert list(json.loads(done.stdout)["followed"]) == [server.address]
    server.failing = {3}
    with_watch = ["--watch", "60s", "--sentences", sentences]
    assert isinstance(command("canary", "m", 3, *options, *with_watch).exception, CanaryWithdrawnError)
    assert command("rollback", "m", *options).exit_code == 0
    asked = ["versions", server.root, *options[2:4], *options[6:], "--json"]
    loaded = [row["loaded"][server.address] for row in json.loads(command(*asked).stdout)]
    assert loaded == ["AVAILABLE", None, None]
    assert command("retire", "m", 3, *options).exit_code == 0
    assert not (server.root / "m" / "3").exists()
    (server.root / "models.config").write_text("no configuration")
    server.frozen = True  # It keeps what it has, as a server does that cannot read the file.
    repaired = json.loads(command("repair", *options, "--json").stdout)
    assert (repaired["stable"], repaired["behind"]) == ({"m": 1}, {})
    assert _actions(server.root) == [
        *("promote", "promote", "canary", "withdraw", "canary", "withdraw", "rollback", "retire", "repair")
    ]


def test_the_environment_says_it_for_all_of_them(
    server: FakeServer, ours: Tls, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the Jobs of a cluster."""
    for name, value in (
        ("MODEL_ROOT", server.root),
        ("REPLICAS", f"localhost:{server.port}"),
        ("TLS_CA", ours.ca),
        ("TLS_CERTIFICATE", ours.certificate),
        ("TLS_KEY", ours.key),
        ("TLS_NAME", "127.0.0.1"),
    ):
        monkeypatch.setenv(f"DRAGOMAN_{name}", str(value))
    done = command("promote", "m", 1)
    assert done.exit_code == 0, done.exception


def test_who_is_not_believed_or_not_known_changes_nothing(
    server: FakeServer, authority: Authority, ours: Tls, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "other")
    for tls, why in (
        (None, "one that wants TLS, or a certificate of ours, hangs up so"),
        (Tls(authority.ca), "or a certificate of ours, hangs up so"),
        (Tls(stranger.ca, ours.certificate, ours.key), "no TLS with .*CERTIFICATE_VERIFY_FAILED"),
    ):
        with pytest.raises(UnreachableError, match=f"nothing was changed.*{why}"):
            Rollout(server.root, [server.address], timeout=5, tls=tls).promote("m", 1)
    assert not (server.root / "models.config").exists()


def test_a_replica_behind_a_name_shows_a_certificate_for_the_name(
    authority: Authority, ours: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pods behind a headless service, whose addresses nobody knows beforehand."""
    push(tmp_path, 1)
    first = FakeServer(tmp_path, credentials=authority.server_credentials(NAME))
    second = FakeServer(tmp_path, first.port, "127.0.0.2", authority.server_credentials(NAME))
    real = socket.getaddrinfo

    def lookup(host: str, *arguments: Any, **options: Any) -> Any:
        hosts = ["127.0.0.1", "127.0.0.2"] if host == NAME else [host]
        return [place for host in hosts for place in real(host, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    try:
        outcome = Rollout(tmp_path, [f"{NAME}:{first.port}"], timeout=30, tls=ours).promote("m", 1)
        assert sorted(outcome.followed) == [first.address, second.address]
        with pytest.raises(UnreachableError, match=r"no TLS with 127\.0\.0\.1:\d+ \((Peer name|Hostname)"):
            Rollout(tmp_path, [first.address], timeout=5, tls=ours).promote("m", 1)
        named = Tls(ours.ca, ours.certificate, ours.key, NAME)
        assert Rollout(tmp_path, [first.address], timeout=30, tls=named).promote("m", 1).followed
    finally:
        first.stop()
        second.stop()


def test_a_watch_asks_both_labels_over_tls(server: FakeServer, ours: Tls) -> None:
    rollout = Rollout(server.root, [server.address], timeout=30, tls=ours)
    rollout.promote("m", 1)
    rollout.canary("m", 2)
    server.failing = {2}
    with pytest.raises(CanaryWithdrawnError, match="the graph is broken"):
        Watch(rollout, "m", 2, [JudgedSentence("one")]).run(60)
    assert server.answered[1] > 0


def test_a_replica_that_cannot_be_asked_does_not_end_a_watch(
    server: FakeServer, ours: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = Rollout(server.root, [server.address], timeout=30, tls=ours)
    rollout.promote("m", 1)
    rollout.canary("m", 2)
    server.failing = {2}
    late = Replica("127.0.0.1:1", Tls(tmp_path / "none.pem"))
    watch = Watch(rollout, "m", 2, [JudgedSentence("one")])
    resolve = Replicas.resolve

    def resolve_later(replicas: Replicas) -> list[Replica]:
        return [*resolve(replicas), *([late] if watch.comparison.canary.requests else [])]

    monkeypatch.setattr(Replicas, "resolve", resolve_later)
    with pytest.raises(CanaryWithdrawnError, match="the graph is broken"):
        watch.run(60)


def test_operators_ask_as_their_gateway_does(server: FakeServer, ours: Tls) -> None:
    model_tls = {"ca": str(ours.ca), "certificate": str(ours.certificate), "key": str(ours.key)}
    settings = GatewaySettings.load(
        None, address=server.address, model_root=server.root, model_tls=model_tls, database="sqlite://"
    )
    operators = Operators(settings, Offers(settings), Metrics(Admission(1, 0)))
    wanted = LabelRequest("promote", "m", 1)
    done = operators.act(wanted, operators.plan(wanted)["plan"], "anna")
    assert list(done["followed"]) == [server.address]
    (model,) = operators.state()["models"]
    assert model["versions"][0]["loaded"] == {server.address: "AVAILABLE"}


def test_what_is_no_certificate_is_said_before_anything_is_changed(
    server: FakeServer, ours: Tls, command: Command, tmp_path: Path
) -> None:
    common = ["promote", "m", 1, "--model-root", server.root, "--replica", server.address]
    none = tmp_path / "none.pem"
    refused = command(*common, "--tls-ca", none).exception
    assert isinstance(refused, TlsError)
    assert "none.pem" in str(refused)
    assert isinstance(refused, DragomanError)
    assert refused.exit_code == 3
    half = command(*common, "--tls-ca", ours.ca, "--tls-key", ours.key)
    assert (half.exit_code, "go together" in half.output) == (2, True)
    assert not (server.root / "models.config").exists()
