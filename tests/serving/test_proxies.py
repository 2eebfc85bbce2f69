"""Proxies in the environment: never in the way of this machine, and named where they are in the way."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.doctor import examine
from serving import proxies
from serving.client import Client
from serving.errors import UnreachableError
from serving.launch import LaunchOptions, RunningServer
from serving.rollout import Rollout
from tests.serving.fake_server import FakeServer, push

KINDS = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
NOBODY = "http://proxy.invalid:3128"
ELSEWHERE = "192.0.2.1:8500"  # RFC 5737: nobody's


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy of the machine's own."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def refusing() -> Iterator[str]:
    """A proxy that lets nobody through."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(403)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", [*KINDS, *map(str.upper, KINDS)])
def test_a_client_and_a_rollout_ask_this_machine_without_a_proxy(
    tmp_path: Path, environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, NOBODY)
    push(tmp_path, 1)
    server = FakeServer(tmp_path)
    try:
        assert Rollout(tmp_path, [server.address]).promote("m", 1).followed
        for address in (server.address, f"localhost:{server.port}", f"dns:///127.0.0.1:{server.port}"):
            with Client(address, model="m", deadline=5) as client:
                assert client.translate(["a"])[0].text == "A"
    finally:
        server.stop()


def test_a_server_that_is_started_here_is_asked_without_a_proxy(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    for name in (*KINDS, *map(str.upper, KINDS)):
        environment.setenv(name, NOBODY)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"model_version_status": [{"version": "7", "state": "AVAILABLE"}]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    process = subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE)
    running = RunningServer("embedded", process, tmp_path, LaunchOptions(), (1, server.server_port))
    assert running.versions("m") == {7: "AVAILABLE"}
    running.stop()
    server.shutdown()
    thread.join()
    server.server_close()


def test_elsewhere_the_error_names_the_proxy_and_no_password(
    refusing: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("http_proxy", f"http://me:s3cret@{refusing}")
    with (
        Client(ELSEWHERE, model="m", deadline=5) as client,
        pytest.raises(UnreachableError) as caught,
    ):
        client.translate(["a"])
    said = str(caught.value)
    assert f"{ELSEWHERE} through the proxy {refusing} (http_proxy)" in said
    assert "no_proxy" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("name", "value", "address", "direct"),
    [
        ("no_proxy", "example.com", "server.example.com:8500", True),
        ("NO_PROXY", ".svc,.example.com", "dns:///model-server.dragoman.svc:8500", True),
        ("NO_PROXY", "192.0.2.0/24", ELSEWHERE, True),
        ("no_proxy", "2001:db8::/32", "[2001:db8::7]:8500", True),
        ("no_proxy", "*", ELSEWHERE, True),
        ("no_grpc_proxy", "192.0.2.1", f"ipv4:{ELSEWHERE}", True),
        ("no_proxy", "198.51.100.0/24, nonsense/x", ELSEWHERE, False),
        ("no_proxy", "", "unix:/run/server", True),
        ("no_proxy", "", "[::1]:8500", True),
        ("no_proxy", "", "0.0.0.0:8500", True),
        ("no_proxy", "", f"{socket.gethostname()}:8500", True),
        ("no_proxy", "", "server.invalid:8500", False),
    ],
)
def test_who_needs_no_proxy(
    environment: pytest.MonkeyPatch, name: str, value: str, address: str, direct: bool
) -> None:
    environment.setenv("https_proxy", NOBODY)
    environment.setenv(name, value)
    assert proxies.of_grpc(address) == (None if direct else proxies.Proxy("https_proxy", NOBODY))


def test_grpc_takes_the_first_of_its_own_variables(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", NOBODY)  # not read by gRPC
    environment.setenv("all_proxy", NOBODY)
    assert proxies.of_grpc(ELSEWHERE) is None
    environment.setenv("http_proxy", NOBODY)
    environment.setenv("https_proxy", "http://other.invalid:1")
    assert str(proxies.of_grpc(ELSEWHERE)) == "other.invalid:1 (https_proxy)"
    environment.setenv("grpc_proxy", "")
    assert proxies.of_grpc(ELSEWHERE) is None


def test_a_url_goes_through_the_proxy_of_its_scheme(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALL_PROXY", "me:s3cret@proxy.invalid:1")
    assert str(proxies.of_url("https://hooks.example.com/x")) == "proxy.invalid:1 (ALL_PROXY)"
    environment.setenv("HTTPS_PROXY", NOBODY)
    assert str(proxies.of_url("https://hooks.example.com/x")) == "proxy.invalid:3128 (HTTPS_PROXY)"
    assert proxies.of_url("http://localhost:1/x") is None


def test_libraries_and_processes_are_told_of_this_machine() -> None:
    variables = {"HTTP_PROXY": NOBODY, "NO_PROXY": ".corp"}
    proxies.exempt_this_machine(variables)
    assert variables["no_proxy"] == variables["NO_PROXY"] == ".corp,localhost,127.0.0.1,::1"
    without: dict[str, str] = {}
    proxies.exempt_this_machine(without)
    assert not without


def test_doctor_shows_them(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    def shown() -> str:
        return next(line.detail for line in examine(tmp_path) if line.name == "proxies")

    assert "none" in shown()
    environment.setenv("https_proxy", "http://me:s3cret@proxy.invalid:3128")
    environment.setenv("NO_PROXY", ".corp")
    assert "proxy.invalid:3128 (https_proxy); no_proxy: .corp" in shown()
    assert "s3cret" not in shown()
