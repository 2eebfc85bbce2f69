"""`dragoman serve --gateway`: model server, gateway and page in one command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from libretranslatepy import LibreTranslateAPI

from tests.certificates import Authority
from tests.serving.conftest import REPOSITORY, Live, dragoman


def _model_root(live: Live, folder: Path) -> Path:
    """The toys' versions 1 and 2 of a model from English into German."""
    root = folder / "models"
    for version in (1, 2):
        target = root / "en-de" / str(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", str(live.templates / str(version)), str(target)], check=True)
        card = target / "assets.extra" / "model_card.json"
        card.write_text(json.dumps({"source_language": "en", "target_language": "de"}))
    return root


@contextmanager
def _served(root: Path, folder: Path, *options: object) -> Iterator[dict[str, Any]]:
    """What `dragoman serve --gateway` says, which is ended by SIGTERM and has to leave with 0."""
    ports = ["--port", "0", "--rest-port", "0", "--gateway-port", "0"]
    command = ["serve", str(root), "--backend", "embedded", "--gateway", *ports, *map(str, options), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dragoman", *command],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        env={**os.environ, "DRAGOMAN_DATABASE": f"sqlite:///{folder}/gateway.sqlite"},
    )
    try:
        assert process.stdout is not None
        said = b""
        while not said.endswith(b"\n}\n"):
            line = process.stdout.readline()
            assert line
            said += line
        yield json.loads(said)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()


def test_one_command_serves_translates_and_leaves_with_0(live: Live, tmp_path: Path) -> None:
    with _served(_model_root(live, tmp_path), tmp_path) as served:
        url = served["gateway"]
        assert served["models"]["en-de"]["labels"] == {"stable": 2}
        assert LibreTranslateAPI(url).translate("Good morning.", "en", "de") == "v2:Good morning."
        answer = requests.post(
            f"{url}/v1/translate",
            json={"texts": "One here. <b>Two</b>", "target": "de", "source": "en"},
            timeout=60,
        ).json()["answers"][0]
        assert (answer["text"], answer["versions"]) == ("v2:One here. v2:<b>Two</b>", [2])
        assert "<h1>Dragoman</h1>" in requests.get(url, timeout=30).text


def test_one_command_serves_over_tls_on_another_address(live: Live, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("gateway", "127.0.0.2")
    options = ("--gateway-host", "127.0.0.2", "--gateway-certificate", certificate, "--gateway-key", key)
    settings = tmp_path / "gateway.yaml"
    settings.write_text("grpc_port: 0")
    with _served(_model_root(live, tmp_path), tmp_path, *options, "--gateway-settings", settings) as served:
        url = served["gateway"]
        assert url.startswith("https://127.0.0.2:")
        assert "<h1>Dragoman</h1>" in requests.get(url, verify=authority.ca, timeout=30).text
        wish = {"q": "Good morning.", "source": "en", "target": "de"}
        answer = requests.post(f"{url}/translate", json=wish, verify=authority.ca, timeout=60)
        assert answer.json() == {"translatedText": "v2:Good morning."}
        by_grpc = ["--address", served["gateway_grpc"], "--model", "en-de", "--tls-ca", authority.ca]
        done = dragoman("translate", "hello", *by_grpc)
        assert done.stdout.decode().strip() == "v2:hello", done.stderr


def test_what_a_model_server_of_ours_has_not_is_refused(tmp_path: Path) -> None:
    settings = tmp_path / "gateway.yaml"
    settings.write_text("model_tls: {}")
    done = dragoman("serve", tmp_path, "--gateway", "--gateway-settings", settings)
    assert (done.returncode, b"model_tls is for model servers elsewhere" in done.stderr) == (3, True)
    done = dragoman("serve", tmp_path, "--gateway", "--gateway-key", settings)
    assert (done.returncode, b"tls.certificate" in done.stderr) == (3, True)


def test_what_is_wrong_with_the_gateway_is_said_before_a_model_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    for content, said in (
        ("prot: 5000", b"did you mean `port`?"),
        ("- a", b"keys and values"),
        ("models: [{name: m, source: en, targets: [de, fr]}]", b"several: true"),
        ("address: http://models:8500", b"no address"),
    ):
        file.write_text(content)
        done = dragoman("gateway", "--settings", file)
        assert (done.returncode, said in done.stderr) == (3, True), done.stderr
    done = dragoman("serve", tmp_path, "--gateway", "--gateway-settings", tmp_path / "none.yaml")
    assert (done.returncode, b"cannot read" in done.stderr) == (3, True)
    file.write_text(f"interfaces: [telegraph]\ndatabase: sqlite:///{tmp_path}/gateway.sqlite")
    done = dragoman("gateway", "--settings", file)
    assert (done.returncode, b"there is no interface `telegraph`" in done.stderr) == (3, True)
