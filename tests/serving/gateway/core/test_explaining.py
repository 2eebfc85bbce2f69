"""Where a model looked, as data."""

from __future__ import annotations

import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway


def test_pieces_and_attention_are_data(gateway: Gateway) -> None:
    answer = gateway.post("/v1/explain", text="one two three", source="en", target="de").json()
    assert answer.pop("request")
    assert answer == {
        "text": "ONE TWO THREE",
        "score": -1.0,
        "source_pieces": ["▁one", "▁two", "▁three"],
        "target_pieces": ["▁ONE", "▁TWO", "▁THREE"],
        "attention": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        "source": "en",
        "target": "de",
        "model": "m",
    }


def test_the_language_is_detected_where_nobody_says_it(gateway: Gateway) -> None:
    answer = gateway.post("/v1/explain", text="The weather is fine today.", target="de").json()
    assert (answer["source"], answer["target_pieces"][0]) == ("en", "▁THE")


def test_what_cannot_be_explained_is_refused(gateway: Gateway) -> None:
    for wish, message in (
        ({"target": "de"}, "missing: text"),
        ({"text": "one"}, "missing: target"),
        ({"text": "one", "target": "de", "source": "de"}, "de is not available as a target language from de"),
        ({"text": "one" * 20_000, "target": "de"}, "exceeds text limit"),
    ):
        refused = gateway.post("/v1/explain", **wish)
        assert refused.status_code in (400, 413)
        assert message in refused.json()["error"]["message"]


def test_the_version_with_the_label_of_the_header_is_asked(clean_fake: FakeServer, gateway: Gateway) -> None:
    wish = {"text": "one", "target": "de", "source": "en"}
    asked = clean_fake.asked[2]
    answer = requests.post(
        gateway.url + "/v1/explain", json=wish, headers={"X-Dragoman-Label": "canary"}, timeout=30
    )
    assert (answer.status_code, clean_fake.asked[2]) == (200, asked + 1)
