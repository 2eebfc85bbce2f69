"""LibreTranslate's interface: what its clients send unchanged, and what they expect."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.error import HTTPError

import pytest
import requests
from libretranslatepy import LibreTranslateAPI

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started

GERMAN = "Das ist ein kleines Haus, und darin wohnt eine alte Frau."


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> LibreTranslateAPI:
    return LibreTranslateAPI(gateway.url)


def test_libretranslatepy_translates(client: LibreTranslateAPI) -> None:
    assert client.translate("Good morning. It rains.", "en", "de") == "GOOD MORNING. IT RAINS."
    assert client.translate(GERMAN, "auto", "en") == GERMAN.upper()


def test_libretranslatepy_lists_languages_with_their_names(client: LibreTranslateAPI) -> None:
    assert client.languages() == [
        {"code": "de", "name": "German", "targets": ["en"]},
        {"code": "en", "name": "English", "targets": ["de", "fr"]},
        {"code": "fr", "name": "French", "targets": []},
    ]


def test_libretranslatepy_detects(client: LibreTranslateAPI) -> None:
    detections = client.detect(GERMAN)
    assert detections[0]["language"] == "de"
    assert 0 <= detections[0]["confidence"] <= 100
    assert {detection["language"] for detection in detections} <= {"de", "en"}


def test_libretranslatepy_is_told_what_is_wrong(client: LibreTranslateAPI) -> None:
    with pytest.raises(HTTPError) as raised:
        client.translate("Good morning.", "en", "tlh")
    assert raised.value.code == 400
    assert b'{"error": "tlh is not supported' in raised.value.read()


def test_a_form_in_parts_is_a_form(gateway: Gateway) -> None:
    """As a browser's `FormData` and `curl -F` send it."""

    def sent(*parts: tuple[str, tuple[str | None, str]]) -> requests.Response:
        languages = [("source", (None, "en")), ("target", (None, "de"))]
        return requests.post(gateway.url + "/translate", files=[*parts, *languages], timeout=30)

    assert sent(("q", (None, "grün"))).json() == {"translatedText": "GRüN"}
    assert sent(("q", (None, "one")), ("q", (None, "two"))).json() == {"translatedText": ["ONE", "TWO"]}
    refused = sent(("q", ("a.txt", "one")))
    assert (refused.status_code, "no file is taken here" in refused.json()["error"]) == (400, True)


def test_lists_come_back_as_lists_and_alternatives_with_them(gateway: Gateway) -> None:
    answer = gateway.post("/translate", q=["one", "two"], source="en", target="de", alternatives=2)
    assert answer.json() == {
        "translatedText": ["ONE", "TWO"],
        "alternatives": [["ONE 1", "ONE 2"], ["TWO 1", "TWO 2"]],
    }
    single = gateway.post("/translate", q="one", source="en", target="de", alternatives=1).json()
    assert single == {"translatedText": "ONE", "alternatives": ["ONE 1"]}


def test_auto_says_what_it_took_each_text_for(gateway: Gateway) -> None:
    """Mastodon sends HTML, the source `auto` where a post has no language, and no key as null."""
    answer = gateway.post(
        "/translate", q=[f"<p>{GERMAN}</p>"], source="auto", target="en", format="html", api_key=None
    )
    body = answer.json()
    assert body["translatedText"] == [f"<p>{GERMAN.upper()}</p>"]
    assert body["detectedLanguage"][0]["language"] == "de"


