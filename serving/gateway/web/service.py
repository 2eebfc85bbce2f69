"""What the calls of all interfaces work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from serving.certificate import Certificate
from serving.client import Explanation
from serving.gateway.core.admission import Admission
from serving.gateway.core.broker import Broker
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers, Route
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.threads import Threads
from serving.gateway.core.traces import Traces
from serving.gateway.core.wish import RequestOutcome, Wish
from serving.gateway.database import suggestions
from serving.gateway.database.database import Database
from serving.gateway.web.callers import Callers
from serving.gateway.web.documents import Documents
from serving.gateway.web.fields import Room
from serving.gateway.web.inquiry import Inquiry
from texts.cascade import Detected


@dataclass
class Service:
    """One gateway."""

    settings: GatewaySettings
    offers: Offers
    admission: Admission
    metrics: Metrics
    broker: Broker
    database: Database
    callers: Callers
    documents: Documents
    threads: Threads
    traces: Traces
    certificate: Certificate | None = None
    """None: whoever asks does so without TLS."""
    room: Room = field(default_factory=Room)
    is_leaving: bool = False
    """Whether it ends, and is to get no new requests."""

    @property
    def is_ready(self) -> bool:
        """Whether requests may come, and can be answered."""
        return not self.is_leaving and bool(self.offers.now.routes)

    async def translate(self, inquiry: Inquiry, wish: Wish) -> RequestOutcome:
        """Translate for somebody, whose characters it costs, and say so beside the answer.

        Raises:
            GatewayError: there is no translation, and it costs nothing.
        """
        return await self._spent(inquiry, wish, self.broker.translate)

    async def translate_part(self, inquiry: Inquiry, wish: Wish) -> RequestOutcome:
        """As `translate`, of a part of a document that has been taken: its deadline is the caller's, and it
        waits for a place however many do.
        """
        return await self._spent(inquiry, wish, self.broker.translate_document)

    async def _spent(
        self, inquiry: Inquiry, wish: Wish, translate: Callable[[Wish], Awaitable[RequestOutcome]]
    ) -> RequestOutcome:
        assert inquiry.caller is not None, "a call that translates is not open"
        try:
            self.broker.check(wish.texts)  # What nobody translates is no matter of what a key has left.
            with inquiry.caller.spending(wish.characters):
                outcome = await translate(wish)
        except GatewayError as error:
            self.metrics.untranslated(wish.label or self.settings.label, error.fault)
            raise
        self.metrics.outcome(wish.texts, outcome, inquiry.key)
        inquiry.tell(outcome, wish.characters)
        return outcome

    async def explain(self, inquiry: Inquiry, wish: Wish) -> tuple[Route, Explanation]:
        """What a model makes of a text, and where it looked, for somebody, whose characters it costs.

        Raises:
            GatewayError: as `translate`.
        """
        assert inquiry.caller is not None, "a call that explains is not open"
        self.broker.check(wish.texts)
        with inquiry.caller.spending(wish.characters):
            return await self.broker.explain(wish)

    async def detect(self, inquiry: Inquiry, texts: Sequence[str]) -> list[list[Detected]]:
        """The languages that each text may be in, for somebody, whose characters it costs.

        Raises:
            GatewayError: as `translate`.
        """
        assert inquiry.caller is not None, "a call that detects is not open"
        self.broker.check(texts)
        with inquiry.caller.spending(sum(map(len, texts))):
            return await self.broker.detect(texts)

    async def suggest(
        self, inquiry: Inquiry, languages: tuple[str, str], source: str, suggestion: str
    ) -> None:
        """Keep a better translation, whose characters it costs; it is on disk when this returns. `languages`:
        of source and suggestion.

        Raises:
            GatewayError: none are taken, or these are no languages of ours, or too much text.
        """
        if not self.settings.suggestions:
            raise GatewayError(Fault.KEY_REFUSED, "Suggestions are disabled on this server.")
        if len(source) + len(suggestion) > self.settings.limits.characters:
            raise GatewayError(Fault.TOO_LARGE, "Invalid request: a suggestion has the length of a request")
        offer = self.offers.now
        pair = offer.source(languages[0]), offer.target(languages[1])
        # PostgreSQL has neither lone surrogates nor NUL.
        texts = [text.encode("utf-8", "replace").decode().replace("\0", "") for text in (source, suggestion)]
        assert inquiry.caller is not None, "a call that suggests is not open"
        with inquiry.caller.spending(len(source) + len(suggestion)):
            await self.database.run(suggestions.add, pair, texts[0], texts[1], inquiry.key)
