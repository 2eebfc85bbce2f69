"""`dragoman.translation.v1`: documents as streams, and calls that end early."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.settings import Limits
from serving.gateway.core.traces import Traces
from serving.gateway.core.wish import RequestOutcome, TextOutcome, Wish
from serving.gateway.grpc.sender import Sender
from serving.gateway.grpc.translation import TranslationService
from serving.wire import translation_pb2 as wire
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.grpc.calls import Code, details_of, part_of, refusal_of, request_of, wait_until


@pytest.fixture(scope="module")
def stub(gateway: Gateway) -> Iterator[TranslationServiceStub]:
    with grpc.insecure_channel(gateway.grpc) as channel:
        yield TranslationServiceStub(channel)


def test_a_documents_parts_are_answered_as_they_are_ready_and_in_order(stub: TranslationServiceStub) -> None:
    parts: queue.SimpleQueue[wire.TranslateDocumentRequest | None] = queue.SimpleQueue()
    answers = stub.TranslateDocument(iter(parts.get, None))
    parts.put(part_of(["one.", "two."], target="de", source="en"))
    first = next(answers)  # Before the next part is sent.
    assert ([answer.text for answer in first.answers], first.target, first.label) == (
        ["ONE.", "TWO."],
        "de",
        "stable",
    )
    for number in range(30):
        parts.put(part_of([f"text {number}."]))
    parts.put(None)
    assert [answer.text for part in answers for answer in part.answers] == [
        f"TEXT {number}." for number in range(30)
    ]


@pytest.mark.parametrize(
    ("parts", "answered", "code"),
    [
        ([part_of(["a"], source="en")], 0, Code.INVALID_ARGUMENT),
        ([part_of(["a"], target="de", source="en"), part_of(["b"], target="de")], 1, Code.INVALID_ARGUMENT),
        ([part_of(["a"], target="de", source="en"), part_of(["b"] * 129)], 1, Code.INVALID_ARGUMENT),
        (
            [part_of(["a"], target="de", source="en"), *([part_of(["b" * 50_000])] * 21)],
            20,
            Code.INVALID_ARGUMENT,
        ),
        ([], 0, Code.OK),
        ([part_of([], target="de")], 0, Code.OK),
    ],
)
def test_what_came_before_a_part_that_is_refused_is_answered(
    stub: TranslationServiceStub, parts: list[wire.TranslateDocumentRequest], answered: int, code: Code
) -> None:
    call = stub.TranslateDocument(iter(parts))
    count = 0
    with contextlib.suppress(grpc.RpcError):
        for _ in call:
            count += 1
    # The client's library may say the error before it hands out what came before it.
    assert call.code() is code
    assert count <= answered


class _Context:
    """A call's, whose client sends parts as fast as they are read."""

    def __init__(self) -> None:
        self.read_ = 0
        self.written: list[wire.TranslateDocumentResponse] = []

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def set_trailing_metadata(self, _metadata: Any) -> None: ...

    async def read(self) -> Any:
        self.read_ += 1
        return (
            grpc.aio.EOF
            if self.read_ > 100
            else part_of(["a"], **({"target": "de"} if self.read_ == 1 else {}))
        )

    async def write(self, response: wire.TranslateDocumentResponse) -> None:
        self.written.append(response)


def test_no_more_parts_are_read_than_are_under_way() -> None:
    async def document() -> None:
        go_on = asyncio.Event()

        async def translate_part(_inquiry: Any, wish: Wish) -> RequestOutcome:
            await go_on.wait()
            return RequestOutcome(
                tuple(TextOutcome(text, "en", 1.0) for text in wish.texts), "de", "stable", {}
            )

        service: Any = SimpleNamespace(
            settings=SimpleNamespace(limits=Limits()),
            callers=SimpleNamespace(admit=lambda *_: None),
            metrics=SimpleNamespace(request=lambda *_: None),
            traces=Traces(),
            translate_part=translate_part,
        )
        context: Any = _Context()
        call = asyncio.ensure_future(TranslationService(service).TranslateDocument(None, context))  # type: ignore[arg-type]
        for _ in range(200):  # turns of the loop
            await asyncio.sleep(0)
        assert context.read_ <= 6
        go_on.set()
        await call
        assert len(context.written) == 100

    asyncio.run(document())


