"""What `make demo` shows of the gateway; the rest of it is what the other tests here do by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from scripts import demo
from tests.e2e.conftest import ROOT
from tests.serving.gateway.conftest import model_server


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo works; its commands are this tree's."""
    monkeypatch.setattr(demo, "PLACE", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def test_the_demo_shows_the_page_and_a_paragraph_whose_tags_are_kept(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = model_server(place / "models")
    try:
        demo.translate_by_gateway(server.address)
    finally:
        server.stop()
    command, page, asked, translation = capsys.readouterr().out.splitlines()
    assert command == f"$ dragoman gateway --address {server.address} --port 0 --json &"
    url = page.removeprefix("the page: ")
    assert url.startswith("http://127.0.0.1:")
    assert asked.startswith("$ curl ")
    assert asked.endswith(f" {url}translate")
    # The model server of the tests puts all in capitals but the tags, which it never sees.
    assert translation == "<p>THE BREAD IS COLD. THE FATHER NEEDS <b>THE EXPENSIVE CHAIR</b>.</p>"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_a_lost_tag_ends_the_demo(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = model_server(place / "models")
    monkeypatch.setattr(demo, "TAGS", ("<i>",))
    try:
        with pytest.raises(SystemExit, match="a tag was lost"):
            demo.translate_by_gateway(server.address)
    finally:
        server.stop()


def test_a_gateway_that_does_not_start_ends_the_demo_with_where_it_says_why(place: Path) -> None:
    with pytest.raises(SystemExit, match=r"`dragoman gateway` did not start; see .*gateway\.log"):
        demo.translate_by_gateway("http://no-address")
    assert "no address" in (place / "gateway.log").read_text()
