"""What a server says that none should say is a RequestError, at little cost in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.client import AsyncClient, Client, tensors
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire
from tests.serving.fake_server import FakeServer, push

HUGE = 1 << 62


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    push(tmp_path, 1)
    running = FakeServer(tmp_path)
    running.loaded = {1}
    yield running
    running.stop()


def tensor(*shape: int, values: int = 0, content: bytes = b"") -> wire.Tensor:
    made = wire.Tensor(dtype=wire.DT_FLOAT, float_val=[0.5] * values, tensor_content=content)
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    return made


@pytest.mark.parametrize("shape", [(HUGE,), (1 << 28,)])
def test_a_shape_that_nothing_was_sent_for_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError, match="1 values"):
        tensors.floats(tensor(*shape, values=1))


def test_a_dimension_of_0_does_not_make_the_others_free() -> None:
    with pytest.raises(RequestError, match="0 values"):
        tensors.matrix(tensor(HUGE, 0), tensors.numbers)
    with pytest.raises(RequestError, match="0 values"):
        tensors.cube(tensor(1, HUGE, 0))
    assert tensors.matrix(tensor(3, 0), tensors.numbers) == [(), (), ()]


@pytest.mark.parametrize("content", [b"abc", b"\0" * 4, b"\0" * 12])
def test_content_of_a_wrong_length_is_refused(content: bytes) -> None:
    with pytest.raises(RequestError, match="bytes for a tensor of 2 values"):
        tensors.floats(tensor(2, content=content))


def test_content_and_a_tail_that_was_sent_once_are_read() -> None:
    assert tensors.floats(tensor(2, content=b"\0\0\0\0\0\0\0\x3f")) == [0.0, 0.5]
    assert tensors.floats(tensor(1000, values=1)) == [0.5] * 1000


def _unknown_state(answer: Any) -> None:
    answer.model_version_status.add(version=7, state=127)


def _no_signatures(answer: Any) -> None:
    answer.metadata["signature_def"].value = b"\xff"


@pytest.mark.parametrize(
    ("spoil", "ask", "said"),
    [
        (_unknown_state, Client.status, "version 7 the unknown state 127"),
        (_no_signatures, Client.signatures, "cannot be read"),
    ],
)
def test_an_odd_answer_is_refused(
    server: FakeServer, spoil: Callable[[Any], None], ask: Callable[[Client], Any], said: str
) -> None:
    def odd(answer: Any) -> bytes:
        spoil(answer)
        return bytes(answer.SerializeToString())

    server.sent = odd
    with Client(server.address, model="m", label=None) as client, pytest.raises(RequestError, match=said):
        ask(client)


def test_an_answer_that_cannot_be_decoded_is_refused_by_both_clients(server: FakeServer) -> None:
    async def ask() -> None:
        async with AsyncClient(server.address, model="m", label=None) as client:
            await client.translate(["a"])

    server.sent = lambda _: b"\xff"
    with (
        Client(server.address, model="m", label=None) as client,
        pytest.raises(RequestError, match="INTERNAL"),
    ):
        client.translate(["a"])
    with pytest.raises(RequestError, match="cannot be read"):
        asyncio.run(ask())
