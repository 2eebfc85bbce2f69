"""The client: rows in order through splits, retries and restarts, and failures that tell their cure."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, TimeoutError

import grpc
import pytest

from serving.client import AsyncClient, Client
from serving.errors import (
    RequestError,
    UnreachableError,
)
from tests.serving.fake_server import FakeServer, rollout


def test_importing_the_client_side_imports_no_tensorflow() -> None:
    code = (
        "import sys, serving.client, serving.rollout, serving.rollout.overview\n"
        "import dragoman.commands.translate, dragoman.commands.promote, dragoman.commands.versions\n"
        "print(*sorted({'tensorflow', 'tensorflow_serving', 'keras', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


@pytest.mark.parametrize("away", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
def test_rows_come_back_in_order_through_splits_and_retries(
    server: FakeServer, away: grpc.StatusCode
) -> None:
    server.row_limit, server.unavailable, server.away = 3, 2, away
    sources = [f"row {n} ü\x00🐈" * (n % 4) for n in range(50)]
    with Client(server.address, model="m", label=None, batch_size=7) as client:
        answers = client.translate(sources)
    assert [answer.text.encode() for answer in answers] == [source.encode().upper() for source in sources]
    assert [answer.score for answer in answers] == [-float(len(source.encode())) for source in sources]


def test_what_a_label_means_and_is_not_loaded_yet_is_asked_for_again(server: FakeServer) -> None:
    rollout(server).promote("m", 1)
    server.away, server.saying = grpc.StatusCode.NOT_FOUND, "Servable not found for request: Specific(m, 1)"
    server.unavailable = 2
    with Client(server.address, model="m") as client:
        assert [answer.text for answer in client.translate(["a"])] == ["A"]
    # A version that was asked for by its number was given by somebody who may be wrong.
    server.unavailable = 2
    with (
        Client(server.address, model="m", version=1) as client,
        pytest.raises(RequestError, match="Specific"),
    ):
        client.translate(["a"])
    assert server.unavailable == 1


def test_asyncio_answers_the_same(server: FakeServer) -> None:
    async def ask() -> list[str]:
        async with AsyncClient(server.address, model="m", label=None, batch_size=2) as client:
            return [answer.text async for answer in client.translate_stream(list("abcde"))]

    assert asyncio.run(ask()) == list("ABCDE")


def test_failures_tell_cause_and_cure(server: FakeServer) -> None:
    with Client(server.address, model="m") as client, pytest.raises(RequestError, match="promote"):
        client.served_version()
    server.stop()
    with (
        Client(server.address, model="m", wait=0.2) as client,
        pytest.raises(UnreachableError, match="dragoman serve"),
    ):
        client.translate(["a"])


@pytest.mark.parametrize(("label", "command"), [("stable", "promote"), ("canary", "canary")])
def test_a_wrong_name_is_asked_after(server: FakeServer, label: str, command: str) -> None:
    cure = f"is m the model's name .* label with `dragoman {command}`, or ask for a version"
    with (
        Client(server.address, model="m", label=label) as client,
        pytest.raises(RequestError, match=cure),
    ):
        client.translate(["a"])


def test_a_server_that_restarts_costs_time_and_no_answer(server: FakeServer) -> None:
    with Client(server.address, model="m", label=None, wait=0.1) as client:
        client.translate(["a"])
        server.stop()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.translate, ["b"])
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.5)  # longer than `wait`, which is for the first answer only
            again = FakeServer(server.root, server.port)
            assert asked.result(timeout=30)[0].text == "B"
            again.stop()


def test_one_string_is_no_list_of_sentences(server: FakeServer) -> None:
    with (
        Client(server.address, model="m", label=None) as client,
        pytest.raises(TypeError, match="give a list of sentences"),
    ):
        client.translate("Hallo")
