"""What the gateway takes from the cards in the model root: pieces that a version carries, and what its scores
mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.confidence import Bin, Confidence
from contracts.protection import ProtectedPieces
from serving.gateway.core.offer import Offer, Offers, Route
from serving.gateway.core.settings import GatewaySettings
from tests.serving.fake_server import push
from tests.serving.gateway.conftest import label, label_apart, model_server, started

CONFIDENCE = Confidence(
    good_chrf=60, sentences=100, good=0.5, slope=2, offset=1, error=0.05,
    reliability=(Bin(confidence=0.5, good=0.5, sentences=100),),
)  # fmt: skip


def tell(root: Path, version: int, kept: float) -> None:
    """Add to a version's card."""
    file = root / "m" / str(version) / "assets.extra" / "model_card.json"
    card = (
        json.loads(file.read_text()) if file.exists() else {"source_language": "en", "target_language": "de"}
    )
    file.parent.mkdir(exist_ok=True)
    protection = ProtectedPieces(pieces=2, sentences=200, kept=kept)
    more = {"protected_pieces": protection.model_dump(), "confidence": CONFIDENCE.model_dump()}
    file.write_text(json.dumps({**card, **more}))


@pytest.mark.parametrize(("kept", "pieces"), [(0.95, ("⟦0⟧", "⟦1⟧")), (0.2, ())])
def test_a_route_has_what_the_labelled_version_carries(
    kept: float, pieces: tuple[str, ...], tmp_path: Path
) -> None:
    push(tmp_path, 1)
    push(tmp_path, 2)
    label(tmp_path, 1, 2)
    tell(tmp_path, 1, kept)
    [route] = Offers(GatewaySettings(model_root=tmp_path, address="127.0.0.1:1")).now.routes
    assert (route.protected, route.version) == (pieces, 1)
    assert route.chance(-0.5, {1}) == 0.5
    assert route.chance(-0.5, {2}) is route.chance(-0.5, {1, 2}) is route.chance(None, {1}) is None


def test_a_label_has_the_routes_of_its_versions_card(tmp_path: Path) -> None:
    push(tmp_path, 1)
    push(tmp_path, 2)
    label(tmp_path, 1, 2)
    tell(tmp_path, 1, 0.95)
    settings = GatewaySettings(model_root=tmp_path, address="127.0.0.1:1")
    offers = Offers(settings)
    assert offers.now.under(None) is offers.now.under("stable") is offers.now.under("newest") is offers.now
    # Of a canary without a card it is known what stable translates, and no more.
    assert offers.now.under("canary").routes == (Route("en", "de", "m", "127.0.0.1:1"),)
    tell(tmp_path, 2, 0.2)
    offers.refresh()
    [stable], [canary] = offers.now.routes, offers.now.under("canary").routes
    assert (stable.protected, stable.version) == (("⟦0⟧", "⟦1⟧"), 1)
    assert (canary.protected, canary.version) == ((), 2)
    assert canary.chance(-0.5, {2}) == 0.5
    assert offers.now.under("canary").models("en", "de", "canary") == {("m", 2)}
    [turned] = Offers(settings.model_copy(update={"label": "canary"})).now.routes
    assert turned == canary


def test_a_canary_that_is_apart_has_its_label_under_a_name_of_its_own(tmp_path: Path) -> None:
    push(tmp_path, 1)
    push(tmp_path, 2)
    label_apart(tmp_path)
    tell(tmp_path, 1, 0.95)
    tell(tmp_path, 2, 0.2)
    settings = GatewaySettings(model_root=tmp_path, address="127.0.0.1:1")
    offer = Offers(settings).now
    [stable], [canary] = offer.routes, offer.under("canary").routes
    assert (stable.model, stable.version, canary.model, canary.version) == ("m", 1, "m-canary", 2)
    assert offer.under("canary").models("en", "de", "canary") == {("m-canary", 2)}
    assert [offer.route_of(name).model for name in ("m", "m-canary")] == ["m", "m-canary"]


def test_routes_into_a_language_are_those_that_a_text_may_take() -> None:
    routes = [
        Route(source, target, "m", "a") for source, target in (("en", "de"), ("fr", "de"), ("de", "en"))
    ]
    offer = Offer(tuple(routes))
    assert offer.between("en", "de") == (routes[0],)
    assert offer.between(None, "de") == (routes[0], routes[1])


def test_placeholders_are_asked_as_pieces_and_sentences_have_a_confidence(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models")
    asked: list[str] = []
    try:
        for version in (1, 2):
            tell(server.root, version, 0.95)
        server.translate[1] = lambda source: asked.append(source) or source.upper()  # type: ignore[func-returns-value]
        with started(tmp_path / "gateway", address=server.address, model_root=str(server.root)) as gateway:
            wish = {"texts": ["Hello {name}, it is late."], "source": "en", "target": "de"}
            [answer] = gateway.post("/v1/translate", **wish).json()["answers"]
            assert asked == ["Hello ⟦0⟧, it is late."]
            assert answer["text"] == "HELLO {name}, IT IS LATE."
            assert answer["notes"] == [{"stage": "protect", "took": "{name}", "gave": "copied", "kept": True}]
            [segment] = answer["segments"]
            assert segment["confidence"] == round(CONFIDENCE.of_score(segment["score"]), 4)
            html = {**wish, "texts": ["A <b>big</b> dog."], "format": "html"}
            [answer] = gateway.post("/v1/translate", **html).json()["answers"]
            assert asked[-1] == "A ⟦0⟧ big ⟦1⟧ dog."
            assert answer["text"] == "A <b>BIG</b> DOG."
    finally:
        server.stop()
