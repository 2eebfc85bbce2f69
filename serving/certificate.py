"""A server's own certificate, for HTTP and gRPC, as its files have it now."""

from __future__ import annotations

import logging
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import grpc

from serving.errors import TlsError

log = logging.getLogger(__name__)

Pem = tuple[bytes, bytes, bytes | None]
"""A key, its certificate with the chain, and the authority of clients that are asked for one."""


class Files(Protocol):
    """Where they lie; keys have no password."""

    @property
    def certificate(self) -> Path: ...
    @property
    def key(self) -> Path: ...
    @property
    def client_ca(self) -> Path | None:
        """None: nobody is asked who they are."""


@dataclass(frozen=True)
class PemFiles:
    """As `Files`."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class Certificate:
    """A certificate that may be renewed: who connects is shown the newest one that was whole."""

    def __init__(self, tls: Files) -> None:
        """
        Raises:
            TlsError: the files cannot be read, or do not belong together.
        """
        self._tls = tls
        self._complaint = ""
        try:
            self.pem, self._newest = self._read()
        except OSError as error:
            raise TlsError(
                f"no TLS with {tls.certificate} and {tls.key} ({error.strerror or error}): give a "
                "certificate with its chain and its key without a password, in PEM"
            ) from error
        self._offered = self.pem
        self.context = self._newest
        """For HTTP: it shows the newest to each who connects."""
        self.context.sni_callback = self._show

    def credentials(self) -> grpc.ServerCredentials:
        """For gRPC, which asks for the newest whenever somebody connects."""
        return grpc.dynamic_ssl_server_credentials(
            configuration(self.pem), self._changed, self._tls.client_ca is not None
        )

    def refresh(self) -> None:
        """Look at the files again; those that are not whole change nothing, and are told of once."""
        try:
            files, context = self._read()
        except OSError as error:
            complaint = str(error)
            if complaint != self._complaint:
                log.error("the certificate stays as it was: %s", complaint)
            self._complaint = complaint
            return
        self._complaint = ""
        if files != self.pem:
            self.pem, self._newest = files, context
            log.info("the certificate was renewed")

    def _read(self) -> tuple[Pem, ssl.SSLContext]:
        """
        Raises:
            OSError: they cannot be read, or are not what they should be; `ssl.SSLError` is one.
        """
        tls = self._tls
        files = self._bytes()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.client_ca)
        context.load_cert_chain(tls.certificate, tls.key, password="")  # Or it would ask for one.
        if tls.client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        if self._bytes() != files:
            raise OSError("they are just being replaced")
        return files, context

    def _bytes(self) -> Pem:
        tls = self._tls
        return (
            tls.key.read_bytes(),
            tls.certificate.read_bytes(),
            tls.client_ca.read_bytes() if tls.client_ca else None,
        )

    def _show(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest

    def _changed(self) -> grpc.ServerCertificateConfiguration | None:
        """In a thread of gRPC's."""
        files = self.pem
        if files == self._offered:
            return None
        self._offered = files
        return configuration(files)


def refuse_strangers(pem: Pem) -> None:
    """
    Raises:
        OSError: the key and the certificate do not belong together, or are none.
    """
    key, chain, _ = pem
    with tempfile.TemporaryDirectory() as folder:  # Its owner's alone; `ssl` reads files.
        files = Path(folder, "certificate"), Path(folder, "key")
        for file, text in zip(files, (chain, key), strict=True):
            file.write_bytes(text)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files, password="")


def configuration(pem: Pem) -> grpc.ServerCertificateConfiguration:
    """As gRPC takes it."""
    key, chain, client_ca = pem
    return grpc.ssl_server_certificate_configuration([(key, chain)], client_ca)
