"""Answers are kept by the version that gave them."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import requests

from serving.gateway.core.cache import AnswerCache, CacheKey
from serving.gateway.core.wish import TextOutcome
from tests.serving.gateway.conftest import Gateway, label, model_server, started
from texts.cascade import Note, Options, SegmentAnswer


def _key(text: str, version: int = 1) -> CacheKey:
    return CacheKey(frozenset({("m", version)}), Options("de", "en"), 0, False, text)


def test_what_was_not_asked_for_the_longest_leaves_first() -> None:
    cache = AnswerCache(3 * 520)
    for text in "abc":
        cache.put(_key(text), TextOutcome(text.upper(), "en", 1.0))
    assert cache.get(_key("a")) is not None
    cache.put(_key("d"), TextOutcome("D", "en", 1.0))
    assert [cache.get(_key(text)) is not None for text in "abcd"] == [True, False, True, True]
    assert cache.get(_key("a", 2)) is None
    cache.put(_key("long" * 1000), TextOutcome("LONG", "en", 1.0))
    assert cache.get(_key("d")) is not None


def test_what_an_answer_has_beside_its_texts_is_not_free() -> None:
    """Named elements and context, which are the caller's, and the sentences of a text of very short ones."""
    in_context = replace(_key("a"), options=Options("de", "en", before="x" * 9000))
    named = replace(_key("a"), options=Options("de", "en", ignore_tags=("x" * 1000,) * 9))
    sentence = SegmentAnswer((0, 1), (0, 1), None, links=(((0, 1), (0, 1)),) * 9)
    for key, answer in (
        (in_context, TextOutcome("A", "en", 1.0)),
        (named, TextOutcome("A", "en", 1.0)),
        (_key("a"), TextOutcome("A", "en", 1.0, segments=(sentence,) * 10)),
        (_key("a"), TextOutcome("A", "en", 1.0, notes=(Note("protect", "1", "1"),) * 100)),
    ):
        cache = AnswerCache(9000)
        cache.put(key, answer)
        assert cache.get(key) is None


PICTURE = '<img alt="The old man sees a dog">'


def test_what_a_tag_shows_is_of_a_model_and_not_kept_as_another_versions(tmp_path: Path) -> None:
    root = tmp_path / "models"
    server = model_server(root)
    settings = {"address": server.address, "model_root": str(root), "poll_seconds": 3600}
    wish = {"texts": [PICTURE], "target": "de", "format": "html"}
    with started(tmp_path / "gateway", **settings) as gateway:
        label(root, 2, 1)  # The gateway has not seen that.
        for version, shown in ((2, "v2:THE OLD MAN SEES A DOG"), (1, "THE OLD MAN SEES A DOG")):
            answer = gateway.post("/v1/translate", **wish)
            [said] = answer.json()["answers"]
            assert said["text"] == PICTURE.replace("The old man sees a dog", shown)
            assert (said["model"], said["versions"], said["source"]) == ("m", [version], "en")
            assert said["asked"] == [{"model": "m", "versions": [version]}]
            assert said["confidence"] > 0.5
            assert (answer.headers["x-dragoman-model"], answer.headers["x-dragoman-version"]) == (
                "m",
                str(version),
            )
            label(root, 1, 2)
        assert gateway.post("/v1/translate", **wish).json()["answers"] == [said]
        assert server.asked[1] == 1
    server.stop()


def _ask(gateway: Gateway, text: str, wanted: str = "stable") -> str:
    answer = requests.post(
        gateway.url + "/translate",
        json={"q": [text, text], "source": "en", "target": "de"},
        headers={"X-Dragoman-Label": wanted},
        timeout=60,
    )
    first, second = answer.json()["translatedText"]
    assert first == second
    return first


def test_the_same_again_asks_no_model_and_a_label_that_moves_asks_the_other_version(tmp_path: Path) -> None:
    root = tmp_path / "models"
    server = model_server(root)
    settings = {"address": server.address, "model_root": str(root), "poll_seconds": 0.1}
    with started(tmp_path / "gateway", **settings) as gateway:
        assert [_ask(gateway, "one") for _ in range(3)] == ["ONE"] * 3
        assert (server.asked[1], server.asked[2]) == (1, 0)
        assert _ask(gateway, "one", "canary") == "v2:ONE"
        label(root, 2, 1)
        end = time.monotonic() + 60
        while _ask(gateway, "one") != "v2:ONE":
            assert time.monotonic() < end
            threading.Event().wait(0.05)
        label(root, 1, 2)
        while _ask(gateway, "one") != "ONE":
            assert time.monotonic() < end
            threading.Event().wait(0.05)
        assert server.asked[2] == 1
        assert "dragoman_gateway_kept_texts_total" in gateway.get("/metrics").text
    server.stop()
