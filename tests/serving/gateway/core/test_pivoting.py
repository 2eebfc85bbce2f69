"""Translation over a third language, where the settings name one."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
import requests

from serving.gateway.core.errors import GatewayError
from serving.gateway.core.offer import Offer, Offers, Route
from serving.gateway.core.pivoting import joined
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.wish import Asked, TextOutcome
from serving.gateway.interfaces.dragoman import _as_said
from serving.wire.translation_pb2 import Options, TranslateRequest
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from texts.cascade import Rendering

ENDS = [("de", "en"), ("en", "de"), ("en", "fr"), ("fr", "es"), ("es", "en"), ("nl", "de")]
ROUTES = {ends: Route(*ends, "-".join(ends), "a") for ends in ENDS}


def _offer(*pivots: str) -> Offer:
    versions = {("-".join(ends), "stable"): number for number, ends in enumerate(ENDS)}
    return Offer(tuple(ROUTES.values()), versions, pivots)


def test_without_pivots_there_are_the_models_directions_alone() -> None:
    offer = _offer()
    assert offer.targets("de") == ("en",)
    assert offer.sources_of("fr") == ("en",)
    with pytest.raises(GatewayError, match="from de: there is en"):
        offer.legs("de", "fr")


def test_a_pivot_leads_where_no_model_does() -> None:
    offer = _offer("en")
    assert offer.legs("de", "fr") == (ROUTES["de", "en"], ROUTES["en", "fr"])
    assert offer.legs("de", "en") == (ROUTES["de", "en"],)
    assert offer.targets("de") == ("en", "fr")
    assert offer.targets("en") == ("de", "fr")
    assert offer.targets("es") == ("de", "en", "fr")
    assert offer.sources_of("fr") == ("en", "de", "es")
    assert offer.sources_of("de") == ("en", "nl", "es")
    assert offer.models("de", "fr", "stable") == {("de-en", 0), ("en-fr", 2)}
    with pytest.raises(GatewayError, match="from nl: there is de"):
        offer.legs("nl", "fr")  # It would take two pivots.


def test_the_first_pivot_that_leads_there_is_taken() -> None:
    assert _offer("nl", "fr", "en").legs("en", "es") == (ROUTES["en", "fr"], ROUTES["fr", "es"])
    assert _offer("fr", "es").targets("en") == ("de", "es", "fr")


def test_the_lists_are_what_can_be_translated() -> None:
    offer = _offer("en", "fr")
    for source in offer.sources:
        for target in offer.all_targets:
            is_there = source != target and bool(offer.between(source, target))
            assert (target in offer.targets(source), source in offer.sources_of(target)) == (is_there,) * 2


def test_two_models_answers_are_joined() -> None:
    first = Rendering("eins zwei", -1.0, alignment=((0, 1), (1, 0)))
    second = Rendering("un deux trois", -0.5, True, ("une",), ((0, 2), (1, 0), (1, 1)))
    both = joined(first, second)
    assert (both.text, both.score, both.truncated) == ("un deux trois", -1.5, True)
    assert (both.alternatives, both.alignment) == (("une",), ((0, 0), (0, 1), (1, 2)))
    assert joined(first, Rendering("un")).alignment is None


def test_versions_are_told_one_model_after_the_other() -> None:
    answer = TextOutcome("eins", "en", 1.0, asked=(Asked("en-de", (7, 8)), Asked("de-fr", (2, 8))))
    assert (answer.model, answer.versions) == ("en-de,de-fr", (7, 8, 2))
    assert _as_said(answer)["asked"] == [
        {"model": "en-de", "versions": [7, 8]},
        {"model": "de-fr", "versions": [2, 8]},
    ]


def test_pivots_are_of_the_settings_models_too(tmp_path: Path) -> None:
    models = [
        {"name": "a", "source": "de", "targets": ["en"]},
        {"name": "b", "source": "en", "targets": ["fr"]},
    ]
    settings = GatewaySettings.model_validate({"models": models, "pivots": ["en"], "model_root": tmp_path})
    offer = Offers(settings).now
    assert offer.targets("de") == ("en", "fr")
    assert [route.model for route in offer.between("de", "fr")] == ["a", "b"]


def test_a_pivot_is_written_as_codes_are_and_one_that_leads_nowhere_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = [
        {"name": "a", "source": "de", "targets": ["en"]},
        {"name": "b", "source": "en", "targets": ["fr"]},
    ]
    for written, led in (("EN", True), ("en-US", True), ("fr", False), ("nl", False)):
        settings = {"models": models, "pivots": [written], "model_root": tmp_path}
        caplog.clear()
        offers = Offers(GatewaySettings.model_validate(settings))
        offers.refresh()
        assert (offers.now.targets("de") == ("en", "fr")) is led, written
        reasons = [record.fields["reason"] for record in caplog.records]  # type: ignore[attr-defined]
        assert reasons == ([] if led else [f"no model reads and writes {written}: there is de, en, fr"])


def test_a_model_roots_pivots_are_told_of_once(fake: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    offers = Offers(GatewaySettings.model_validate({"model_root": fake.root, "pivots": ["nl", "EN"]}))
    offers.refresh()
    assert offers.now.pivots == ("en",)
    assert [record.message for record in caplog.records] == ["a pivot leads nowhere"]


def _sent(gateway: Gateway, path: str, **values: str) -> requests.Response:
    file = {"file": ("a.txt", b"Hier ist {name} drin.")}
    return requests.post(gateway.url + path, data=values, files=file, timeout=60)


def test_documents_say_that_they_went_over_a_third_language(fake: FakeServer, tmp_path: Path) -> None:
    settings = {"address": fake.address, "model_root": str(fake.root), "pivots": ["en"]}
    with started(tmp_path / "pivots", **settings) as gateway:
        for source, pivots in (("de", ["en"]), ("en", [])):
            header = ",".join(pivots) or None
            ours = _sent(gateway, "/v1/documents", source=source, target="fr").json()
            url, key = f"/v1/documents/{ours['document']}", {"key": ours["key"]}
            while (state := gateway.post(url, **key)).json()["state"] in ("queued", "translating"):
                assert state.json()["pivots"] == []
            assert (state.json()["state"], state.json()["pivots"]) == ("done", pivots)
            result = gateway.post(f"{url}/result", **key)
            assert result.content == b"HIER IST {name} DRIN."

            deepls = _sent(gateway, "/v2/document", source_lang=source, target_lang="FR").json()
            url, key = f"/v2/document/{deepls['document_id']}", {"document_key": deepls["document_key"]}
            while (status := gateway.post(url, **key)).json()["status"] != "done":
                assert status.json()["status"] != "error"
            deepls_result = gateway.post(f"{url}/result", **key)
            file = _sent(gateway, "/translate_file", source=source, target="fr")
            download = requests.get(file.json()["translatedFileUrl"], timeout=30)
            answers = (state, result, status, deepls_result, file, download)
            assert [answer.headers.get("x-dragoman-pivot") for answer in answers] == [header] * 6


def test_answers_say_that_a_text_went_over_a_third_language(fake: FakeServer, tmp_path: Path) -> None:
    settings = {"address": fake.address, "model_root": str(fake.root), "pivots": ["en"], "grpc_port": 0}
    fake.translate[1] = lambda source: f"{source}'"
    try:
        with started(tmp_path / "pivots", **settings) as gateway:
            listed = {language["code"]: language["targets"] for language in gateway.get("/languages").json()}
            assert listed == {"de": ["en", "fr"], "en": ["de", "fr"], "fr": []}
            wish = {"texts": ["Hier ist <b>{name}</b> drin."], "target": "fr", "format": "html"}
            answer = gateway.post("/v1/translate", **wish, source="de", alternatives=1)
            [said] = answer.json()["answers"]
            assert (said["text"], said["pivot"]) == ("Hier ist <b>{name}</b> drin.''", "en")
            assert (said["model"], said["versions"]) == ("m", [1])
            assert answer.headers["x-dragoman-pivot"] == "en"
            again = requests.post(
                f"{gateway.url}/translate",
                {
                    "q": "Das ist ein kleines Haus, und darin wohnt eine alte Frau.",
                    "source": "auto",
                    "target": "fr",
                },
                timeout=30,
            )
            assert again.json()["translatedText"].endswith("''")
            assert again.json()["detectedLanguage"]["language"] == "de"
            direct = gateway.post("/v1/translate", **wish, source="en")
            assert direct.json()["answers"][0]["pivot"] is None
            assert "x-dragoman-pivot" not in direct.headers
            with grpc.insecure_channel(gateway.grpc) as channel:
                request = TranslateRequest(texts=["eins"], options=Options(source="de", target="fr"))
                [by_grpc] = TranslationServiceStub(channel).Translate(request, timeout=30).answers
            assert (by_grpc.text, by_grpc.pivot) == ("eins''", "en")
    finally:
        del fake.translate[1]