class _Sender:
    """A call's other side, which is still there after the last of its parts."""

    def __init__(self, *parts: wire.TranslateDocumentRequest, between: float = 0.0) -> None:
        self._parts = iter(parts)
        self._between = between

    async def read(self) -> Any:
        await asyncio.sleep(self._between)
        if (part := next(self._parts, None)) is None:
            await asyncio.Event().wait()
        return part

    async def write(self, _response: Any) -> None:
        await asyncio.Event().wait()


def test_a_sender_has_so_long_for_all_of_its_parts() -> None:
    read: list[Any] = []

    async def read_all() -> None:
        sender = Sender(_Sender(*[part_of(["a"])] * 100, between=0.05), 0.3)  # type: ignore[arg-type]
        while part := await sender.read():
            read.append(part)

    with pytest.raises(GatewayError, match=r"did not all come within 0\.3 s") as refused:
        asyncio.run(read_all())
    assert refused.value.fault is Fault.TOO_SLOW
    assert 0 < len(read) <= 6


def test_what_parts_take_to_translate_is_not_the_senders_time() -> None:
    async def read() -> None:
        sender = Sender(_Sender(), 0.2)  # type: ignore[arg-type]
        translated: asyncio.Future[RequestOutcome] = asyncio.get_running_loop().create_future()
        under_way = {translated}
        translated.add_done_callback(under_way.discard)
        reading = asyncio.ensure_future(sender.read(under_way))
        await asyncio.sleep(0.5)
        assert not reading.done()
        translated.set_result(RequestOutcome((), "de", "stable", {}))
        with pytest.raises(GatewayError):
            await asyncio.wait_for(reading, 5)

    asyncio.run(read())


def test_a_sender_who_takes_no_answers_is_given_up() -> None:
    sender = Sender(_Sender(), 0.05)  # type: ignore[arg-type]
    with pytest.raises(GatewayError, match="no answers were taken"):
        asyncio.run(sender.write(wire.TranslateDocumentResponse()))


def test_who_leaves_as_answers_are_taken_has_left() -> None:
    """Also in the moment in which both happen."""

    async def write() -> None:
        taken = asyncio.get_running_loop().create_future()
        writing = asyncio.ensure_future(
            Sender(SimpleNamespace(write=lambda _: taken), 60.0).write(  # type: ignore[arg-type]
                wire.TranslateDocumentResponse()
            )
        )
        await asyncio.sleep(0)
        taken.set_result(None)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing

    asyncio.run(write())


