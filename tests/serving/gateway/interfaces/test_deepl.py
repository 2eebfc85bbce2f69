"""DeepL's interface, asked by DeepL's own client, unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import deepl
import pytest
import requests
from deepl import http_client

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, model_server, started

GERMAN = "Das ist ein kleines Haus, und darin wohnt eine alte Frau."


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> deepl.DeepLClient:
    return deepl.DeepLClient("any", server_url=gateway.url)


@pytest.fixture(autouse=True)
def _no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "max_network_retries", 0)


def test_a_text_is_translated_and_its_language_found(client: deepl.DeepLClient) -> None:
    result = client.translate_text(GERMAN, target_lang="EN-US")
    assert isinstance(result, deepl.TextResult)
    assert (result.text, result.detected_source_lang) == (GERMAN.upper(), "DE")
    assert result.billed_characters == len(GERMAN)


def test_lists_come_back_in_order(client: deepl.DeepLClient) -> None:
    results = client.translate_text(["one", "", "two"], source_lang="EN", target_lang="DE")
    assert [result.text for result in results] == ["ONE", "", "TWO"]


def test_tags_are_kept_and_ignored_ones_not_translated(client: deepl.DeepLClient) -> None:
    result = client.translate_text(
        "<p>one <x>two</x></p>", source_lang="EN", target_lang="DE", tag_handling="xml", ignore_tags=["x"]
    )
    assert result.text == "<p>ONE <x>two</x></p>"
    html = client.translate_text(
        '<p class="a">one</p>',
        source_lang="EN",
        target_lang="DE",
        tag_handling="html",
        outline_detection=False,
        splitting_tags="p,q",
        non_splitting_tags=["b"],
    )
    assert html.text == '<p class="a">ONE</p>'


def test_sentences_are_split_as_it_is_said(client: deepl.DeepLClient, fake: FakeServer) -> None:
    rows: list[str] = []
    fake.translate[1] = lambda source: rows.append(source) or source.upper()
    try:
        for split in ("0", "1", "nonewlines"):
            rows.append(f"{split}:")
            client.translate_text(
                "One here. Two\nthere.", source_lang="EN", target_lang="DE", split_sentences=split
            )
    finally:
        del fake.translate[1]
    assert rows == [
        *("0:", "One here. Two there."),
        *("1:", "One here.", "Two", "there."),
        *("nonewlines:", "One here.", "Two there."),
    ]


def test_model_type_is_a_label(client: deepl.DeepLClient) -> None:
    canary = client.translate_text("one", source_lang="EN", target_lang="DE", model_type="canary")
    assert (canary.text, canary.model_type_used) == ("v2:ONE", "canary")
    best = client.translate_text("one", target_lang="DE", source_lang="EN", model_type="quality_optimized")
    assert (best.text, best.model_type_used) == ("ONE", "quality_optimized")


def test_what_has_no_effect_is_named_in_a_header(gateway: Gateway, client: deepl.DeepLClient) -> None:
    values = {"text": ["one"], "source_lang": "EN", "target_lang": "DE"}
    silent = {
        "context": "c",
        "preserve_formatting": True,
        "formality": "prefer_more",
        "tag_handling_version": "v2",
    }
    answer = gateway.post("/v2/translate", **values, **silent)
    assert answer.json()["translations"][0]["text"] == "ONE"
    assert set(answer.headers["x-dragoman-ignored"].split(",")) == set(silent)
    result = client.translate_text(
        "one", source_lang="EN", target_lang="DE", context="c", formality="default"
    )
    assert result.text == "ONE"


def test_context_goes_along_to_a_model_that_reads_it(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models")
    for card in (tmp_path / "models").rglob("model_card.json"):
        card.write_text(json.dumps({**json.loads(card.read_text()), "context": 1}))
    asked: list[str] = []

    def translated(source: str) -> str:
        asked.append(source)
        return source.rpartition("⟦|⟧ ")[2].upper()

    server.translate[1] = translated
    with started(
        tmp_path / "gateway", address=server.address, model_root=str(tmp_path / "models")
    ) as reading:
        wish = {"source_lang": "EN", "target_lang": "DE", "context": "He came. It is old."}
        answer = reading.post("/v2/translate", text=["one", "two"], **wish)
    server.stop()
    assert [translation["text"] for translation in answer.json()["translations"]] == ["ONE", "TWO"]
    assert asked == ["It is old. ⟦|⟧ one", "It is old. ⟦|⟧ two"]
    assert "x-dragoman-ignored" not in answer.headers


@pytest.mark.parametrize(
    "wish",
    [
        {"formality": "more"},
        {"glossary": "g", "source_lang": "EN"},
        {"style_rule": "s"},
        {"custom_instructions": ["be brief"]},
        {"translation_memory": "t"},
        {"tag_handling": "pdf"},
        {"split_sentences": "2"},
        {"model_type": "newest"},
        {"source_lang": "TLH"},
    ],
)
def test_what_cannot_be_done_is_refused(client: deepl.DeepLClient, wish: dict) -> None:
    with pytest.raises(deepl.DeepLException) as raised:
        client.translate_text("one", target_lang="DE", **wish)
    assert raised.value.http_status_code == 400


def test_missing_and_too_much(gateway: Gateway) -> None:
    assert gateway.post("/v2/translate", target_lang="DE").status_code == 400
    assert gateway.post("/v2/translate", text=["a"]).status_code == 400
    much = gateway.post("/v2/translate", text=["a" * 50_001], target_lang="DE", source_lang="EN")
    assert (much.status_code, "exceeds" in much.json()["message"]) == (413, True)
    missing = gateway.get("/v2/nothing")
    assert (missing.status_code, "message" in missing.json()) == (404, True)


def test_forms_are_taken_as_json_is(gateway: Gateway) -> None:
    data = [("text", "one"), ("text", "two"), ("target_lang", "DE"), ("source_lang", "EN")]
    answer = requests.post(gateway.url + "/v2/translate", data=data, timeout=30).json()
    assert [translation["text"] for translation in answer["translations"]] == ["ONE", "TWO"]
    assert answer["translations"][0]["detected_source_language"] == "EN"


def test_languages_and_usage(client: deepl.DeepLClient, gateway: Gateway) -> None:
    sources = client.get_source_languages()
    assert {language.code: language.name for language in sources} == {"DE": "German", "EN": "English"}
    targets = client.get_target_languages()
    assert [(language.code, language.supports_formality) for language in targets] == [
        ("DE", False),
        ("EN", False),
        ("FR", False),
    ]
    assert client.get_usage().any_limit_reached is False
    v3 = gateway.get("/v3/languages?resource=translate_text").json()
    assert [(language["lang"], language["usable_as_source"]) for language in v3] == [
        ("de", True),
        ("en", True),
        ("fr", False),
    ]
    assert gateway.get("/v3/languages?resource=voice").json() == []


def test_each_resource_of_v3_has_its_languages_with_the_features_of_each(gateway: Gateway) -> None:
    resources = gateway.get("/v3/languages/resources").json()
    assert resources == [
        {
            "name": "translate_text",
            "features": [
                {"name": "auto_detection", "needs_source_support": True},
                {"name": "tag_handling", "needs_source_support": True, "needs_target_support": True},
            ],
        },
        {
            "name": "translate_document",
            "features": [{"name": "auto_detection", "needs_source_support": True}],
        },
    ]
    for resource, tags in (("translate_text", ["tag_handling"]), ("translate_document", [])):
        answer = gateway.get(f"/v3/languages?resource={resource}&include=beta&include=external")
        # French is written here, and not read.
        assert {language["lang"]: list(language["features"]) for language in answer.json()} == {
            "de": ["auto_detection", *tags],
            "en": ["auto_detection", *tags],
            "fr": tags,
        }
        assert answer.headers["x-dragoman-ignored"] == "include"


def test_glossaries_are_none_and_cannot_be_made(client: deepl.DeepLClient) -> None:
    assert client.get_glossary_languages() == []
    assert client.list_glossaries() == []
    assert client.list_multilingual_glossaries() == []
    with pytest.raises(deepl.DeepLException):
        client.create_glossary("name", "EN", "DE", {"a": "b"})
    with pytest.raises(deepl.DeepLException, match="/v2/write/rephrase is not served here"):
        client.rephrase_text("text")
