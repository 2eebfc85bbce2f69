"""The specification for Kubeflow: the KFP compiler itself reads it and writes it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.runs.build import build
from pipeline.runs.kubeflow import compile_for_kubeflow
from pipeline.workspace.workspace import Workspace


@pytest.fixture
def assembled(tmp_path: Path) -> Any:
    config = RunConfig.model_validate(
        {
            "name": "toy",
            "languages": {"source": "en", "target": "de"},
            "corpora": [{"format": "embedded"}],
            "push": {"model_root": tmp_path / "models"},
        }
    )
    return build(config, Workspace(tmp_path / "toy")).pipeline


def test_kfp_accepts_it_and_nothing_is_left_out(assembled: Any, tmp_path: Path) -> None:
    compiler = pytest.importorskip(
        "kfp.compiler", reason="kfp is not installed: pip install dragoman[kubeflow]"
    )
    components = pytest.importorskip("kfp.components")
    specification = compile_for_kubeflow(assembled, "registry.example.org/pipeline:1")
    loaded = components.load_component_from_text(json.dumps(specification))
    compiler.Compiler().compile(loaded, str(tmp_path / "again.yaml"))
    tasks = specification["root"]["dag"]["tasks"]
    assert set(tasks) == {node.id for node in assembled.components}
    executors = specification["deploymentSpec"]["executors"].values()
    images = {executor["container"]["image"] for executor in executors if "container" in executor}
    assert images == {"registry.example.org/pipeline:1"}


def test_without_kfp_the_package_is_named(assembled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [module for module in sys.modules if module.split(".")[0] == "kfp" or ".kubeflow." in module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kfp", None)
    with pytest.raises(
        ConfigurationError,
        match=r"kfp.* is not installed: pip install '.\[kubeflow\]' in Dragoman's checkout",
    ):
        compile_for_kubeflow(assembled, "i")
