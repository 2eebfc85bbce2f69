"""kill -9 of gateway, model server and database under clients, as the benchmark rehearses it with more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.gateway_accidents import Clients, Seen, kill_in_turn, stored
from benchmarks.gateway_calls import GrpcCaller, HttpCaller, PredictCaller
from benchmarks.gateway_processes import GatewayProcess, PostgresProcess, running
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import model_server


@dataclass
class _Stopped:
    """The tests' model server, cut off as if it had been killed, and back on its port."""

    server: FakeServer
    name: str = "model server"
    is_away: bool = False

    def start(self) -> None:
        if self.is_away:
            self.server, self.is_away = FakeServer(self.server.root, self.server.port), False

    def kill(self) -> None:
        self.server.stop()
        self.is_away = True

    def stop(self) -> None:
        self.server.stop()


def test_no_answer_is_wrong_and_no_accepted_suggestion_lost(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    server = _Stopped(model_server(tmp_path / "models"))
    try:
        databases = [PostgresProcess()]
    except FileNotFoundError:
        databases = []
    settings = {"database": databases[0].url} if databases else {}
    gateway = GatewayProcess(
        tmp_path / "gateway",
        address=server.server.address,
        model_root=str(server.server.root),
        **settings,
    )
    with running(*databases, server, gateway):
        ways = HttpCaller(gateway.url), GrpcCaller(gateway.grpc), PredictCaller(server.server.address, "m")
        for way in ways:
            assert way.translate("A small dog runs home.") == "A SMALL DOG RUNS HOME."
            way.close()
        with Clients(gateway.url, 4, str.upper) as clients:
            kill_in_turn(clients, [gateway, server, *databases], 0.2)
        seen = clients.seen
        seen.compare(stored(str(gateway.settings["database"])))
    assert (seen.wrong, seen.lost, seen.doubled) == ([], [], [])
    assert seen.accepted
    assert set(seen.statuses) == {
        "nothing",
        "gateway",
        "model server",
        *(database.name for database in databases),
    }
    assert seen.statuses["gateway"]["no answer"]


def test_what_is_lost_doubled_or_was_never_accepted_is_told_apart() -> None:
    seen = Seen(accepted=["a", "b", "c"])
    seen.compare(["a", "c", "c", "never answered"])
    assert (seen.lost, seen.doubled) == (["b"], ["c"])
    assert "of these lost: 1, there twice: 1" in seen.summary()
