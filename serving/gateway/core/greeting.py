"""A first look at the model servers: the log says at once what the first request would find out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from serving.client import AsyncClient, Tls
from serving.errors import ServingError, UnreachableError
from serving.gateway.core.offer import Route

log = logging.getLogger(__name__)


async def greet(routes: Iterable[Route], tls: Tls | None) -> None:
    """Ask each address of the routes for a model's versions, and log which do not answer, and why."""
    by_address = {route.address: route for route in routes}
    await asyncio.gather(*(_greet(route, tls) for route in by_address.values()))


async def _greet(route: Route, tls: Tls | None) -> None:
    try:
        async with AsyncClient(route.address, model=route.model, tls=tls) as client:
            await client.status()
    except UnreachableError as error:
        log.warning("a model server does not answer", extra={"fields": {"reason": str(error)}})
    except ServingError:
        pass  # It does, if only to refuse.
