"""`dragoman.translation.v1`: what an answer has, documents as streams, errors, keys, the end of a call."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from serving.gateway.core.settings import Limits
from serving.gateway.core.traces import Traces
from serving.gateway.core.wish import Answer, Outcome, Wish
from serving.gateway.database import keys
from serving.gateway.database.database import Database
from serving.gateway.grpc.translation import TranslationService
from serving.wire import translation_pb2 as wire
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.hostile import hostile_strings
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import REPOSITORY, Gateway, started

Code = grpc.StatusCode


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def stub(gateway: Gateway) -> Iterator[TranslationServiceStub]:
    with grpc.insecure_channel(gateway.grpc) as channel:
        yield TranslationServiceStub(channel)


def _request(texts: str | Sequence[str] = "hello", **options: Any) -> wire.TranslateRequest:
    return wire.TranslateRequest(
        texts=[texts] if isinstance(texts, str) else texts,
        options=wire.Options(**{"target": "de", "source": "en", **options}),
    )


def _refused(call: Callable[[], Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value


def _as_v1(answer: wire.Answer) -> dict[str, Any]:
    """As `/v1/translate` says it."""

    def span(one: wire.Span) -> list[int]:
        return [one.begin, one.end]

    return {
        "text": answer.text,
        "source": answer.source,
        "confidence": round(answer.confidence, 4),
        "score": answer.score if answer.HasField("score") else None,
        "alternatives": list(answer.alternatives),
        "segments": [
            {
                "source": span(one.source),
                "target": span(one.target),
                "score": one.score if one.HasField("score") else None,
                "truncated": one.truncated,
                "links": [[span(link.source), span(link.target)] for link in one.links],
            }
            for one in answer.segments
        ],
        "notes": [
            {"stage": note.stage, "took": note.took, "gave": note.gave, "kept": note.kept}
            for note in answer.notes
        ],
        "model": answer.model or None,
        "versions": list(answer.versions),
        "asked": [{"model": one.model, "versions": list(one.versions)} for one in answer.asked],
        "pivot": answer.pivot or None,
    }


@pytest.mark.parametrize(
    ("by_grpc", "by_http"),
    [
        ({}, {}),
        ({"source": ""}, {"source": None}),
        ({"format": wire.FORMAT_HTML, "ignore_tags": ["code"]}, {"format": "html", "ignore_tags": ["code"]}),
        ({"split": wire.SPLIT_OFF, "alternatives": 2}, {"split": "off", "alternatives": 2}),
    ],
)
def test_an_answer_has_all_that_v1_has(
    gateway: Gateway, stub: TranslationServiceStub, by_grpc: dict[str, Any], by_http: dict[str, Any]
) -> None:
    texts = ["One <b>here</b>, {name}. Two <code>there</code>!", "", "www.example.org\r\n The dog sleeps."]
    response = stub.Translate(_request(texts, **by_grpc))
    body = gateway.post("/v1/translate", **{"texts": texts, "target": "de", "source": "en", **by_http}).json()
    assert [_as_v1(answer) for answer in response.answers] == body["answers"]
    assert (response.target, response.label) == ("de", "stable")
    assert {"wait", "model"} <= set(response.milliseconds)


def test_the_other_label_is_asked_for_in_metadata(stub: TranslationServiceStub) -> None:
    response = stub.Translate(_request(), metadata=[("x-dragoman-label", "canary")])
    answer = response.answers[0]
    assert (answer.text, list(answer.versions), response.label) == ("v2:HELLO", [2], "canary")
    error = _refused(lambda: stub.Translate(_request(), metadata=[("x-dragoman-label", "newest")]))
    assert error.code() is Code.INVALID_ARGUMENT


def test_a_request_keeps_its_id_is_counted_and_no_text_is_logged(
    gateway: Gateway, stub: TranslationServiceStub
) -> None:
    response, call = stub.Translate.with_call(
        _request("mozambique"), metadata=[("x-request-id", "grpc-request.1")]
    )
    assert (response.request, dict(call.trailing_metadata())["x-request-id"]) == ("grpc-request.1",) * 2
    _refused(lambda: stub.Translate(_request("mozambique", target="xx-mozambique")))
    _wait(lambda: "grpc-request.1" in gateway.log.read_text())
    line = next(line for line in gateway.lines() if line.get("request") == "grpc-request.1")
    assert (line["interface"], line["call"], line["status"], line["characters"]) == (
        "grpc",
        "Translate",
        "OK",
        len("mozambique"),
    )
    assert "mozambique" not in gateway.log.read_text()
    counted = 'dragoman_gateway_requests_total{call="Translate",interface="grpc",status="INVALID_ARGUMENT"}'
    assert counted in gateway.get("/metrics").text


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (_request([]), "texts"),
        (_request(target=""), "target"),
        (_request(target="xx"), "xx is not supported"),
        (_request(source="fr"), "fr is not supported"),
        (_request(alternatives=11), "at most 10"),
        (_request(format=99), "no format 99"),
        (_request(split=99), "no split 99"),
        (_request(["a"] * 129), "exceeds"),
        (_request("a" * 50_001), "exceeds"),
    ],
)
def test_what_means_nothing_or_is_too_much_is_an_invalid_argument(
    stub: TranslationServiceStub, request_: wire.TranslateRequest, said: str
) -> None:
    error = _refused(lambda: stub.Translate(request_))
    assert (error.code(), said in error.details()) == (Code.INVALID_ARGUMENT, True), error.details()


def test_what_is_said_of_a_request_fits_into_metadata(stub: TranslationServiceStub) -> None:
    """Of more, clients say RESOURCE_EXHAUSTED, and try again."""
    error = _refused(lambda: stub.Translate(_request(source="ä" * 9000)))
    assert error.code() is Code.INVALID_ARGUMENT
    assert error.details().startswith("ää")


def test_strings_in_are_strings_out_whatever_they_hold(stub: TranslationServiceStub) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in hostile_strings(100, seed=11)]
    answers = stub.Translate(_request(texts)).answers
    assert [bool(answer.text.strip()) for answer in answers] == [bool(text.strip()) for text in texts]


def test_languages_and_detection(stub: TranslationServiceStub) -> None:
    response = stub.Languages(wire.LanguagesRequest())
    listed = {one.code: (one.name, list(one.targets)) for one in response.languages}
    assert listed["en"] == ("English", ["de", "fr"])
    assert (response.keys, response.characters) == (False, 50_000)
    detected = stub.Detect(wire.DetectRequest(texts=["Das ist ein kleiner Hund.", "This is a small dog."]))
    assert [one.candidates[0].language for one in detected.texts] == ["de", "en"]
    assert _refused(lambda: stub.Detect(wire.DetectRequest())).code() is Code.INVALID_ARGUMENT


def test_a_model_server_that_fails_gives_nothing_away(
    stub: TranslationServiceStub, clean_fake: FakeServer
) -> None:
    clean_fake.failing.add(1)
    error = _refused(lambda: stub.Translate(_request("never asked before")))
    assert (error.code(), "graph" in error.details()) == (Code.INTERNAL, False)


def _part(texts: Sequence[str], **options: Any) -> wire.TranslateDocumentRequest:
    if not options:
        return wire.TranslateDocumentRequest(texts=texts)
    return wire.TranslateDocumentRequest(texts=texts, options=wire.Options(**options))


def test_a_documents_parts_are_answered_as_they_are_ready_and_in_order(stub: TranslationServiceStub) -> None:
    parts: queue.SimpleQueue[wire.TranslateDocumentRequest | None] = queue.SimpleQueue()
    answers = stub.TranslateDocument(iter(parts.get, None))
    parts.put(_part(["one.", "two."], target="de", source="en"))
    first = next(answers)  # Before the next part is sent.
    assert ([one.text for one in first.answers], first.target, first.label) == (
        ["ONE.", "TWO."],
        "de",
        "stable",
    )
    for number in range(30):
        parts.put(_part([f"text {number}."]))
    parts.put(None)
    assert [one.text for part in answers for one in part.answers] == [
        f"TEXT {number}." for number in range(30)
    ]


@pytest.mark.parametrize(
    ("parts", "answered", "code"),
    [
        ([_part(["a"], source="en")], 0, Code.INVALID_ARGUMENT),
        ([_part(["a"], target="de", source="en"), _part(["b"], target="de")], 1, Code.INVALID_ARGUMENT),
        ([_part(["a"], target="de", source="en"), _part(["b"] * 129)], 1, Code.INVALID_ARGUMENT),
        (
            [_part(["a"], target="de", source="en"), *([_part(["b" * 50_000])] * 21)],
            20,
            Code.INVALID_ARGUMENT,
        ),
        ([], 0, Code.OK),
        ([_part([], target="de")], 0, Code.OK),
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
            else _part(["a"], **({"target": "de"} if self.read_ == 1 else {}))
        )

    async def write(self, response: wire.TranslateDocumentResponse) -> None:
        self.written.append(response)


def test_no_more_parts_are_read_than_are_under_way() -> None:
    async def document() -> None:
        go_on = asyncio.Event()

        async def translate_part(_inquiry: Any, wish: Wish) -> Outcome:
            await go_on.wait()
            return Outcome(tuple(Answer(text, "en", 1.0) for text in wish.texts), "de", "stable", {})

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
        error = _refused(lambda: stub.Translate(_request("late"), timeout=0.5))
        assert error.code() is Code.DEADLINE_EXCEEDED
        asked = clean_fake.asked[1]
        waiting = stub.Translate.future(_request("cancelled"))
        _wait(lambda: clean_fake.asked[1] > asked)
        full = _refused(lambda: stub.Translate(_request("too much")))
        assert full.code() is Code.RESOURCE_EXHAUSTED
        assert _details(full)["RetryInfo"].retry_delay.seconds >= 1
        waiting.cancel()
        asked = clean_fake.asked[1]
        document = stub.TranslateDocument(iter([_part(["cancelled, too"], target="de", source="en")]))
        _wait(lambda: clean_fake.asked[1] > asked)
        document.cancel()
        clean_fake.delay.clear()

        def passes() -> bool:
            with contextlib.suppress(grpc.RpcError):
                return bool(stub.Translate(_request("passes")).answers)
            return False

        _wait(passes)
        _wait(lambda: sum(line.get("status") == "CANCELLED" for line in gateway.lines()) >= 3)


def _details(error: grpc.RpcError) -> dict[str, Any]:
    """What a client's library reads of an error, by name."""
    status = rpc_status.from_call(error)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    details = {}
    for packed in status.details:
        name = packed.TypeName().rpartition(".")[2]
        details[name] = getattr(error_details_pb2, name)()
        packed.Unpack(details[name])
    return details


