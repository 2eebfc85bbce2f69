"""`dragoman serve`: a model server on a model root, until Ctrl-C."""

from __future__ import annotations

import enum
import functools
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dragoman.console import err, fail, out, print_json
from dragoman.gateway_extra import GatewayOptions, check, run_before
from dragoman.option_groups import grouped
from dragoman.server_tls_options import ServerTlsOptions

if TYPE_CHECKING:
    from serving.certificate import PemFiles
    from serving.gateway.core.settings import GatewaySettings
    from serving.gateway.main import Started
    from serving.launch import RunningServer


_EXAMPLES = (
    "Examples: dragoman serve models --port 8500, then dragoman translate 'Good morning.'; "
    "dragoman serve models --gateway, then http://127.0.0.1:5000 in a browser"
)
_LABELS = ("stable", "canary")
_LISTENS_BEYOND = (
    "warning: tensorflow_model_server listens on all addresses of this machine, not on {host} alone, and "
    "asks nobody who they are: close its ports with a firewall, or use --backend docker or embedded"
)
_HTTP_BEYOND = (
    "warning: tensorflow_model_server has no TLS on its HTTP port, and listens there on all addresses of "
    "this machine: close it with a firewall, or use --backend docker or embedded"
)
_ONE_TLS = (
    "the model server of --gateway is asked by this machine alone: give --gateway-certificate and "
    "--gateway-key instead of --tls-certificate and --tls-key"
)
_FINISHES = "once running requests are answered"
_CUTS_OFF = "and at once: requests that run then fail with UNAVAILABLE, which our clients send again"


class Backend(str, enum.Enum):
    """The model servers that can be asked for."""

    auto = "auto"
    embedded = "embedded"
    binary = "binary"
    docker = "docker"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=_EXAMPLES)(serve)


@grouped
def serve(
    *,
    root: Path = typer.Argument(
        Path("models"),
        metavar="MODEL_ROOT",
        envvar="DRAGOMAN_MODEL_ROOT",
        help="Where models were pushed to.",
    ),
    backend: Backend = typer.Option(
        Backend.auto,
        help="auto: a tensorflow_model_server that TENSORFLOW_MODEL_SERVER or the PATH names, else Docker's "
        "tensorflow/serving, else the embedded server.",
    ),
    host: str = typer.Option("127.0.0.1", help="Address to listen on; a real binary listens on all."),
    port: int = typer.Option(8500, min=0, max=65535, help="gRPC port; 0: any free one."),
    rest_port: int = typer.Option(8501, min=0, max=65535, help="HTTP port; 0: any free one."),
    ready_timeout: float = typer.Option(
        300.0, min=1, help="Seconds that the first load may take, before serve gives up."
    ),
    batching: bool = typer.Option(False, "--batching", help="Run concurrent requests together."),
    operation_threads: int = typer.Option(
        0, min=0, help="Threads that share one operation; 0: one for small models, all cores for large ones."
    ),
    over_tls: ServerTlsOptions,
    in_front: GatewayOptions,
    as_json: bool = typer.Option(False, "--json", help="Print what is served as one JSON document."),
) -> None:
    """Serve every model of MODEL_ROOT until Ctrl-C, and follow its models.config."""
    gateway, tls = _of_ports(in_front, over_tls, root)
    from serving.launch import LaunchOptions, launch

    # Both ways of ending are one.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _prepare(root)
    err.print("loading …")
    options = LaunchOptions(
        host=host,
        grpc_port=port,
        rest_port=rest_port,
        batching=batching or gateway is not None,
        operation_threads=operation_threads,
        ready_seconds=ready_timeout,
        tls=tls,
    )
    with launch(root, backend=backend.value, options=options) as server:
        if server.listens_beyond:
            err.print((_HTTP_BEYOND if tls else _LISTENS_BEYOND).format(host=host), markup=False)
        announce = functools.partial(_announce, server, root, as_json)
        try:
            if gateway:
                code = run_before(server, gateway.model_copy(update={"address": server.address}), announce)
            else:
                announce()
                code = server.wait()
        except KeyboardInterrupt:
            code = None
        if code is not None:
            fail(f"the model server ended with code {code}; its last lines:\n{server.log_tail()}")
        err.print("finishing what runs …" if server.drains else "ending …")


def _of_ports(
    in_front: GatewayOptions, over_tls: ServerTlsOptions, root: Path
) -> tuple[GatewaySettings | None, PemFiles | None]:
    """A gateway's settings, and what the model server's own port has. What is wrong with them is said before
    a model is loaded.
    """
    tls = over_tls.files()
    if not in_front.gateway:
        return None, tls
    if tls:
        raise typer.BadParameter(_ONE_TLS)
    settings = in_front.settings(root)
    check(settings)
    return settings, None


def _prepare(root: Path) -> None:
    """Write what servers follow, if it is not there; say what in it looks wrong."""
    from serving.initial_config import ensure_config

    written = ensure_config(root)
    if written is not None:
        err.print(
            f"wrote {written}: the newest version of each model, labelled stable (in the history, too)",
            markup=False,
        )
    for name, folder in _elsewhere(root):
        err.print(
            f"warning: models.config has {name} read from {folder}, not from {root / name}: if this model "
            "root was moved or copied, correct the base_path",
            markup=False,
        )


def _elsewhere(root: Path) -> list[tuple[str, Path]]:
    """The models that are read from another place than this model root."""
    from serving import model_config

    config = model_config.read(root) if root.is_dir() else None
    parts = config.model_config_list.config if config else ()
    places = [(part.name, model_config.elsewhere(part, root)) for part in parts]
    return [(name, folder) for name, folder in places if folder is not None]


def _describe(server: RunningServer, root: Path) -> dict[str, Any]:
    """What is served, as the server itself says it."""
    from serving.versions import models as models_on_disk

    names = list(models_on_disk(root if root.is_dir() else root.parent)) or [root.absolute().name]
    models = {}
    for name in names:
        labels = {label: server.labelled(name, label) for label in _LABELS}
        models[name] = {
            "versions": server.versions(name),
            "labels": {label: version for label, version in labels.items() if version is not None},
        }
    return {
        "backend": server.backend,
        "address": server.address,
        "rest_address": server.rest_address,
        "models": models,
    }


def _announce(server: RunningServer, root: Path, as_json: bool, gateway: Started | None = None) -> None:
    described = _describe(server, root)
    if gateway:
        described["gateway"] = gateway.url
        if gateway.grpc_address:
            described["gateway_grpc"] = gateway.grpc_address
    if as_json:
        print_json(described)
        return
    out.print(f"serving on {server.address} (gRPC) and {server.rest_address} (HTTP), {server.backend} server")
    for name, model in described["models"].items():
        for version, state in model["versions"].items():
            labels = ", ".join(label for label, labelled in model["labels"].items() if labelled == version)
            out.print(f"  {name} {version} {state} {labels}".rstrip(), markup=False)
    if gateway:
        beside = f", and {gateway.grpc_address} (gRPC)" if gateway.grpc_address else ""
        out.print(f"translating on {gateway.url}{beside}: the page, and the interfaces of docs/gateway.md")
        if lack := gateway.service.offers.lack:
            err.print(f"warning: {lack}", markup=False)
    err.print(f"Ctrl-C ends it, {_FINISHES if server.drains else _CUTS_OFF}")