def test_codes_are_taken_in_any_case_and_with_a_region(gateway: Gateway) -> None:
    for source, target in (("EN", "DE"), ("en-US", "de_AT")):
        assert gateway.post("/translate", q="a", source=source, target=target).json() == {
            "translatedText": "A"
        }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "en", "target": "de"}, "Invalid request: missing q parameter"),
        ({"q": "a", "target": "de"}, "Invalid request: missing source parameter"),
        ({"q": "a", "source": "en"}, "Invalid request: missing target parameter"),
        ({"q": "a", "source": "fr", "target": "de"}, "fr is not supported: there is en, de"),
        (
            {"q": "a", "source": "de", "target": "fr"},
            "fr is not available as a target language from de: there is en",
        ),
        ({"q": "a", "source": "en", "target": "de", "format": "pdf"}, "pdf format is not supported"),
        (
            {"q": ["a", 1], "source": "en", "target": "de"},
            "Invalid request: q should be a text or a list of texts",
        ),
        ({"q": "a", "source": ["en"], "target": "de"}, "Invalid request: source should be a text"),
        (
            {"q": "a", "source": "en", "target": "de", "alternatives": -1},
            "Invalid request: alternatives should be a number from 0 to 10",
        ),
        (
            {"q": ["a"] * 129, "source": "en", "target": "de"},
            "Invalid request: request (129) exceeds text limit (128)",
        ),
        (
            {"q": "a" * 50_001, "source": "en", "target": "de"},
            "Invalid request: request (50001) exceeds text limit (50000)",
        ),
    ],
)
def test_errors_are_400_and_say_what_is_wrong(gateway: Gateway, values: dict, said: str) -> None:
    answer = gateway.post("/translate", **values)
    assert (answer.status_code, answer.json()) == (400, {"error": said})


def test_unknown_options_are_named(gateway: Gateway) -> None:
    answer = gateway.post("/translate", q="a", source="en", target="de", secret="s", more=1)
    assert answer.headers["x-dragoman-ignored"] == "secret,more"


def test_health_settings_and_spec(gateway: Gateway) -> None:
    assert gateway.get("/health").json() == {"status": "ok"}
    settings = gateway.get("/frontend/settings").json()
    assert (settings["charLimit"], settings["language"]["target"]["code"]) == (50_000, "de")
    spec = gateway.get("/spec").json()
    assert spec["paths"]["/translate"]["post"]["requestBody"]["required"] is True


def test_suggestions_are_kept_and_can_be_switched_off_as_pages_of_other_origins_can_on(
    gateway: Gateway, fake: FakeServer, tmp_path: Path
) -> None:
    sent = {"q": "It rains again.", "s": "Es regnet wieder.", "source": "en-GB", "target": "de"}
    nul = {**sent, "s": "Es regnet\0 wieder."}
    assert gateway.post("/suggest", **nul).json() == {"success": True}
    assert requests.post(gateway.url + "/suggest", data=sent, timeout=30).json() == {"success": True}
    assert gateway.post("/suggest", **{**sent, "s": ""}).status_code == 400
    with sqlite3.connect(gateway.log.parent / "gateway.sqlite") as database:
        columns = "SELECT suggestion, source_language FROM suggestions WHERE source = ?"
        kept = list(database.execute(columns, [sent["q"]]))
    assert kept == [("Es regnet wieder.", "en")] * 2
    settings = {"suggestions": False, "cors_origins": ["https://example.org"]}
    with started(tmp_path / "off", address=fake.address, model_root=str(fake.root), **settings) as off:
        answer = off.post("/suggest", **sent)
        assert (answer.status_code, answer.json()["error"]) == (
            403,
            "Suggestions are disabled on this server.",
        )
        assert _allowed_origin(off) == "https://example.org"
        _assert_headers_pass(off)
    assert _allowed_origin(gateway) is None
    for origin, status in (("https://example.org", 403), ("null", 403), (gateway.url, 200)):
        headers = {"Origin": origin}
        assert (
            requests.post(gateway.url + "/suggest", sent, headers=headers, timeout=30).status_code == status
        )


def _assert_headers_pass(running: Gateway) -> None:
    """A page may say what the gateway reads, and read what it says."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-request-id"}
    headers = {"Origin": "https://example.org"}
    assert requests.options(running.url + "/translate", headers={**headers, **asks}, timeout=30).ok
    wish = {"q": "one", "source": "en", "target": "de", "secret": "s"}
    answer = requests.post(running.url + "/translate", json=wish, headers=headers, timeout=30)
    shown = answer.headers["access-control-expose-headers"].lower().split(", ")
    said = {name.lower() for name in answer.headers if name.lower().startswith("x-dragoman-")}
    assert said | {"server-timing", "x-request-id"} <= set(shown)
    assert "x-dragoman-ignored" in said


def _allowed_origin(running: Gateway) -> str | None:
    """Whether a page of another origin may ask."""
    headers = {"Origin": "https://example.org"}
    answer = requests.get(running.url + "/languages", headers=headers, timeout=30)
    return answer.headers.get("access-control-allow-origin")
