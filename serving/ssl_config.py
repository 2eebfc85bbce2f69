"""TensorFlow Serving's `--ssl_config_file` (`ssl_config.proto`): what gRPC shows and whom it believes."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path

from google.protobuf import text_encoding

from contracts.files import replacing
from serving.certificate import Pem

_FIELDS = ("server_key", "server_cert", "custom_ca")


def write(path: Path, pem: Pem) -> None:
    """Say this key, this certificate and, where there is one, this authority of clients; at once, and only if
    it is not what is said already.
    """
    lines = [
        f'{field}: "{text_encoding.CEscape(part, False)}"'
        for field, part in zip(_FIELDS, pem, strict=True)
        if part
    ]
    text = "\n".join([*lines, f"client_verify: {str(pem[2] is not None).lower()}", ""])
    with contextlib.suppress(FileNotFoundError):
        if path.read_text() == text:
            return
    with replacing(path) as beside:
        beside.touch(0o600)
        beside.write_text(text)


def answers(address: str) -> bool:
    """Whether gRPC over TLS is spoken at HOST:PORT of this machine; whose certificate it shows, and whether
    it would believe us, does not matter.
    """
    host, _, port = address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=2) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False
