"""Where a model looked: which one is asked for it."""

from __future__ import annotations

from serving.gateway.core.detection import detect
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.offer import Offer, Route
from serving.gateway.core.wish import Wish


def explaining_route(offer: Offer, wish: Wish) -> Route:
    """The only model between the languages of a wish of one text; its language is detected if not given.

    Raises:
        GatewayError: INVALID, there is none, or a third language lies between them.
    """
    [text] = wish.texts
    target = offer.target(wish.target)
    if wish.source is None:
        source = detect(text, offer.sources_of(target))[0].language
    else:
        source = offer.source(wish.source)
    first, *others = offer.legs(source, target)
    if others:
        raise GatewayError(
            Fault.INVALID,
            f"{source} goes to {target} over {first.target}, by two models: ask for each way apart",
        )
    return first
