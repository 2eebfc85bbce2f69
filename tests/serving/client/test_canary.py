"""A share of requests for the canary, and what happens when it fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.client import AsyncClient, Client
from tests.serving.fake_server import FakeServer
from tests.serving.trial import rollout, server_with_canary


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    with server_with_canary(tmp_path) as running:
        yield running


def test_a_share_of_the_requests_goes_to_the_canary(server: FakeServer) -> None:
    random.seed(1)
    with Client(server.address, model="m", canary_share=0.3) as client:
        for _ in range(300):
            client.translate(["a"])
    assert 60 < server.answered[3] < 120
    assert server.answered[2] + server.answered[3] == 300


def test_without_a_share_nobody_asks_the_canary(server: FakeServer) -> None:
    with Client(server.address, model="m") as client:
        client.translate(["a"])
    assert server.answered == {2: 1}


@pytest.mark.parametrize("trouble", ["missing", "failing", "hanging", "babbling"])
def test_a_canary_in_trouble_costs_no_answer(server: FakeServer, trouble: str) -> None:
    if trouble == "missing":
        rollout(server).withdraw("m")
    elif trouble == "failing":
        server.failing = {3}
    elif trouble == "babbling":
        server.babbling = {3}
    else:
        server.delay = {3: 3.0}
    with Client(server.address, model="m", canary_share=1, deadline=2) as client:
        assert [answer.text for answer in client.translate(["a", "b"])] == ["A", "B"]
    assert server.answered[2] == 1


def test_asyncio_shares_and_falls_back_too(server: FakeServer) -> None:
    async def ask() -> str:
        async with AsyncClient(server.address, model="m", canary_share=1) as client:
            return (await client.translate(["a"]))[0].text

    assert asyncio.run(ask()) == "A"
    assert server.answered == {3: 1}
    server.failing = {3}
    assert asyncio.run(ask()) == "A"
    assert server.answered == {3: 1, 2: 1}


def test_a_share_of_a_version_is_refused() -> None:
    for wrong in ({"canary_share": 1.5}, {"canary_share": 0.1, "version": 2}):
        with pytest.raises(ValueError, match="canary_share"):
            Client(model="m", **wrong)  # type: ignore[arg-type]
