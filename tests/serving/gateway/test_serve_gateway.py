"""`dragoman serve --gateway`: model server, gateway and page in one command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests
from libretranslatepy import LibreTranslateAPI

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


def test_one_command_serves_translates_and_leaves_with_0(live: Live, tmp_path: Path) -> None:
    root = _model_root(live, tmp_path)
    ports = ["--port", "0", "--rest-port", "0", "--gateway-port", "0"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "dragoman",
            "serve",
            str(root),
            "--backend",
            "embedded",
            "--gateway",
            *ports,
            "--json",
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        env={**os.environ, "DRAGOMAN_DATABASE": f"sqlite:///{tmp_path}/gateway.sqlite"},
    )
    try:
        assert process.stdout is not None
        said = b""
        while not said.endswith(b"\n}\n"):
            line = process.stdout.readline()
            assert line
            said += line
        served = json.loads(said)
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
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()


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
