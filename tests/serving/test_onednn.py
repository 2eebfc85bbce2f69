"""Products of small models without oneDNN, and how each way of starting a server is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.backends import command
from serving.onednn import SMALL_BYTES, VARIABLE, environment
from tests.serving.test_threads import push_weights


def test_small_products_go_without_onednn_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    push_weights(tmp_path / "small", 1, SMALL_BYTES)
    push_weights(tmp_path / "large", 1, SMALL_BYTES, 1)
    assert environment([tmp_path / "small"]) == {VARIABLE: "0"}
    assert environment([tmp_path / "small", tmp_path / "large"]) == {}
    monkeypatch.setenv(VARIABLE, "1")  # Told on, too: a container inherits nothing.
    assert environment([tmp_path / "small"]) == {VARIABLE: "1"}


def test_every_backend_is_started_with_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.backends.find_docker", lambda: "/usr/bin/docker")
    monkeypatch.setattr("serving.backends.find_binary", lambda: "/usr/bin/server")
    given = {"hosts": ["127.0.0.1"], "ports": [1], "folders": [], "variables": {VARIABLE: "0"}}
    embedded, binary, docker = (command(backend, [], **given) for backend in ("embedded", "binary", "docker"))
    assert embedded.environment[VARIABLE] == binary.environment[VARIABLE] == "0"
    place = docker.arguments.index(f"{VARIABLE}=0")
    assert docker.arguments[place - 1] == "-e"
    assert place < docker.arguments.index("--entrypoint")
