"""Whether gRPC is answered at an address of this machine: by a server that is being started."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import grpc

_PAUSE = 0.05
"""Seconds between two looks."""
_OPTIONS = [("grpc.max_reconnect_backoff_ms", 200), ("grpc.enable_http_proxy", 0)]


@contextmanager
def looking(address: str, *, over_tls: bool) -> Iterator[Callable[[], bool]]:
    """What looks at HOST:PORT, and takes a moment where nobody answers yet."""
    if over_tls:
        yield partial(_speaks_tls, address)
        return
    connected = threading.Event()
    with grpc.insecure_channel(address, _OPTIONS) as channel:
        channel.subscribe(
            lambda state: connected.set() if state is grpc.ChannelConnectivity.READY else None,
            try_to_connect=True,
        )
        yield partial(connected.wait, _PAUSE)


def _speaks_tls(address: str) -> bool:
    """Whose certificate is shown, and whether we would be believed, does not matter."""
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
        time.sleep(_PAUSE)
        return False
