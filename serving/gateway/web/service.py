"""What the calls of all interfaces work with."""

from __future__ import annotations

from dataclasses import dataclass

from serving.gateway.core.admission import Admission
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.translator import Translator
from serving.gateway.core.wish import Outcome, Wish
from serving.gateway.database.database import Database
from serving.gateway.web.callers import Callers
from serving.gateway.web.exchange import Exchange


@dataclass
class Service:
    """One gateway."""

    settings: GatewaySettings
    offers: Offers
    admission: Admission
    metrics: Metrics
    translator: Translator
    database: Database
    callers: Callers
    is_leaving: bool = False
    """Whether it ends, and is to get no new requests."""

    async def translate(self, exchange: Exchange, wish: Wish) -> Outcome:
        """Translate for somebody, whose characters it costs, and say so beside the answer.

        Raises:
            GatewayError: there is no translation, and it costs nothing.
        """
        assert exchange.caller is not None, "a call that translates is not open"
        with exchange.caller.spending(wish.characters):
            outcome = await self.translator.translate(wish)
        exchange.tell(outcome, wish.characters)
        return outcome
