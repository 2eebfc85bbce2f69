"""TLS of the model server: its certificate, its clients', renewed while it serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.certificate import Certificate, PemFiles
from serving.client import Client, Tls
from serving.errors import TlsError, UnreachableError
from serving.launch import LaunchOptions, launch
from serving.server.options import FlagFileError, read_ssl_config
from serving.ssl_config import write
from tests.certificates import Authority
from tests.serving.conftest import REPOSITORY, dragoman
from tests.serving.toy_translator import push


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


@contextmanager
def _serving(root: Path, *options: object) -> Iterator[dict[str, Any]]:
    """`dragoman serve` of the embedded server, and what it says of itself."""
    command = [sys.executable, "-m", "dragoman", "serve", root, "--backend", "embedded", "--json"]
    command += ["--port", 0, "--rest-port", 0, *options]
    process = subprocess.Popen(list(map(str, command)), cwd=REPOSITORY, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        said = b""
        while not said.endswith(b"\n}\n"):
            line = process.stdout.readline()
            assert line, said
            said += line
        yield json.loads(said)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_it_answers_over_mutual_tls_alone_and_renews_its_certificate(
    authority: Authority, tmp_path: Path
) -> None:
    root = tmp_path / "models"
    push(root / "toy", 1)
    certificate, key = authority.issue("server")
    own = authority.issue("client")
    with _serving(
        root, "--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", authority.ca
    ) as served:
        address = served["address"]
        assert served["models"]["toy"]["labels"] == {"stable": 1}
        assert requests.get(f"http://{served['rest_address']}/v1/models/toy", timeout=20).ok
        with Client(address, model="toy", tls=Tls(authority.ca, *own)) as client:
            assert client.translate(["hello"])[0].text == "v1:hello"
        for tls in (None, Tls(authority.ca)):
            with (
                Client(address, model="toy", tls=tls, deadline=3) as stranger,
                pytest.raises(UnreachableError),
            ):
                stranger.translate(["hello"])

        other = Authority(tmp_path / "other")
        for file, replaced in zip((certificate, key), other.issue("server"), strict=True):
            os.replace(replaced, file)
        with Client(address, model="toy", tls=Tls(other.ca, *own), deadline=2) as client:
            end = time.monotonic() + 60
            while True:
                try:
                    assert client.translate(["hello"])[0].text == "v1:hello"
                    break
                except UnreachableError:
                    assert time.monotonic() < end


def test_http_is_this_machines_alone_where_grpc_has_tls(authority: Authority, tmp_path: Path) -> None:
    push(tmp_path / "toy", 1)
    options = LaunchOptions(host="0.0.0.0", tls=PemFiles(*authority.issue("server")))
    with launch(tmp_path / "toy", backend="embedded", options=options) as server:
        assert server.address.startswith("0.0.0.0:")
        assert server.rest_address.startswith("127.0.0.1:")
        assert server.versions("toy") == {1: "AVAILABLE"}
        address = server.address.replace("0.0.0.0", "127.0.0.1")
        with Client(address, model="toy", version=1, tls=Tls(authority.ca)) as client:
            assert client.translate(["hello"])[0].text == "v1:hello"


def test_what_does_not_belong_together_is_said_before_anything_is_loaded(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, _ = authority.issue("server")
    _, key = authority.issue("another")
    with pytest.raises(TlsError, match="no TLS with"):
        launch(tmp_path, backend="embedded", options=LaunchOptions(tls=PemFiles(certificate, key)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tls-certificate", "a"], b"--tls-key"),
        (["--tls-client-ca", "a"], b"--tls-key"),
        (["--tls-certificate", "a", "--tls-key", "b", "--gateway"], b"--gateway-certificate"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: list[str], said: bytes) -> None:
    done = dragoman("serve", tmp_path, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_file_is_tensorflow_servings_and_written_at_once(authority: Authority, tmp_path: Path) -> None:
    file = tmp_path / "ssl.config"
    certificate, key = authority.issue("server")
    pem = Certificate(PemFiles(certificate, key, authority.ca)).pem
    write(file, pem)
    assert read_ssl_config(file) == (pem, True)
    assert file.stat().st_mode & 0o777 == 0o600
    written = file.stat().st_ino
    write(file, pem)
    assert file.stat().st_ino == written
    write(file, (pem[0], pem[1], None))
    assert read_ssl_config(file) == ((pem[0], pem[1], None), False)
    for text, missing in (
        ('server_key: "a"', "server_cert"),
        ('server_key: "a" server_cert: "b" client_verify: true', "custom_ca"),
    ):
        file.write_text(text)
        with pytest.raises(FlagFileError, match=missing):
            read_ssl_config(file)
