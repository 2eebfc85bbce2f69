"""`dragoman.translation.v1`: what an answer has, what is refused, keys, and tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from serving.gateway.database import keys
from serving.gateway.database.database import Database
from serving.wire import translation_pb2 as wire
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.hostile import hostile_strings
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import REPOSITORY, Gateway, model_server, started
from tests.serving.gateway.core.test_offer import CONFIDENCE, tell
from tests.serving.gateway.grpc.calls import Code, details_of, refusal_of, request_of, wait_until


@pytest.fixture(scope="module")
def stub(gateway: Gateway) -> Iterator[TranslationServiceStub]:
    with grpc.insecure_channel(gateway.grpc) as channel:
        yield TranslationServiceStub(channel)


def _as_v1(answer: wire.Answer) -> dict[str, Any]:
    """As `/v1/translate` says it."""

    def span(place: wire.Span) -> list[int]:
        return [place.begin, place.end]

    return {
        "text": answer.text,
        "source": answer.source,
        "confidence": round(answer.confidence, 4),
        "score": answer.score if answer.HasField("score") else None,
        "alternatives": list(answer.alternatives),
        "segments": [
            {
                "source": span(segment.source),
                "target": span(segment.target),
                "score": segment.score if segment.HasField("score") else None,
                **({"confidence": round(segment.confidence, 4)} if segment.HasField("confidence") else {}),
                "truncated": segment.truncated,
                "links": [[span(link.source), span(link.target)] for link in segment.links],
            }
            for segment in answer.segments
        ],
        "notes": [
            {"stage": note.stage, "took": note.took, "gave": note.gave, "kept": note.kept}
            for note in answer.notes
        ],
        "model": answer.model or None,
        "versions": list(answer.versions),
        "asked": [{"model": leg.model, "versions": list(leg.versions)} for leg in answer.asked],
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
    response = stub.Translate(request_of(texts, **by_grpc))
    body = gateway.post("/v1/translate", **{"texts": texts, "target": "de", "source": "en", **by_http}).json()
    assert [_as_v1(answer) for answer in response.answers] == body["answers"]
    assert (response.target, response.label) == ("de", "stable")
    assert {"wait", "model"} <= set(response.milliseconds)


def test_a_sentence_has_its_confidence_where_the_card_says_one(
    stub: TranslationServiceStub, tmp_path: Path
) -> None:
    [answer] = stub.Translate(request_of("A dog.")).answers
    assert [segment.HasField("confidence") for segment in answer.segments] == [False]
    root = tmp_path / "models"
    server = model_server(root)
    tell(root, 1, 0.2)
    settings = {"address": server.address, "model_root": str(root), "grpc_port": 0}
    with started(tmp_path / "gateway", **settings) as calibrated:
        text = "A dog. A cat sat on it."
        with grpc.insecure_channel(calibrated.grpc) as channel:
            response = TranslationServiceStub(channel).Translate(request_of(text))
        body = calibrated.post("/v1/translate", texts=[text], target="de", source="en").json()
        assert [_as_v1(answer) for answer in response.answers] == body["answers"]
        likely = [segment.confidence for segment in response.answers[0].segments]
        assert likely == [CONFIDENCE.of_score(segment.score) for segment in response.answers[0].segments]
    server.stop()


def test_the_other_label_is_asked_for_in_metadata(stub: TranslationServiceStub) -> None:
    response = stub.Translate(request_of(), metadata=[("x-dragoman-label", "canary")])
    answer = response.answers[0]
    assert (answer.text, list(answer.versions), response.label) == ("v2:HELLO", [2], "canary")
    error = refusal_of(lambda: stub.Translate(request_of(), metadata=[("x-dragoman-label", "newest")]))
    assert error.code() is Code.INVALID_ARGUMENT


def test_a_request_keeps_its_id_is_counted_and_no_text_is_logged(
    gateway: Gateway, stub: TranslationServiceStub
) -> None:
    response, call = stub.Translate.with_call(
        request_of("mozambique"), metadata=[("x-request-id", "grpc-request.1")]
    )
    assert (response.request, dict(call.trailing_metadata())["x-request-id"]) == ("grpc-request.1",) * 2
    refusal_of(lambda: stub.Translate(request_of("mozambique", target="xx-mozambique")))
    wait_until(lambda: "grpc-request.1" in gateway.log.read_text())
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
        (request_of([]), "texts"),
        (request_of(target=""), "target"),
        (request_of(target="xx"), "xx is not supported"),
        (request_of(source="fr"), "fr is not supported"),
        (request_of(alternatives=11), "at most 10"),
        (request_of(format=99), "no format 99"),
        (request_of(split=99), "no split 99"),
        (request_of(["a"] * 129), "exceeds"),
        (request_of("a" * 50_001), "exceeds"),
    ],
)
def test_what_means_nothing_or_is_too_much_is_an_invalid_argument(
    stub: TranslationServiceStub, request_: wire.TranslateRequest, said: str
) -> None:
    error = refusal_of(lambda: stub.Translate(request_))
    assert (error.code(), said in error.details()) == (Code.INVALID_ARGUMENT, True), error.details()


def test_what_is_said_of_a_request_fits_into_metadata(stub: TranslationServiceStub) -> None:
    """Of more, clients say RESOURCE_EXHAUSTED, and try again."""
    error = refusal_of(lambda: stub.Translate(request_of(source="ä" * 9000)))
    assert error.code() is Code.INVALID_ARGUMENT
    assert error.details().startswith("ää")


def test_strings_in_are_strings_out_whatever_they_hold(stub: TranslationServiceStub) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in hostile_strings(100, seed=11)]
    answers = stub.Translate(request_of(texts)).answers
    assert [bool(answer.text.strip()) for answer in answers] == [bool(text.strip()) for text in texts]


def test_languages_and_detection(stub: TranslationServiceStub) -> None:
    response = stub.Languages(wire.LanguagesRequest())
    listed = {language.code: (language.name, list(language.targets)) for language in response.languages}
    assert listed["en"] == ("English", ["de", "fr"])
    assert (response.keys, response.characters) == (False, 50_000)
    detected = stub.Detect(wire.DetectRequest(texts=["Das ist ein kleiner Hund.", "This is a small dog."]))
    assert [text.candidates[0].language for text in detected.texts] == ["de", "en"]
    assert refusal_of(lambda: stub.Detect(wire.DetectRequest())).code() is Code.INVALID_ARGUMENT


def test_a_model_server_that_fails_gives_nothing_away(
    stub: TranslationServiceStub, clean_fake: FakeServer
) -> None:
    clean_fake.failing.add(1)
    error = refusal_of(lambda: stub.Translate(request_of("never asked before")))
    assert (error.code(), "graph" in error.details()) == (Code.INTERNAL, False)


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
        assert stub.Translate(request_of("a" * 60), metadata=bearer).answers[0].text == "A" * 60
        assert (
            stub.Translate(request_of("b" * 30), metadata=[("x-api-key", secret)]).answers[0].text == "B" * 30
        )
        for metadata, code in (
            ([], Code.UNAUTHENTICATED),
            ([("authorization", "Basic x")], Code.UNAUTHENTICATED),
            ([("x-api-key", "dgm_none")], Code.PERMISSION_DENIED),
            ([("x-api-key", other)], Code.PERMISSION_DENIED),
        ):
            assert (
                refusal_of(lambda sent=metadata: stub.Translate(request_of(), metadata=sent)).code() is code
            )
            assert (
                refusal_of(lambda sent=metadata: [*stub.TranslateDocument(iter([]), metadata=sent)]).code()
                is code
            )
        fast = refusal_of(lambda: stub.Translate(request_of("c" * 60), metadata=bearer))
        assert fast.code() is Code.RESOURCE_EXHAUSTED
        details = details_of(fast)
        assert (details["ErrorInfo"].reason, details["ErrorInfo"].domain) == ("TOO_FAST", "dragoman")
        assert details["RetryInfo"].retry_delay.seconds >= 1
        quota = refusal_of(lambda: stub.Translate(request_of("d" * 1000), metadata=bearer))
        assert details_of(quota)["ErrorInfo"].reason == "QUOTA"


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
        unknown = refusal_of(lambda: health.Check(health_pb2.HealthCheckRequest(service="x")))
        assert unknown.code() is Code.NOT_FOUND
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = next(iter(reflection.ServerReflectionInfo(iter([asked]))))
        names = {service.name for service in answer.list_services_response.service}
        assert "dragoman.translation.v1.TranslationService" in names


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
