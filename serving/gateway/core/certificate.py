"""The gateway's own certificate, for HTTP and gRPC, as its files have it now."""

from __future__ import annotations

import logging
import ssl

import grpc

from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.core.settings import GatewayTls

log = logging.getLogger(__name__)

_Files = tuple[bytes, bytes, bytes | None]


class Certificate:
    """A certificate that may be renewed: who connects is shown the newest one that was whole."""

    def __init__(self, tls: GatewayTls) -> None:
        """
        Raises:
            GatewaySettingsError: the files cannot be read, or do not belong together.
        """
        self._tls = tls
        self._complaint = ""
        try:
            self._files, self._newest = self._read()
        except OSError as error:
            raise GatewaySettingsError(
                f"no TLS with {tls.certificate} and {tls.key} ({error.strerror or error}): give a "
                "certificate with its chain and its key without a password, in PEM"
            ) from error
        self._offered = self._files
        self.context = self._newest
        """For HTTP: it shows the newest to each who connects."""
        self.context.sni_callback = self._show

    def credentials(self) -> grpc.ServerCredentials:
        """For gRPC, which asks for the newest whenever somebody connects."""
        return grpc.dynamic_ssl_server_credentials(
            _configuration(self._files), self._changed, self._tls.client_ca is not None
        )

    def refresh(self) -> None:
        """Look at the files again; those that are not whole change nothing, and are told of once."""
        try:
            files, context = self._read()
        except OSError as error:
            complaint = str(error)
            if complaint != self._complaint:
                log.error("the certificate stays as it was", extra={"fields": {"reason": complaint}})
            self._complaint = complaint
            return
        self._complaint = ""
        if files != self._files:
            self._files, self._newest = files, context
            log.info("the certificate was renewed")

    def _read(self) -> tuple[_Files, ssl.SSLContext]:
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

    def _bytes(self) -> _Files:
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
        files = self._files
        if files == self._offered:
            return None
        self._offered = files
        return _configuration(files)


def _configuration(files: _Files) -> grpc.ServerCertificateConfiguration:
    key, chain, client_ca = files
    return grpc.ssl_server_certificate_configuration([(key, chain)], client_ca)
