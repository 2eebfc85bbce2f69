"""Google's interface, and our own."""

from __future__ import annotations

import requests

from tests.serving.gateway.conftest import Gateway

PATH = "/language/translate/v2"
GERMAN = "Das ist ein kleines Haus, und darin wohnt eine alte Frau."


def test_google_translates_from_the_query_string_and_from_json(gateway: Gateway) -> None:
    query = [("q", "one"), ("q", "<b>two</b>"), ("target", "de"), ("source", "en"), ("key", "any")]
    answer = requests.get(gateway.url + PATH, params=query, timeout=30).json()
    assert answer == {"data": {"translations": [{"translatedText": "ONE"}, {"translatedText": "<b>TWO</b>"}]}}
    detected = gateway.post(PATH, q=GERMAN, target="en", format="text", model="canary").json()
    assert detected["data"]["translations"] == [
        {"translatedText": f"v2:{GERMAN.upper()}", "detectedSourceLanguage": "de", "model": "canary"}
    ]


def test_google_detects_and_lists(gateway: Gateway) -> None:
    answer = gateway.post(f"{PATH}/detect", q=[GERMAN, "This is a small house."]).json()
    assert [candidates[0]["language"] for candidates in answer["data"]["detections"]] == ["de", "en"]
    assert gateway.post(f"{PATH}/detect", q=["a"] * 129).status_code == 400
    named = gateway.get(f"{PATH}/languages?target=de").json()["data"]["languages"]
    assert named[0] == {"language": "de", "name": "Deutsch"}
    assert gateway.get(f"{PATH}/languages").json()["data"]["languages"][2] == {"language": "fr"}
    assert gateway.get(f"{PATH}/languages?target={'x' * 36}").status_code == 400
    assert gateway.get(f"{PATH}/languages?target=tlh").json()["data"]["languages"][0]["name"] == "German"


def test_google_says_errors_as_google_does(gateway: Gateway) -> None:
    for values in (
        {"target": "de"},
        {"q": "a"},
        {"q": "a", "target": "tlh"},
        {"q": "a", "target": "de", "cid": "c"},
    ):
        answer = gateway.post(PATH, **values)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, 400)
        assert error["errors"][0]["message"] == error["message"]
    assert gateway.get("/language/nothing").json()["error"]["code"] == 404


def test_our_own_answers_carry_all_that_is_known(gateway: Gateway) -> None:
    text = "One {name} here. Two there."
    body = gateway.post("/v1/translate", texts=[text, GERMAN], target="en", alternatives=1).json()
    english, german = body["answers"]
    assert (english["text"], english["source"], english["model"]) == (text, "en", None)
    assert (german["text"], german["source"], german["versions"]) == (GERMAN.upper(), "de", [1])
    assert 0 < german["confidence"] <= 1
    assert german["alternatives"] == [f"{GERMAN.upper()} 1"]
    assert german["segments"][0]["source"] == [0, len(GERMAN)]
    assert body["label"] == "stable"
    assert "model" in body["milliseconds"]


def test_our_own_keeps_placeholders_and_says_so(gateway: Gateway) -> None:
    text = "One {name} here. Two there."
    body = gateway.post("/v1/translate", texts=text, source="en", target="de").json()
    answer = body["answers"][0]
    assert answer["text"] == "ONE {name} HERE. TWO THERE."
    assert any(note["took"] == "{name}" for note in answer["notes"])
    assert [segment["source"] for segment in answer["segments"]] == [[0, 16], [17, 27]]


def test_our_own_says_what_is_wrong(gateway: Gateway) -> None:
    for values in (
        {"texts": ["a"]},
        {"target": "de"},
        {"texts": ["a"], "target": "de", "format": "pdf"},
        {"texts": ["a"], "target": "de", "split": "no"},
    ):
        answer = gateway.post("/v1/translate", **values)
        assert (answer.status_code, answer.json()["error"]["fault"]) == (400, "invalid"), values
