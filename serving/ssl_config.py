"""TensorFlow Serving's `--ssl_config_file` (`ssl_config.proto`): what gRPC shows and whom it believes."""

from __future__ import annotations

import contextlib
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
