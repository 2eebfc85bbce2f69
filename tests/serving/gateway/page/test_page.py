"""The web page: nothing from elsewhere, nothing as markup, all of it in a real browser where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from serving.gateway import page as pages
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.browser import Browser, axe_source
from tests.serving.gateway.conftest import Gateway, model_server, started

_SCRIPTS = sorted(Path(pages.__file__).parent.glob("*.js"))
_SHOWN = "document.querySelector('#target').textContent"


def test_the_page_loads_nothing_from_elsewhere(gateway: Gateway) -> None:
    page = gateway.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    wanted = set(re.findall(r'(?:href|src)="([^"]+)"', page.text))
    assert wanted == {"data:,", "page.css", "page.js"}
    imported = {name for script in _SCRIPTS for name in re.findall(r'from "(.+?)";', script.read_text())}
    for part in ("page.css", "page.js", *(name.removeprefix("./") for name in imported)):
        answer = gateway.get(f"/{part}")
        assert answer.status_code == 200
        assert not re.search(r"https?://|@import|url\(", answer.text)
    assert not re.search(r"<script>|<style|\son\w+=", page.text)


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda script: script.name)
def test_nothing_that_comes_from_elsewhere_becomes_markup_or_code(script: Path) -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc"
    )
    assert not re.search(forbidden, script.read_text())


def test_everything_has_a_name_for_those_who_do_not_see_it(gateway: Gateway) -> None:
    page = gateway.get("/").text
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    assert set(re.findall(r'<(?:select|input type="file"|input|textarea) id="([^"]+)"', page)) <= labelled
    assert '<html lang="en">' in page
    assert 'aria-live="polite"' in page
    assert 'id="status" role="status"' in page


def test_what_the_page_asks_for(gateway: Gateway) -> None:
    offer = gateway.get("/v1/languages").json()
    assert offer["languages"][1] == {"code": "en", "name": "English", "targets": ["de", "fr"]}
    assert (offer["keys"], offer["suggestions"], offer["characters"]) == (False, True, 50_000)
    assert offer["document_bytes"] == 10 << 20
    assert {".txt", ".docx", ".po"} <= set(offer["formats"])
    sent = {"text": "Good morning.", "suggestion": "Guten Morgen.", "source": "en", "target": "de"}
    assert gateway.post("/v1/suggestions", **sent).json() == {"kept": True}
    assert gateway.post("/v1/suggestions", **{**sent, "target": "tlh"}).status_code == 400
    assert gateway.post("/v1/suggestions", **{**sent, "text": ""}).status_code == 400


def test_without_the_page_or_its_interface_there_is_none(fake: FakeServer, tmp_path: Path) -> None:
    with started(
        tmp_path / "bare", address=fake.address, model_root=str(fake.root), interfaces=["google"]
    ) as bare:
        assert bare.get("/").status_code == 404
        assert bare.get("/languages").status_code == 404
        assert requests.get(bare.url + "/language/translate/v2/languages", timeout=30).status_code == 200


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model says which words stand for which."""
    folder = tmp_path_factory.mktemp("aligned")
    server = model_server(folder / "models", ["align"])
    with started(folder / "gateway", address=server.address, model_root=str(folder / "models")) as running:
        yield running
    server.stop()


def _open(browser: Browser, gateway: Gateway, text: str, shown: str) -> None:
    browser.open(f"{gateway.url}/#en/de/{quote(text)}")
    browser.wait(f"{_SHOWN} === {json.dumps(shown)}")


def test_a_browser_translates_and_shows_texts_as_texts(browser: Browser, aligned: Gateway) -> None:
    _open(browser, aligned, "Good morning, {name}. <b>here</b>", "GOOD MORNING, {name}. <B>HERE</B>")
    assert "m version 1 (stable)" in browser.text("#status")
    assert browser.run("document.querySelectorAll('#target b').length") == 0
    assert browser.run("document.activeElement.id") == "source"
    browser.run("document.querySelector('#source').value = ''")
    browser.write("one more")
    browser.press("Enter", ctrl=True)
    browser.wait(f"{_SHOWN} === 'ONE MORE'")
    assert browser.text("#past li") == "English → German: one more → ONE MORE"
    assert "8 of 50000" in browser.text("#count")


def test_a_word_says_where_it_comes_from(browser: Browser, aligned: Gateway) -> None:
    _open(browser, aligned, "🙂 one two. three", "🙂 ONE TWO. THREE")
    browser.point("#target .word:nth-of-type(2)")
    browser.wait("document.querySelector('#under mark')")
    assert (browser.text("#under mark"), browser.text("#about")) == ("two", "“TWO” comes from “two”")
    browser.run("document.querySelector('#target').focus()")
    browser.press("End")
    assert (browser.text("#under mark"), browser.run("document.activeElement.textContent")) == (
        "three",
        "THREE",
    )


