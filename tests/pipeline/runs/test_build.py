"""Which components a run has."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.load import parse
from pipeline.runs import build
from pipeline.steps import check
from pipeline.workspace.workspace import Workspace

RUN = "{name: a, languages: {source: en, target: de}, corpora: [{format: embedded}], workspace: %s}"


def components(folder: Path) -> dict[str, object]:
    """By id, in their order."""
    config = parse(RUN % folder)
    return {node.id: node for node in build.build(config, Workspace.of(config)).pipeline.components}


@pytest.mark.parametrize("backend", ["embedded", "binary"])
def test_without_docker_the_serving_check_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(check, "choose", lambda _: backend)
    assert "InfraValidator" not in components(tmp_path)


def test_with_docker_tfxs_own_validator_comes_before_it_and_knows_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "choose", lambda _: "docker")
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere/docker.sock")
    found = components(tmp_path)
    names = list(found)
    assert names.index("InfraValidator") == names.index("ServingCheck") - 1
    assert "unix:///elsewhere/docker.sock" in str(found["InfraValidator"].exec_properties["serving_spec"])  # type: ignore[attr-defined]
