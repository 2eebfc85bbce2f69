"""TLS to a server: whom to believe, and who we are."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from serving.errors import TlsError

ChannelOptions = Sequence[tuple[str, str | int]]


@dataclass(frozen=True)
class Tls:
    """Files in PEM. They are read again for each new channel: what was renewed counts from the next one on,
    which a client makes when nobody can be reached on the one before.
    """

    ca: Path | None = None
    """Whose certificates a server may show; None: those that gRPC comes with."""
    certificate: Path | None = None
    """Our own, with its chain, for a server that asks for one (mutual TLS)."""
    key: Path | None = None
    name: str | None = None
    """What the server's certificate is for, where that is not the address's host."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate and its key go together: give both, or none")

    def credentials(self) -> grpc.ChannelCredentials:
        """
        Raises:
            TlsError: a file cannot be read, or is not what it should be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key, password="")  # Or it would ask for one.
            files = (self.ca, self.key, self.certificate)
            return grpc.ssl_channel_credentials(*(file and file.read_bytes() for file in files))
        except OSError as error:
            named = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file)
            raise TlsError(
                f"no TLS with {named or 'the certificates of this machine'} ({error.strerror or error}): "
                "give certificates and a key without a password in PEM, which belong together"
            ) from error


def channels(library: Any, tls: Tls | None) -> Callable[[str, ChannelOptions], Any]:
    """What makes channels of a `library`, `grpc` or `grpc.aio`, to a name.

    Raises:
        TlsError: as `Tls.credentials`. Later, as while files are being replaced, those that were read last
        count.
    """
    if tls is None:
        insecure: Callable[[str, ChannelOptions], Any] = library.insecure_channel
        return insecure
    kept = tls.credentials()

    def make(name: str, options: ChannelOptions) -> Any:
        nonlocal kept
        with contextlib.suppress(TlsError):
            kept = tls.credentials()
        named = [("grpc.ssl_target_name_override", tls.name)] if tls.name else []
        return library.secure_channel(name, kept, [*options, *named])

    return make
