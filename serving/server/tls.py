"""`--ssl_config_file`: TLS of the gRPC port, which a new file renews for whoever connects from then on."""

from __future__ import annotations

import logging
from pathlib import Path

import grpc

from serving.certificate import configuration, refuse_strangers
from serving.server.options import FlagFileError, read_ssl_config

log = logging.getLogger("serving.server")


class TlsFile:
    """The file as it was last read; TensorFlow Serving reads it once."""

    def __init__(self, path: Path) -> None:
        """Raises: FlagFileError."""
        self._path = path
        self._offered, self._is_strict = read_ssl_config(path)
        self._complaint = ""

    def credentials(self) -> grpc.ServerCredentials:
        """For a port."""
        return grpc.dynamic_ssl_server_credentials(
            configuration(self._offered), self._changed, self._is_strict
        )

    def _changed(self) -> grpc.ServerCertificateConfiguration | None:
        """In a thread of gRPC's, for each connection; a file that cannot be used changes nothing."""
        try:
            pem, is_strict = read_ssl_config(self._path)
            if is_strict != self._is_strict:
                raise FlagFileError(f"{self._path}: client_verify is another: start the server again")
            if pem != self._offered:
                refuse_strangers(pem)
        except (FlagFileError, OSError) as error:
            if str(error) != self._complaint:
                log.error("the certificate stays as it was: %s", error)
            self._complaint = str(error)
            return None
        self._complaint = ""
        if pem == self._offered:
            return None
        self._offered = pem
        log.info("the certificate was renewed")
        return configuration(pem)
