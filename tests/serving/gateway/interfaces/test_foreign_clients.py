"""Programs that speak a foreign interface: libraries as they are, and what Mastodon's and Weblate's code
sends and reads of the answers, by their sources (`app/lib/translation_service`, `weblate/machinery`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import deep_translator
import pytest
import requests
from deep_translator import constants, exceptions

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, locked_gateway
from tests.serving.gateway.fetched import from_pypi

ARGOSTRANSLATE = "1.11.0"
GERMAN = "Das ist ein kleines Haus, und darin wohnt eine alte Frau."


@pytest.fixture(scope="module")
def locked(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, str]]:
    """A gateway that wants keys, and one."""
    with locked_gateway(tmp_path_factory.mktemp("locked"), fake) as running:
        yield running


def test_argostranslates_client_makes_all_of_its_calls(
    locked: tuple[Gateway, str], pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`argostranslate.apis` alone: what the package depends on is 2 GB, which this module does without."""
    gateway, key = locked
    monkeypatch.syspath_prepend(from_pypi(pytestconfig.cache, "argostranslate", ARGOSTRANSLATE))
    from argostranslate.apis import LibreTranslateAPI

    client = LibreTranslateAPI(gateway.url, key)
    assert client.translate("hello", "en", "de") == "HELLO"
    assert client.translate(GERMAN, "auto", "en") == GERMAN.upper()
    assert {"code": "de", "name": "German", "targets": ["en"]} in client.languages()
    detection = client.detect(GERMAN)[0]
    assert (detection["language"], 0 < detection["confidence"] <= 100) == ("de", True)
    for wrong, target, status in ((None, "de", 400), ("wrong", "de", 403), (key, "tlh", 400)):
        with pytest.raises(HTTPError) as raised:
            LibreTranslateAPI(f"{gateway.url}/", wrong).translate("hello", "en", target)
        assert raised.value.code == status


def test_deep_translators_libretranslate_makes_all_of_its_calls(
    locked: tuple[Gateway, str], tmp_path: Path
) -> None:
    """It posts in the query string."""
    gateway, key = locked

    def client(source: str, target: str, key: str = key) -> deep_translator.LibreTranslator:
        return deep_translator.LibreTranslator(source, target, key, custom_url=f"{gateway.url}/")

    english = client("English", "German")
    assert english.translate("Good morning & goodbye? + 100 %") == "GOOD MORNING & GOODBYE? + 100 %"
    _batch_and_file(english, tmp_path)
    assert client("auto", "en").translate(GERMAN) == GERMAN.upper()
    assert client("de", "de").translate("bleibt") == "bleibt"
    with pytest.raises(exceptions.AuthorizationException):
        client("en", "de", "wrong").translate("one")
    with pytest.raises(exceptions.ServerException):
        client("de", "fr").translate("eins")