def test_a_click_on_a_word_offers_other_translations_of_its_sentence(
    browser: Browser, aligned: Gateway
) -> None:
    _open(browser, aligned, "one two. three", "ONE TWO. THREE")
    browser.click("#target .word")
    browser.wait("document.querySelectorAll('#alternatives button').length === 2")
    assert "sentence “one two.”" in browser.text("#others-title")
    browser.click("#alternatives button")
    browser.wait(f"{_SHOWN} === 'ONE TWO. 1 THREE'")
    assert browser.text("#alternatives button") == "ONE TWO."
    browser.point("#target .word:last-of-type")  # What follows has moved on, and its links with it.
    browser.wait("document.querySelector('#under mark')")
    assert browser.text("#under mark") == "three"
    browser.press("Escape")
    assert browser.run("document.querySelector('#others').hidden && document.activeElement.id") == "other"
    browser.press("Enter")
    browser.wait("document.querySelectorAll('#alternatives button').length === 2")


@pytest.mark.parametrize(
    "late",
    [
        "({ok: true, json: () => real(path, asked).then((answer) => answer.json()).finally(over)})",
        "({ok: false, status: 500, headers: new Headers(), text: async () => { over(); return '{}'; }})",
    ],
    ids=["answer", "error"],
)
def test_what_comes_too_late_for_one_sentence_is_no_matter_of_anothers(
    browser: Browser, aligned: Gateway, late: str
) -> None:
    _open(browser, aligned, "one two. three", "ONE TWO. THREE")
    browser.run(
        "window.late = null; window.isOver = false; const real = window.fetch;"
        # A timer comes after all that waits for a promise: the page has done then what it does.
        "const over = () => { setTimeout(() => { window.isOver = true; }); };"
        "const isFirst = (asked) => asked.body && JSON.parse(asked.body).texts?.[0] === 'one two.';"
        "window.fetch = (path, asked) => isFirst(asked)"
        f" ? new Promise((done) => {{ window.late = () => done({late}); }}) : real(path, asked); 0"
    )
    browser.click("#target .word")
    browser.wait("window.late")
    browser.click("#target .word:last-of-type")
    browser.wait("document.querySelectorAll('#alternatives button').length === 2")
    browser.run("late()")
    browser.wait("window.isOver")
    assert "sentence “three”" in browser.text("#others-title")
    assert "ONE" not in browser.text("#alternatives")
    assert browser.run("document.querySelector('#others').hidden") is False
    assert browser.run("document.querySelector('#status').classList.contains('wrong')") is False


def test_a_document_is_sent_translated_and_saved(browser: Browser, aligned: Gateway, tmp_path: Path) -> None:
    _open(browser, aligned, "one", "ONE")
    name = "<img src=x onerror=alert(1)>.txt"
    (tmp_path / name).write_text("one here\n")
    (tmp_path / "a.exe").write_text("no")
    browser.save_downloads()
    browser.choose("#file", tmp_path / name)
    browser.wait("document.querySelector('#jobs .main')")
    assert browser.text("#jobs .name") == name
    assert browser.run("document.querySelectorAll('img').length") == 0
    browser.click("#jobs .main")
    browser.event("Browser.downloadProgress", state="completed")
    (saved,) = browser.downloads.iterdir()
    assert saved.read_text() == "ONE HERE\n"
    browser.choose("#file", tmp_path / "a.exe")
    browser.wait("document.querySelector('#jobs .wrong')")
    assert "of no format that is known" in browser.text("#jobs .wrong")


def test_a_document_that_goes_over_a_third_language_says_so(
    browser: Browser, fake: FakeServer, tmp_path: Path
) -> None:
    settings = {"address": fake.address, "model_root": str(fake.root), "pivots": ["en"]}
    with started(tmp_path / "pivots", **settings) as gateway:
        browser.open(f"{gateway.url}/#de/fr/eins")
        browser.wait(f"{_SHOWN} === 'EINS'")
        (tmp_path / "a.txt").write_text("eins und zwei")
        browser.choose("#file", tmp_path / "a.txt")
        browser.wait("document.querySelector('#jobs .main')")
        assert browser.text("#jobs .state") == "is translated, over English"
        browser.open("about:blank")


