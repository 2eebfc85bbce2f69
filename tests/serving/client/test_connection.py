"""What a client does where servers move, names are gone for a while, or one of several servers hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.client import AsyncClient, Client
from serving.client.attempts import Allowance
from serving.rollout import Rollout
from tests.serving.fake_server import FakeServer, push
from tests.serving.names import Names


class Fleet:
    """Servers of one port on several of this machine's addresses, and the name that stands for them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        push(root, 1)
        self.first = FakeServer(root, host="127.0.0.2")
        self.servers = [self.first]
        Rollout(root, [self.first.address]).promote("m", 1)
        self.names = Names(["127.0.0.2"])
        self.address = f"dns://{self.names.authority}/servers:{self.first.port}"

    def add(self, host: str) -> FakeServer:
        self.servers.append(FakeServer(self.root, self.first.port, host))
        return self.servers[-1]

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.names.stop()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.stop()


def test_a_server_that_moves_is_found_at_its_new_address(fleet: Fleet) -> None:
    with Client(fleet.address, model="m", deadline=15) as client:
        client.translate(["a"])
        fleet.first.stop()
        fleet.add("127.0.0.3")
        fleet.names.addresses = ["127.0.0.3"]
        assert client.translate(["a"])[0].text == "A"


def test_asyncio_finds_it_too(fleet: Fleet) -> None:
    async def ask() -> str:
        async with AsyncClient(fleet.address, model="m", deadline=15) as client:
            await client.translate(["a"])
            fleet.first.stop()
            fleet.add("127.0.0.3")
            fleet.names.addresses = ["127.0.0.3"]
            return (await client.translate(["a"]))[0].text

    assert asyncio.run(ask()) == "A"


def test_a_server_that_comes_back_is_found_before_its_name_is(fleet: Fleet) -> None:
    with Client(fleet.address, model="m", deadline=20) as client:
        client.translate(["a"])
        fleet.names.addresses = []
        fleet.first.stop()
        asked = fleet.names.asked
        answers: list[str] = []
        waiting = threading.Thread(target=lambda: answers.extend(a.text for a in client.translate(["a"])))
        waiting.start()
        while fleet.names.asked == asked:
            waiting.join(0.05)
        fleet.add("127.0.0.2")
        waiting.join()
        assert answers == ["A"]


def _hang(fleet: Fleet) -> None:
    """Where nobody answers the connections that clients have; the name stands for another server soon."""
    fleet.first.delay = {1: 6.0}
    fleet.add("127.0.0.3")
    fleet.names.addresses = ["127.0.0.3"]


def test_a_request_at_a_server_that_hangs_is_answered_by_another(fleet: Fleet) -> None:
    with Client(fleet.address, model="m", deadline=5) as client:
        client.served_version()
        _hang(fleet)
        assert client.translate(["a"])[0].text == "A"
        assert fleet.servers[1].answered[1] == 1


def test_asyncio_asks_another_too(fleet: Fleet) -> None:
    async def ask() -> str:
        async with AsyncClient(fleet.address, model="m", deadline=5) as client:
            await client.served_version()
            _hang(fleet)
            return (await client.translate(["a"]))[0].text

    assert asyncio.run(ask()) == "A"


def test_a_server_that_is_slow_is_not_asked_for_everything_twice(fleet: Fleet) -> None:
    fleet.first.delay = {1: 3.5}
    with Client(fleet.address, model="m", deadline=12, batch_size=1, in_flight=20) as client:
        assert len(client.translate(["a"] * 20)) == 20
    assert 20 < fleet.first.asked[1] <= 32


def test_what_may_be_asked_twice_grows_with_the_answers() -> None:
    allowance = Allowance()
    assert [allowance.take() for _ in range(11)] == [True] * 10 + [False]
    allowance.answers = 20
    assert [allowance.take() for _ in range(3)] == [True, True, False]
