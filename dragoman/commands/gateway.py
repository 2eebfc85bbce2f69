"""`dragoman gateway`: the translation service over HTTP and gRPC, in front of model servers, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dragoman.console import err, out, print_json
from dragoman.gateway_extra import directions, needs_gateway

if TYPE_CHECKING:
    from serving.gateway.main import Started

_EXAMPLES = (
    "Example: dragoman gateway --address 127.0.0.1:8500 --model-root models, then "
    "curl -d q='Good morning.' -d source=en -d target=de http://127.0.0.1:5000/translate"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gateway", epilog=_EXAMPLES)(gateway)


def gateway(
    settings: Path = typer.Option(None, "--settings", help="YAML (docs/gateway.md); options count above it."),
    host: str = typer.Option(None, help="Address to listen on; 127.0.0.1, if not given."),
    port: int = typer.Option(None, min=0, max=65535, help="HTTP port; 5000, if not given; 0: any free one."),
    grpc_port: int = typer.Option(
        None, min=0, max=65535, help="gRPC port, as 5001; none, if not given; 0: any free one."
    ),
    address: str = typer.Option(
        None, envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model servers; 127.0.0.1:8500, if not given."
    ),
    model_root: Path = typer.Option(
        None,
        envvar="DRAGOMAN_MODEL_ROOT",
        help="Whose model cards say what is translated; models, if not given.",
    ),
    label: str = typer.Option(None, help="The version that is asked for; stable, if not given."),
    database: str = typer.Option(
        None, envvar="DRAGOMAN_DATABASE", help="SQLAlchemy's URL; a SQLite file here, if not given."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print where it listens as one JSON document."),
) -> None:
    """Translate for clients of LibreTranslate, DeepL and Google, and of gRPC, until Ctrl-C."""
    with needs_gateway():
        from serving.gateway.core.settings import GatewaySettings
        from serving.gateway.main import run

    wanted = GatewaySettings.load(
        settings,
        host=host,
        port=port,
        grpc_port=grpc_port,
        address=address,
        model_root=model_root,
        label=label,
        database=database,
    )

    def announce(started: Started) -> None:
        pairs = directions(started.service)
        if as_json:
            by_grpc = {"grpc": started.grpc_address} if started.grpc_address else {}
            print_json({"address": started.url, **by_grpc, "directions": pairs})
            return
        beside = f" and {started.grpc_address} (gRPC)" if started.grpc_address else ""
        out.print(f"translating on {started.url}{beside}, {', '.join(pairs) or 'nothing yet'}", markup=False)
        if lack := started.service.offers.lack:
            err.print(f"warning: {lack}", markup=False)
        err.print("Ctrl-C ends it, once running requests are answered")

    run(wanted, announce)