def test_the_columns_of_a_table_are_written_beneath(
    browser: Browser, aligned: Gateway, tmp_path: Path
) -> None:
    _open(browser, aligned, "one", "ONE")
    (tmp_path / "a.csv").write_text("id,text\na,one\n")
    browser.choose("#file", tmp_path / "a.csv")
    browser.wait("document.querySelector('#jobs .wrong')")
    assert "id, text" in browser.text("#jobs .wrong")
    browser.run("document.querySelector('#columns').focus()")
    browser.write("text, id")
    browser.choose("#file", tmp_path / "a.csv")
    browser.wait("document.querySelector('#jobs .main')")


def test_a_document_is_given_up(
    browser: Browser, gateway: Gateway, clean_fake: FakeServer, tmp_path: Path
) -> None:
    _open(browser, gateway, "one", "ONE")
    clean_fake.delay[1] = 3.0
    (tmp_path / "slow.txt").write_text("very slow")
    browser.choose("#file", tmp_path / "slow.txt")
    browser.wait("document.querySelector('#jobs .state').textContent === 'is being translated'")
    browser.click("#jobs button")
    browser.wait("document.querySelector('#status').textContent === 'slow.txt is given up'")
    assert browser.run("document.querySelectorAll('#jobs li').length") == 0


def test_a_document_is_asked_for_no_sooner_than_the_gateway_says(
    browser: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    _open(browser, gateway, "one", "ONE")
    browser.run(
        "window.asked = []; const real = window.fetch;"
        "const busy = () => new Response('{}', {status: 503, headers: {'Retry-After': '2'}});"
        "const isFirst = (path) => path.startsWith('v1/documents/') && asked.push(performance.now()) === 1;"
        "window.fetch = async (path, ...more) => isFirst(path) ? busy() : real(path, ...more); 0"
    )
    (tmp_path / "a.txt").write_text("one here")
    browser.choose("#file", tmp_path / "a.txt")
    browser.wait("document.querySelector('#jobs .main')")
    assert browser.run("asked[1] - asked[0]") >= 1990


def test_a_document_outlives_a_network_that_is_away(
    browser: Browser, gateway: Gateway, clean_fake: FakeServer, tmp_path: Path
) -> None:
    _open(browser, gateway, "one", "ONE")
    clean_fake.delay[1] = 2.0
    (tmp_path / "slow.txt").write_text("slow and steady")
    browser.choose("#file", tmp_path / "slow.txt")
    browser.wait("document.querySelector('#jobs .state').textContent === 'is being translated'")
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.call("Network.enable")
    browser.call("Network.emulateNetworkConditions", offline=True, **network)
    browser.wait("document.querySelector('#jobs .state').textContent.includes('asked again')")
    browser.call("Network.emulateNetworkConditions", offline=False, **network)
    browser.call("Network.disable")
    browser.wait("document.querySelector('#jobs .main')")


def test_a_better_translation_is_sent(browser: Browser, gateway: Gateway) -> None:
    _open(browser, gateway, "one", "ONE")
    browser.click("#better")
    assert browser.run("[document.activeElement.id, document.activeElement.value]") == ["suggestion", "ONE"]
    browser.write("!")
    browser.click("#suggest button")
    browser.wait("document.querySelector('#status').textContent.startsWith('thank you')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(
    browser: Browser, aligned: Gateway, scheme: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    axe = axe_source(pytestconfig.cache)
    browser.prefer(scheme)
    _open(browser, aligned, "one two. three", "ONE TWO. THREE")
    (tmp_path / "a.exe").write_text("no")
    browser.choose("#file", tmp_path / "a.exe")
    browser.wait("document.querySelector('#jobs .wrong')")
    browser.click("#target .word")
    browser.wait("document.querySelectorAll('#alternatives button').length === 2")
    browser.run("document.querySelector('#history').open = true")
    assert browser.violations(axe) == []


def test_the_page_fits_small_screens_and_shows_where_the_focus_is(browser: Browser, aligned: Gateway) -> None:
    browser.resize(360, 740)
    _open(browser, aligned, "one two. three", "ONE TWO. THREE")
    assert browser.run("document.documentElement.scrollWidth") == 360
    browser.run("document.querySelector('#theme').focus()")
    passed = []
    for _ in range(12):
        browser.press("Tab")
        passed.append(
            browser.run("[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]")
        )
    browser.resize(1280)
    order = ["from", "swap", "to", "source", "target", "copy", "other", "better", "file"]
    assert [name for name, _ in passed if name in order] == order
    assert {style for name, style in passed if name in order} == {"solid"}
