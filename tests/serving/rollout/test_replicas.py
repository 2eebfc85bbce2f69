"""Replicas by address and by a name that stands for several, also while they are replaced."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.errors import RolloutRefusedError, UnreachableError
from serving.rollout import Rollout
from serving.rollout.replicas import Replica, Replicas, asked
from tests.serving.fake_server import FakeServer, push

NAME = "models.test"
_REAL = socket.getaddrinfo


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], list[str]]], None]:
    """Let the name resolve to what a function says at that moment."""

    def install(hosts: Callable[[], list[str]]) -> None:
        def lookup(host: str, port: int, *arguments: Any, **options: Any) -> Any:
            if host != NAME:
                return _REAL(host, port, *arguments, **options)
            names = hosts()
            if not names:
                raise socket.gaierror("unknown")
            return [address for host in names for address in _REAL(host, port, *arguments, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    return install


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[FakeServer]]:
    """On one port of three addresses, as pods behind a headless service; 1 is on disk, and 2."""
    push(tmp_path, 1)
    push(tmp_path, 2)
    servers = [FakeServer(tmp_path)]
    servers += [FakeServer(tmp_path, servers[0].port, f"127.0.0.{n}") for n in (2, 3)]
    yield servers
    for server in servers:
        server.stop()


def test_localhost_is_one_server_also_where_ipv6_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Debian's /etc/hosts has it; `dragoman serve` listens on 127.0.0.1."""
    places = [
        (socket.AF_INET6, 1, 6, "", ("::1", 8500, 0, 0)),
        (socket.AF_INET, 1, 6, "", ("127.0.0.1", 8500)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    assert [replica.address for replica in Replicas(["localhost:8500"]).resolve()] == ["127.0.0.1:8500"]
    del places[1]
    assert [replica.address for replica in Replicas(["localhost:8500"]).resolve()] == ["[::1]:8500"]


def test_a_name_is_all_of_its_addresses(name: Any) -> None:
    name(lambda: ["127.0.0.1", "127.0.0.2", "::1"])

    def addresses(*names: str) -> list[str]:
        return [replica.address for replica in Replicas(names).resolve()]

    expected = ["127.0.0.1:8500", "127.0.0.2:8500", "[::1]:8500"]
    assert addresses(f"{NAME}:8500") == addresses(f"dns:///{NAME}:8500") == expected
    assert addresses("127.0.0.2:8500", f"{NAME}:8500") == ["127.0.0.2:8500", "127.0.0.1:8500", "[::1]:8500"]


def test_an_unknown_name_is_reported_as_such(name: Any, tmp_path: Path) -> None:
    name(list)
    push(tmp_path, 1)
    with pytest.raises(UnreachableError, match=f"nothing was changed.*{NAME}:8500"):
        Rollout(tmp_path, [f"dns:///{NAME}:8500"]).promote("m", 1)


def test_every_replica_behind_the_name_follows_and_is_reported(three: list[FakeServer], name: Any) -> None:
    name(lambda: ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
    outcome = Rollout(three[0].root, [f"{NAME}:{three[0].port}"], timeout=30).promote("m", 1)
    assert sorted(outcome.followed) == sorted(server.address for server in three)
    assert not outcome.behind


def test_a_replica_that_is_replaced_meanwhile_is_waited_for_in_its_new_place(
    three: list[FakeServer], name: Any
) -> None:
    first, old, new = three
    name(lambda: ["127.0.0.1", "127.0.0.2"])
    rollout = Rollout(first.root, [f"{NAME}:{first.port}"], timeout=30)
    rollout.promote("m", 1)

    def hosts() -> list[str]:
        # The old pod goes once the first replica has loaded 2, and the new one comes.
        return ["127.0.0.1", "127.0.0.3" if 2 in first.follow() else "127.0.0.2"]

    old.frozen = True  # it would never load 2
    name(hosts)
    outcome = rollout.promote("m", 2)
    assert sorted(outcome.followed) == [first.address, new.address]
    assert new.follow() == {1, 2}


def test_one_that_does_not_follow_puts_all_back_and_is_named(three: list[FakeServer]) -> None:
    rollout = Rollout(three[0].root, [server.address for server in three], timeout=30)
    rollout.promote("m", 1)
    three[2].frozen = True
    quick = Rollout(three[0].root, rollout.names, timeout=1)
    with pytest.raises(RolloutRefusedError, match=f"within 1 s on {three[2].address}; put back"):
        quick.promote("m", 2)
    assert [server.follow() for server in three] == [{1}, {1}, {1}]
    three[2].frozen = False
    assert rollout.promote("m", 2).to == 2


def test_one_that_hangs_holds_no_rollback_up(three: list[FakeServer]) -> None:
    addresses = [server.address for server in three]
    Rollout(three[0].root, addresses, timeout=30).promote("m", 1)
    Rollout(three[0].root, addresses, timeout=30).promote("m", 2)
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # takes connections and never says a word
        silent = f"127.0.0.1:{hanging.getsockname()[1]}"
        outcome = Rollout(three[0].root, [*addresses, silent], timeout=30).rollback("m")
    assert sorted(outcome.followed) == sorted(addresses)
    assert max(outcome.followed.values()) < outcome.seconds / 2  # They did not wait for it, the command did.
    assert list(outcome.behind) == [silent]


def test_one_that_talks_nonsense_holds_no_rollback_up_and_stops_a_promotion(three: list[FakeServer]) -> None:
    addresses = [server.address for server in three]
    rollout = Rollout(three[0].root, addresses, timeout=30)
    rollout.promote("m", 1)
    rollout.promote("m", 2)

    def odd(answer: Any) -> bytes:
        for version in getattr(answer, "model_version_status", ()):
            version.state = 127
        return bytes(answer.SerializeToString())

    for nonsense in (odd, lambda _: b"\xff"):
        three[2].sent = nonsense
        outcome = rollout.rollback("m")
        assert (outcome.to, sorted(outcome.followed)) == (1, sorted(addresses[:2]))
        assert list(outcome.behind) == [addresses[2]]
        with pytest.raises(UnreachableError, match=f"nothing was changed.*{addresses[2]}"):
            rollout.promote("m", 2)
        three[2].sent = lambda answer: answer.SerializeToString()
        rollout.promote("m", 2)


def test_whatever_one_raises_is_told_of_it_alone() -> None:
    def ask(replica: Replica) -> str:
        if replica.address == "odd:1":
            raise MemoryError("too much")
        return "fine"

    assert asked(Replica("good:1"), ask) == "fine"
    assert str(asked(Replica("odd:1"), ask)) == "odd:1 cannot be understood (MemoryError: too much)"
