"""What the commands of the gateway share, which needs more than a client does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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


@dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """A gateway in front of a model server of this process."""

    gateway: Annotated[
        bool,
        typer.Option(
            "--gateway", help="A gateway with its web page in front of it, too; implies --batching."
        ),
    ] = False
    gateway_host: Annotated[
        str | None, typer.Option(help="Of --gateway: address to listen on; 127.0.0.1, if not given.")
    ] = None
    gateway_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of --gateway; 5000, if not given.")
    ] = None
    gateway_certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Of --gateway: https:// with this certificate and its chain, in PEM."
        ),
    ] = None
    gateway_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Of --gateway-certificate.")] = None
    gateway_settings: Annotated[Path | None, typer.Option(help="Of --gateway: YAML (docs/gateway.md).")] = (
        None
    )

    def settings(self, model_root: Path) -> GatewaySettings:
        """What the options say.

        Raises:
            DragomanError: the file says what there is not, or what a model server of ours has not.
        """
        with needs_gateway():
            from serving.gateway.core.errors import GatewaySettingsError
            from serving.gateway.core.settings import GatewaySettings
        tls = {"certificate": self.gateway_certificate, "key": self.gateway_key}
        settings = GatewaySettings.load(
            self.gateway_settings,
            host=self.gateway_host,
            port=self.gateway_port,
            tls={name: path for name, path in tls.items() if path is not None} or None,
            model_root=model_root,
            database=os.environ.get("DRAGOMAN_DATABASE"),
        )
        if settings.model_tls:
            raise GatewaySettingsError(
                "model_tls is for model servers elsewhere: the one that `dragoman serve` starts with "
                "--gateway has none, and is asked from this machine. Leave it out, or run `dragoman gateway`"
            )
        return settings


@contextmanager
def needs_gateway() -> Iterator[None]:
    """Say how to install what is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install '.[gateway]' in Dragoman's checkout")


def check(settings: GatewaySettings) -> None:
    """
    Raises:
        DragomanError: a gateway with these settings could not start.
    """
    with needs_gateway():
        from serving.gateway.main import check as check_settings
    check_settings(settings)


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
