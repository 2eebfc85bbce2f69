"""Connections that do not keep to the rules, or do not go on: two requests in one, paths and hosts that are
none, heads and bodies without an end.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.raw import FORM, HEAD, answers_to, connected, status_of

HELLO = {"q": "hello", "source": "en", "target": "de"}


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 27\r\nContent-Length: 5\r\n",
        b"Content-Length: 27\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Content-Length: +27\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x1b\r\n",
        b"X-A: b\0c\r\n",
        b"X-A: b\rX-B: c\r\n",
        b"X A: b\r\n",
        b"X-A: " + b"a" * (1 << 17) + b"\r\n",
        b"X-A: b\r\n" * 20_000,
    ],
)
def test_a_request_that_two_readers_would_read_apart_is_refused_and_its_connection_closed(
    gateway: Gateway, headers: bytes
) -> None:
    smuggled = b"0\r\n\r\nGET /languages HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        answers = answers_to(gateway, HEAD + headers + b"\r\n" + smuggled)
    except ConnectionError:
        answers = []  # It was closed before all of it had come.
    assert [status_of(answer) for answer in answers] in ([400], []), answers


def test_a_line_end_of_a_caller_is_in_no_header(gateway: Gateway) -> None:
    tricks = ["a\r\nX-Evil: 1", "%0d%0aX-Evil:%201", "\u560a\u560dX-Evil: 1"]
    for trick in tricks:
        answer = gateway.post("/translate", **HELLO, **{trick: "1"})
        assert answer.status_code == 200
        assert "x-evil" not in answer.headers
    files = {"file": ("a.txt", b"One here.")}
    data = {"source": "en", "target": "de", "a\r\nX-Evil: 1": "1"}
    answer = requests.post(gateway.url + "/translate_file", data=data, files=files, timeout=60)
    assert "x-evil" not in answer.headers
    for header in ("X-Request-Id", "X-Dragoman-Label", "Accept-Language"):
        odd = {header: 'a%0d%0aX-Evil: 1"><script>'}
        answer = requests.post(gateway.url + "/translate", json=HELLO, headers=odd, timeout=30)
        assert "x-evil" not in answer.headers
        assert "<script>" not in str(answer.headers)


@pytest.mark.parametrize(
    "target",
    ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/page.js/../../app.py", "/page.html", "/page.css%00",
     "/download_file/..%2f..%2fgateway.sqlite", "/download_file/%00", "//evil.example/", "http://evil.example/",
     "/\\..\\app.py", "/__init__.py", "/" + "a" * 30_000],
)  # fmt: skip
def test_a_path_leads_to_no_file(gateway: Gateway, target: str) -> None:
    sent = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target.encode()
    (answer,) = answers_to(gateway, sent)
    assert status_of(answer) in (400, 404), answer
    assert b"location:" not in answer.lower()


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "evil.example:99999", '"><script>', "", "a@b:c", "é"])
def test_a_host_that_is_none_breaks_nothing(gateway: Gateway, host: str) -> None:
    for path in ("/translate", "/nothing"):
        head = b"POST %s HTTP/1.1\r\nHost: %s\r\n" % (path.encode(), host.encode())
        kind = b"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        (answer,) = answers_to(gateway, head + kind + b"Content-Length: %d\r\n\r\n" % len(FORM) + FORM)
        assert status_of(answer) in ((200, 400) if path == "/translate" else (404, 400)), answer
    boundary = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = boundary % (b"file", b'; filename="a.txt"', b"One here.")
    body += boundary % (b"source", b"", b"en") + boundary % (b"target", b"", b"de") + b"--b--\r\n"
    head = b"POST /translate_file HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" % host.encode()
    kind = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(body)
    (answer,) = answers_to(gateway, head + kind + body)
    assert status_of(answer) in (200, 400), answer


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c"])
def test_no_other_protocol_is_spoken(gateway: Gateway, upgrade: bytes) -> None:
    key = (
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHTTP2-Settings: AA\r\n"
    )
    head = b"GET /languages HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: %s\r\n" % upgrade
    (answer,) = answers_to(gateway, head + key + b"\r\n")
    assert status_of(answer) == 200
    assert b"upgrade" not in answer.lower().partition(b"\r\n\r\n")[0]


def test_a_form_of_very_many_parts_is_refused(gateway: Gateway) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    for body, kind in (
        (part * 5000 + "--b--\r\n", "multipart/form-data; boundary=b"),
        (part.replace('; name="a"', "") + "--b--\r\n", "multipart/form-data; boundary=b"),
        (part, "multipart/form-data"),
        (part, "multipart/form-data; boundary=" + "b" * 5000),
        (part, "multipart/form-data; boundary=b; charset=none"),
    ):
        headers = {"Content-Type": kind}
        answer = requests.post(gateway.url + "/translate_file", data=body, headers=headers, timeout=30)
        assert answer.status_code == 400, kind
    query = requests.post(f"{gateway.url}/translate?{'a&' * 5000}", json=HELLO, timeout=30)
    assert query.status_code == 400


@pytest.fixture(scope="module")
def hasty(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that waits for half a second."""
    settings = {"address": fake.address, "model_root": str(fake.root), "limits": {"body_seconds": 0.5}}
    with started(tmp_path_factory.mktemp("hasty"), **settings) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (b"POST /trans", []),
        (HEAD + b"X-Slowly: ", []),
        (HEAD + b"Content-Length: 27\r\n\r\nq=hel", [408]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nq=hel\r\n", [408]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff", [408]),
        (b"GET /languages HTTP/1.1\r\nHost: x\r\n\r\nGET /lang", [200]),
    ],
    ids=["no line", "no head", "no body", "no chunk", "no length", "no second head"],
)
def test_who_does_not_go_on_is_given_up(hasty: Gateway, sent: bytes, wanted: list[int]) -> None:
    """`answers_to` reads until the connection is closed."""
    assert [status_of(answer) for answer in answers_to(hasty, sent)] == wanted