@pytest.mark.parametrize(
    "path",
    [
        "dragoman.translation.v1.TranslationService/Translate",
        "dragoman.translation.v1.TranslationService/TranslateDocument",
        "tensorflow.serving.PredictionService/Predict",
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/Watch",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
def test_a_call_whose_message_does_not_come_is_ended(hasty: Gateway, path: str) -> None:
    nothing: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with grpc.insecure_channel(hasty.grpc) as channel:
        call = channel.stream_stream(f"/{path}")(iter(nothing.get, None))
        assert call.code() is Code.DEADLINE_EXCEEDED
        assert "did not all come within 0.5 s" in call.details()
        nothing.put(None)
    interface = "tensorflow-serving" if path.startswith("tensorflow") else "grpc"
    its = f'call="{path.partition("/")[2]}"', f'interface="{interface}"'

    def is_counted(name: str, why: str) -> bool:
        metrics = urllib.request.urlopen(f"{hasty.url}/metrics", timeout=30).read().decode().splitlines()
        counted = (line for line in metrics if line.startswith(f"dragoman_gateway_{name}_total{{"))
        return any(all(label in line for label in (*its, why)) for line in counted)

    wait_until(lambda: is_counted("requests", 'status="DEADLINE_EXCEEDED"'))
    wait_until(lambda: is_counted("faults", 'fault="too slow"'))


def test_who_only_connects_is_sent_away(hasty: Gateway) -> None:
    host, _, port = hasty.grpc.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        while connection.recv(4096):  # What the gateway says of itself, and then its end.
            pass


@pytest.fixture(scope="module")
def hasty(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder, limits = tmp_path_factory.mktemp("hasty"), {"body_seconds": 0.5}
    with started(
        folder, address=fake.address, model_root=str(fake.root), limits=limits, grpc_port=0
    ) as gateway:
        yield gateway


def test_slow_senders_leave_the_places_to_others(fake: FakeServer, tmp_path: Path) -> None:
    limits = {"document_running": 1, "document_waiting": 0, "body_seconds": 1.0}
    settings = {"address": fake.address, "model_root": str(fake.root), "limits": limits, "grpc_port": 0}
    first = part_of(["hello"], target="de", source="en")
    with started(tmp_path / "slow", **settings) as gateway, grpc.insecure_channel(gateway.grpc) as channel:
        stub = TranslationServiceStub(channel)
        nothing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        silent = stub.TranslateDocument(iter(nothing.get, None))
        parts: queue.SimpleQueue[Any] = queue.SimpleQueue()
        slow = stub.TranslateDocument(iter(parts.get, None))
        parts.put(first)
        with contextlib.suppress(grpc.RpcError):
            for _ in slow:  # `silent`, who came before, has no place.
                threading.Event().wait(0.2)
                parts.put(part_of(["hello"]))
        assert slow.code() is Code.DEADLINE_EXCEEDED
        assert "did not all come within 1 s" in slow.details()
        assert [part.answers[0].text for part in stub.TranslateDocument(iter([first]))] == ["HELLO"]
        assert silent.code() is Code.DEADLINE_EXCEEDED
        for end in (nothing, parts):
            end.put(None)


def test_what_its_client_gives_up_frees_its_place(
    fake: FakeServer, clean_fake: FakeServer, tmp_path: Path
) -> None:
    limits = {"running": 1, "waiting": 0, "deadline": 60.0}
    with (
        started(
            tmp_path / "gone", address=fake.address, model_root=str(fake.root), limits=limits, grpc_port=0
        ) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        stub = TranslationServiceStub(channel)
        clean_fake.delay[1] = 30.0
        error = refusal_of(lambda: stub.Translate(request_of("late"), timeout=0.5))
        assert error.code() is Code.DEADLINE_EXCEEDED
        asked = clean_fake.asked[1]
        waiting = stub.Translate.future(request_of("cancelled"))
        wait_until(lambda: clean_fake.asked[1] > asked)
        full = refusal_of(lambda: stub.Translate(request_of("too much")))
        assert full.code() is Code.RESOURCE_EXHAUSTED
        assert details_of(full)["RetryInfo"].retry_delay.seconds >= 1
        waiting.cancel()
        asked = clean_fake.asked[1]
        document = stub.TranslateDocument(iter([part_of(["cancelled, too"], target="de", source="en")]))
        wait_until(lambda: clean_fake.asked[1] > asked)
        document.cancel()
        clean_fake.delay.clear()

        def passes() -> bool:
            with contextlib.suppress(grpc.RpcError):
                return bool(stub.Translate(request_of("passes")).answers)
            return False

        wait_until(passes)
        wait_until(lambda: sum(line.get("status") == "CANCELLED" for line in gateway.lines()) >= 3)


def test_sigterm_lets_a_running_call_end(fake: FakeServer, clean_fake: FakeServer, tmp_path: Path) -> None:
    with (
        started(tmp_path / "drain", address=fake.address, model_root=str(fake.root), grpc_port=0) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        clean_fake.delay[1] = 1.5
        asked = clean_fake.asked[1]
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(TranslationServiceStub(channel).Translate, request_of("to its end"))
            wait_until(lambda: clean_fake.asked[1] > asked)
            gateway.process.terminate()
            assert running.result().answers[0].text == "TO ITS END"
        assert gateway.process.wait(120) == 0