@pytest.mark.parametrize("plan", ["DEEPL", "DEEPL_FREE"])
def test_deep_translators_deepl_makes_all_of_its_calls(
    locked: tuple[Gateway, str], plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets, with all in the query string; where DeepL is stands in its table of addresses."""
    gateway, key = locked
    monkeypatch.setitem(constants.BASE_URLS, plan, f"{gateway.url}/{{version}}/")

    def client(source: str, target: str, key: str = key) -> deep_translator.DeeplTranslator:
        return deep_translator.DeeplTranslator(source, target, key, use_free_api=plan == "DEEPL_FREE")

    english = client("english", "german")
    assert english.translate("Good morning & goodbye? + 100 %") == "GOOD MORNING & GOODBYE? + 100 %"
    _batch_and_file(english, tmp_path)
    with pytest.raises(exceptions.AuthorizationException):
        client("en", "de", "wrong").translate("one")
    with pytest.raises(exceptions.ServerException):
        client("de", "fr").translate("eins")


def _batch_and_file(client: Any, folder: Path) -> None:
    assert client.translate_batch(["one", "two"]) == ["ONE", "TWO"]
    (folder / "a.txt").write_text("One here.\nTwo there.\n")
    assert client.translate_file(str(folder / "a.txt")) == "ONE HERE.\nTWO THERE."


def test_mastodon_by_libretranslate(gateway: Gateway) -> None:
    """JSON with HTML; `auto` where a post has no language, null where there is no key."""

    def ask(verb: str, path: str, sent: object = None) -> Any:
        body = None if sent is None else json.dumps(sent)
        headers = {"Content-Type": "application/json"}
        answer = requests.request(verb, gateway.url + path, data=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    languages = {language["code"]: language["targets"] for language in ask("GET", "/languages")}
    assert languages == {"de": ["en"], "en": ["de", "fr"], "fr": []}
    texts = [f"<p>{GERMAN}</p>", "<p>Guten <a href='https://example.org'>Morgen</a>!</p>", ""]
    wanted = [f"<p>{GERMAN.upper()}</p>", "<p>GUTEN <a href='https://example.org'>MORGEN</a>!</p>", ""]
    sent = {"q": texts, "source": "auto", "target": "en", "format": "html", "api_key": None}
    answer = ask("POST", "/translate", sent)
    assert answer["translatedText"] == wanted
    assert [detection["language"] for detection in answer["detectedLanguage"]][:2] == ["de", "de"]
    said = ask("POST", "/translate", {**sent, "source": "de", "api_key": "any"})
    assert (said["translatedText"], "detectedLanguage" in said) == (wanted, False)


def test_mastodon_by_deepl(gateway: Gateway) -> None:
    """A form; `source_lang` without a value where a post has no language, a target in small letters."""
    headers = {
        "Authorization": "DeepL-Auth-Key any",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    rest = "&target_lang=en&tag_handling=html"
    for source in ("source_lang", "source_lang=DE"):
        text = requests.compat.quote_plus(f"<p>{GERMAN}</p>")
        body = f"text={text}&text=%3Cp%3EGuten+Tag%3C%2Fp%3E&{source}{rest}"
        answer = requests.post(f"{gateway.url}/v2/translate", data=body, headers=headers, timeout=30)
        assert [translation["text"] for translation in answer.json()["translations"]] == [
            f"<p>{GERMAN.upper()}</p>",
            "<p>GUTEN TAG</p>",
        ]
        assert answer.json()["translations"][0]["detected_source_language"].lower() == "de"
    for kind, wanted in (("source", ["DE", "EN"]), ("target", ["DE", "EN", "FR"])):
        url = f"{gateway.url}/v2/languages?type={kind}"
        assert [
            language["language"] for language in requests.get(url, headers=headers, timeout=30).json()
        ] == wanted


def test_weblate_by_libretranslate(gateway: Gateway) -> None:
    """JSON with a list, of older versions a form with a text; an empty key where it has none."""
    headers = {"Referer": "https://weblate.example.org", "Accept": "application/json; charset=utf-8"}
    listed = requests.get(f"{gateway.url}/languages", headers=headers, timeout=30).json()
    assert [language["code"] for language in listed] == ["de", "en", "fr"]
    sent = {"api_key": "", "source": "en", "target": "de"}
    url = f"{gateway.url}/translate"
    batch = requests.post(url, json={**sent, "q": ["One %s", "Two"]}, headers=headers, timeout=30).json()
    assert batch["translatedText"] == ["ONE %s", "TWO"]
    for values in ({"json": {**sent, "q": "One %s"}}, {"data": {**sent, "q": "One %s"}}):
        assert requests.post(url, headers=headers, timeout=30, **values).json() == {
            "translatedText": "ONE %s"
        }


def test_weblate_by_deepl(gateway: Gateway) -> None:
    """JSON with XML in which placeholders are empty elements; it asks for glossaries, too."""
    headers = {"Authorization": "DeepL-Auth-Key any"}

    def listed(path: str) -> Any:
        answer = requests.get(gateway.url + path, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    sources = listed("/v2/languages?enable_beta_languages=1&type=source")
    targets = listed("/v2/languages?enable_beta_languages=1&type=target")
    assert [language["language"] for language in sources] == ["DE", "EN"]
    assert [language["language"] for language in targets] == ["DE", "EN", "FR"]
    assert not any(language["supports_formality"] for language in targets)
    assert listed("/v2/glossary-language-pairs")["supported_languages"] == []
    assert listed("/v2/glossaries")["glossaries"] == []
    sent = {
        "text": ['Hello, <x id="7"></x>! &lt;&lt;foo&gt;&gt;', "Two"],
        "source_lang": "EN",
        "target_lang": "DE",
        "formality": "default",
        "tag_handling": "xml",
        "ignore_tags": ["x"],
        "context": "a program",
        "model_type": "prefer_quality_optimized",
    }
    answer = requests.post(f"{gateway.url}/v2/translate", json=sent, headers=headers, timeout=30)
    assert [translation["text"] for translation in answer.json()["translations"]] == [
        'HELLO, <x id="7"></x>! &lt;&lt;FOO&gt;&gt;',
        "TWO",
    ]
    wrong = requests.post(f"{gateway.url}/v2/translate", json={**sent, "formality": "more"}, timeout=30)
    assert (wrong.status_code, "formality" in wrong.json()["message"]) == (400, True)