def test_a_head_that_comes_bit_by_bit_is_given_up(hasty: Gateway) -> None:
    with connected(hasty) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        connection.settimeout(0.05)
        end, is_open = time.monotonic() + 20, True
        while is_open:
            assert time.monotonic() < end
            try:
                connection.sendall(b"X-A: b\r\n")
                is_open = connection.recv(1) != b""
            except TimeoutError:
                pass
            except ConnectionError:
                is_open = False


def test_many_who_only_connect_are_in_nobodys_way(hasty: Gateway) -> None:
    waiting = [connected(hasty) for _ in range(300)]
    try:
        for connection in waiting[:100]:
            connection.sendall(HEAD)
        assert hasty.post("/translate", **HELLO).json() == {"translatedText": "HELLO"}
    finally:
        for connection in waiting:
            connection.close()


def test_a_connection_between_two_requests_is_kept(hasty: Gateway) -> None:
    kept = http.client.HTTPConnection(hasty.url.removeprefix("http://"), timeout=30)
    kept.request("GET", "/languages")
    assert kept.getresponse().read()
    first = kept.sock
    assert answers_to(hasty, b"GET / HT") == []  # As long as it takes to give somebody up.
    kept.request("GET", "/languages")
    assert kept.getresponse().read()
    assert kept.sock is first
    kept.close()


def test_who_hangs_up_in_the_middle_leaves_nothing_behind(hasty: Gateway) -> None:
    for sent in (b"", b"POST", HEAD, HEAD + b"Content-Length: 27\r\n\r\nq=h"):
        with connected(hasty) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1 << 16)
    end = time.monotonic() + 20
    while "dragoman_gateway_running 0.0" not in hasty.get("/metrics").text:
        assert time.monotonic() < end
    assert hasty.post("/translate", **HELLO).status_code == 200
