"""Bytes to a gateway and what comes back, with no library between."""

from __future__ import annotations

import socket

from tests.serving.gateway.conftest import Gateway

FORM = b"q=hello&source=en&target=de"
HEAD = b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def connected(gateway: Gateway) -> socket.socket:
    """A connection."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)))
    connection.settimeout(30)
    return connection


def answers_to(gateway: Gateway, sent: bytes) -> list[bytes]:
    """All answers that come until the gateway closes the connection."""
    with connected(gateway) as connection:
        connection.sendall(sent)
        received = b""
        while part := _received(connection):
            received += part
    return [b"HTTP/1.1 " + answer for answer in received.split(b"HTTP/1.1 ")[1:]]


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except ConnectionError:
        return b""


def status_of(answer: bytes) -> int:
    """Of an answer's first line."""
    return int(answer.split(b" ", 2)[1])
