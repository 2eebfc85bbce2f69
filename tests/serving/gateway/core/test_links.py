"""Which words stand for which, where the model says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, model_server, started


def test_links_are_said_and_tags_go_where_they_say(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models", ["align"])
    with started(
        tmp_path / "gateway", address=server.address, model_root=str(tmp_path / "models")
    ) as gateway:
        asked = {"texts": "one two. three", "source": "en", "target": "de"}
        (answer,) = gateway.post("/v1/translate", **asked, links=True).json()["answers"]
        first, second = answer["segments"]
        assert first["links"] == [[[0, 3], [0, 3]], [[4, 7], [4, 7]], [[7, 8], [7, 8]]]
        assert second["links"] == [[[9, 14], [9, 14]]]
        assert answer["versions"] == [1]
        (plain,) = gateway.post("/v1/translate", **asked).json()["answers"]
        assert [segment["links"] for segment in plain["segments"]] == [[], []]
        html = {**asked, "texts": "<p>one <b>two</b> three</p>", "format": "html"}
        assert gateway.post("/v1/translate", **html).json()["answers"][0]["text"] == (
            "<p>ONE <b>TWO</b> THREE</p>"
        )
        server.longest = 1
        for asked in ({"texts": "four five"}, {"texts": "<p>four five</p>", "format": "html"}):
            cut = gateway.post("/v1/translate", source="en", target="de", **asked)
            notes = cut.json()["answers"][0]["notes"]
            assert cut.headers["x-dragoman-truncated"] == "1"
            assert [note["took"] for note in notes if not note["kept"]] == ["four five"]
    server.stop()


HTML = {"texts": "<p>one <b>two</b> three</p>", "format": "html"}
LINKED = {"texts": "one two", "links": True}


def _card(root: Path, version: int, signatures: Sequence[str]) -> None:
    """Write which optional signatures a version's card names."""
    file = root / "m" / str(version) / "assets.extra" / "model_card.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "optional_signatures": signatures}))


@contextmanager
def _site(folder: Path, able: int, promised: Sequence[int]) -> Iterator[tuple[FakeServer, Gateway]]:
    """Of the versions 1 (stable) and 2 (canary) only `able` says alignments; cards of `promised` say so."""
    server = model_server(folder / "models")
    for version in (1, 2):
        _card(server.root, version, ["align"] if version in promised else [])
    server.lacking[3 - able] = {"align"}
    settings = {"address": server.address, "model_root": str(server.root), "poll_seconds": 3600}
    try:
        with started(folder / "gateway", **settings) as gateway:
            yield server, gateway
    finally:
        server.stop()


def _asked(gateway: Gateway, label: str, **wish: Any) -> dict[str, Any]:
    answer = requests.post(
        gateway.url + "/v1/translate",
        json={"source": "en", "target": "de", **wish},
        headers={"X-Dragoman-Label": label},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    [said] = answer.json()["answers"]
    return dict(said)


def _links(said: dict[str, Any]) -> list[Any]:
    return [link for segment in said["segments"] for link in segment["links"]]


def test_a_canary_is_asked_by_its_own_card(tmp_path: Path) -> None:
    for able in (1, 2):
        with _site(tmp_path / str(able), able, [able]) as (server, gateway):
            for version, label in ((1, "stable"), (2, "canary")):
                assert _asked(gateway, label, **HTML)["versions"] == [version]
                assert bool(_links(_asked(gateway, label, **LINKED))) == (version == able)
            assert server.asked == server.answered  # Nobody was asked for what it does not have.


def test_a_version_without_the_alignments_of_another_ones_card_translates_without(tmp_path: Path) -> None:
    """As while a promotion is written down, and the servers have not followed, or the gateway has not."""
    with _site(tmp_path, 2, [1, 2]) as (server, gateway):
        said = _asked(gateway, "stable", **HTML)
        assert (said["versions"], "<b>" in said["text"]) == ([1], True)
        assert _links(_asked(gateway, "stable", **LINKED)) == []
        del server.lacking[1]
        assert _links(_asked(gateway, "stable", **LINKED)) != []  # What was said meanwhile is not kept.
        asked = server.asked[1]
        assert _links(_asked(gateway, "stable", **LINKED)) != []
        assert server.asked[1] == asked
