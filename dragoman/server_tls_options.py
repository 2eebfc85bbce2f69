"""The options of a model server that speaks TLS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.certificate import PemFiles


@dataclass(frozen=True, kw_only=True)
class ServerTlsOptions:
    """What its gRPC port shows, and whom it believes; no variables: DRAGOMAN_TLS_… are a client's."""

    tls_certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="gRPC over TLS with this certificate and its chain, in PEM; HTTP is for this machine alone.",
        ),
    ] = None
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Of --tls-certificate.")] = None
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Answer nobody without a certificate of this authority (mutual TLS)."
        ),
    ] = None

    def files(self) -> PemFiles | None:
        """None: without TLS.

        Raises:
            typer.BadParameter: a certificate without its key, or the other way round.
        """
        from serving.certificate import PemFiles

        if self.tls_certificate and self.tls_key:
            return PemFiles(self.tls_certificate, self.tls_key, self.tls_client_ca)
        if self.tls_certificate or self.tls_key or self.tls_client_ca:
            raise typer.BadParameter("give --tls-certificate and --tls-key together")
        return None
