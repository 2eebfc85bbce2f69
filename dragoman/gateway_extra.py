"""What the commands of the gateway share, which needs more than a client does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from dragoman.console import fail

if TYPE_CHECKING:
    from serving.gateway.core.settings import GatewaySettings
    from serving.gateway.main import Started
    from serving.gateway.web.service import Service
    from serving.launch import RunningServer

DATABASE = typer.Option(
    "sqlite:///dragoman-gateway.sqlite",
    "--database",
    envvar="DRAGOMAN_DATABASE",
    help="The gateway's, as SQLAlchemy's URL.",
)


@contextmanager
def needs_gateway() -> Iterator[None]:
    """Say how to install what is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install '.[gateway]' in Dragoman's checkout")


def directions(service: Service) -> list[str]:
    """What a gateway translates now, as `en-de`."""
    offer = service.offers.now
    return sorted(f"{source}-{target}" for source in offer.sources for target in offer.targets(source))


def run_before(
    server: RunningServer, settings: GatewaySettings, announce: Callable[[Started], None]
) -> int | None:
    """Run a gateway in front of a model server of this process until a signal comes; the exit code of a
    model server that ended before, which ends the gateway, too.
    """
    from serving.gateway.main import run

    ended: list[int] = []

    def watch() -> None:
        code = server.wait()
        ended.append(code)
        os.kill(os.getpid(), signal.SIGTERM)

    def watched(started: Started) -> None:
        announce(started)
        threading.Thread(target=watch, name="model-server", daemon=True).start()

    run(settings, watched)
    return ended[0] if ended else None
