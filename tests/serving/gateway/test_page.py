"""The web page: nothing from elsewhere, and it translates in a real browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def test_the_page_loads_nothing_from_elsewhere(gateway: Gateway) -> None:
    page = gateway.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    wanted = set(re.findall(r'(?:href|src)="([^"]+)"', page.text))
    assert wanted == {"data:,", "page.css", "page.js"}
    for part in ("page.css", "page.js"):
        text = gateway.get(f"/{part}").text
        assert not re.search(r"https?://|@import|url\(", text)
    assert not re.search(r"<script>|<style|\son\w+=", page.text)


def test_everything_has_a_name_for_those_who_do_not_see_it(gateway: Gateway) -> None:
    page = gateway.get("/").text
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    assert set(re.findall(r'<(?:select|input|textarea) id="([^"]+)"', page)) <= labelled
    assert '<html lang="en">' in page
    assert 'aria-live="polite"' in page


def test_what_the_page_asks_for(gateway: Gateway) -> None:
    offer = gateway.get("/v1/languages").json()
    assert offer["languages"][1] == {"code": "en", "name": "English", "targets": ["de", "fr"]}
    assert (offer["keys"], offer["suggestions"], offer["characters"]) == (False, True, 50_000)
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


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (Debian: apt install chromium)")
def test_a_browser_translates(gateway: Gateway, tmp_path: Path) -> None:
    link = f"{gateway.url}/#en/de/Good%20morning%2C%20%7Bname%7D.%20%3Cb%3Ehere%3C%2Fb%3E"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    dumped = subprocess.run(
        [*command, "--virtual-time-budget=20000", "--dump-dom", link],
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    target = re.search(r'<div id="target".*?>(.*?)</div>', dumped)
    assert target is not None, dumped
    assert target[1] == "GOOD MORNING, {name}. &lt;B&gt;HERE&lt;/B&gt;"
    assert "m version 1 (stable)" in dumped
