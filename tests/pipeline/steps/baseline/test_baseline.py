"""The baseline is what `stable` serves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.config import RunConfig
from pipeline.config.load import parse
from pipeline.errors import ConfigurationError
from pipeline.steps.baseline.baseline import baseline
from serving.errors import ServingError
from serving.rollout import Rollout


def config(root: Path) -> RunConfig:
    return parse(
        f"{{name: m, languages: {{source: en, target: de}}, corpora: [{{format: embedded}}], "
        f"push: {{model_root: '{root}'}}}}"
    )


def push(root: Path, version: int) -> Path:
    folder = root / "m" / str(version)
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"model")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return folder


def test_it_follows_promotions_and_rollbacks_not_pushes(tmp_path: Path) -> None:
    assert baseline(config(tmp_path)) is None
    first, second = push(tmp_path, 1), push(tmp_path, 2)
    assert baseline(config(tmp_path)) is None
    assert baseline(config(tmp_path), 2) == second
    rollout = Rollout(tmp_path)
    rollout.promote("m", 1)
    assert baseline(config(tmp_path)) == first
    rollout.promote("m", 2)
    assert baseline(config(tmp_path)) == second
    rollout.rollback("m")
    assert baseline(config(tmp_path)) == first


def test_it_is_found_by_its_number(tmp_path: Path) -> None:
    push(tmp_path, 7).rename(tmp_path / "m" / "007")
    Rollout(tmp_path).promote("m", 7)
    assert baseline(config(tmp_path)) == tmp_path / "m" / "007"


def test_a_stable_version_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    Rollout(tmp_path).promote("m", int(push(tmp_path, 1).name))
    shutil.rmtree(tmp_path / "m" / "1")
    with pytest.raises(ConfigurationError, match=r"version 1 of m is stable, but .* holds no model"):
        baseline(config(tmp_path))


def test_a_models_config_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text("model_config_list {")
    with pytest.raises(ServingError, match=r"models\.config"):
        baseline(config(tmp_path))
