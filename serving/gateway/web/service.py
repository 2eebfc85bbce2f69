"""What the calls of all interfaces work with."""

from __future__ import annotations

from dataclasses import dataclass

from serving.gateway.core.admission import Admission
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.translator import Translator
from serving.gateway.database.store import Store


@dataclass
class Service:
    """One gateway."""

    settings: GatewaySettings
    offers: Offers
    admission: Admission
    metrics: Metrics
    translator: Translator
    store: Store
    is_leaving: bool = False
    """Whether it ends, and is to get no new requests."""