def test_keys_are_asked_for_counted_and_limited(fake: FakeServer, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/keys.sqlite"
    database = Database(url)
    secret = keys.add(database, "grpc", ["translate"], 100, 1000)
    other = keys.add(database, "suggests", ["suggest"], None, None)
    database.close()
    with (
        started(
            tmp_path / "locked",
            address=fake.address,
            model_root=str(fake.root),
            database=url,
            keys=True,
            grpc_port=0,
        ) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        stub = TranslationServiceStub(channel)
        bearer = [("authorization", f"Bearer {secret}")]
        assert stub.Languages(wire.LanguagesRequest()).keys
        assert stub.Translate(_request("a" * 60), metadata=bearer).answers[0].text == "A" * 60
        assert (
            stub.Translate(_request("b" * 30), metadata=[("x-api-key", secret)]).answers[0].text == "B" * 30
        )
        for metadata, code in (
            ([], Code.UNAUTHENTICATED),
            ([("authorization", "Basic x")], Code.UNAUTHENTICATED),
            ([("x-api-key", "dgm_none")], Code.PERMISSION_DENIED),
            ([("x-api-key", other)], Code.PERMISSION_DENIED),
        ):
            assert _refused(lambda sent=metadata: stub.Translate(_request(), metadata=sent)).code() is code
            assert (
                _refused(lambda sent=metadata: [*stub.TranslateDocument(iter([]), metadata=sent)]).code()
                is code
            )
        fast = _refused(lambda: stub.Translate(_request("c" * 60), metadata=bearer))
        assert fast.code() is Code.RESOURCE_EXHAUSTED
        details = _details(fast)
        assert (details["ErrorInfo"].reason, details["ErrorInfo"].domain) == ("TOO_FAST", "dragoman")
        assert details["RetryInfo"].retry_delay.seconds >= 1
        quota = _refused(lambda: stub.Translate(_request("d" * 1000), metadata=bearer))
        assert _details(quota)["ErrorInfo"].reason == "QUOTA"


def test_health_and_reflection_are_there_for_tools(gateway: Gateway) -> None:
    with grpc.insecure_channel(gateway.grpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in (
            "",
            "dragoman.translation.v1.TranslationService",
            "tensorflow.serving.PredictionService",
        ):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        unknown = _refused(lambda: health.Check(health_pb2.HealthCheckRequest(service="x")))
        assert unknown.code() is Code.NOT_FOUND
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = next(iter(reflection.ServerReflectionInfo(iter([asked]))))
        names = {one.name for one in answer.list_services_response.service}
        assert "dragoman.translation.v1.TranslationService" in names


def test_sigterm_lets_a_running_call_end(fake: FakeServer, clean_fake: FakeServer, tmp_path: Path) -> None:
    with (
        started(tmp_path / "drain", address=fake.address, model_root=str(fake.root), grpc_port=0) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        clean_fake.delay[1] = 1.5
        asked = clean_fake.asked[1]
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(TranslationServiceStub(channel).Translate, _request("to its end"))
            _wait(lambda: clean_fake.asked[1] > asked)
            gateway.process.terminate()
            assert running.result().answers[0].text == "TO ITS END"
        assert gateway.process.wait(120) == 0


def test_a_port_that_is_taken_is_said(gateway: Gateway, tmp_path: Path) -> None:
    port = gateway.grpc.rpartition(":")[2]
    with (
        pytest.raises(AssertionError, match="give another --grpc-port"),
        started(tmp_path / "second", model_root=None, grpc_port=int(port)),
    ):
        pass


def test_the_documented_client_works(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    document = (REPOSITORY / "docs" / "gateway.md").read_text()
    snippet = next(
        block
        for block in re.findall(r"```python\n(.*?)```", document, re.DOTALL)
        if "TranslationServiceStub" in block
    )
    assert "127.0.0.1:5001" in snippet
    exec(compile(snippet.replace("127.0.0.1:5001", gateway.grpc), "docs/gateway.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == ["GOOD MORNING.", "ONE.", "TWO.", "THREE."]
