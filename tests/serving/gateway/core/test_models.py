"""The clients of the models: one for each, however often its versions change."""

from __future__ import annotations

import asyncio
from typing import Any

from serving.gateway.core.models import Models
from serving.gateway.core.offer import Route
from serving.gateway.core.settings import Limits
from serving.gateway.core.traces import Traces


def test_another_versions_card_makes_no_further_client() -> None:
    async def clients() -> int:
        nobody: Any = None
        models = Models(Limits(), None, nobody, Traces())
        routes = [
            Route("en", "de", "m", "127.0.0.1:1", version=1),
            Route("en", "de", "m", "127.0.0.1:1", version=2, has_align=True),
        ]
        made = {id(models._client(route, "stable")) for route in routes}
        assert models._client(routes[0], "canary") is not models._client(routes[0], "stable")
        await models.close()
        return len(made)

    assert asyncio.run(clients()) == 1
