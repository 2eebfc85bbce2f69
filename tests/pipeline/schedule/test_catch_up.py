"""What the runs of a catch-up are compared with, and go on from."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import RunConfig
from pipeline.schedule.catch_up import CatchUp, followed, went_on
from pipeline.schedule.due import record
from pipeline.steps.baseline.baseline import baseline
from serving.rollout import Rollout
from tests.pipeline.schedule.test_due import arrive, configured, look
from tests.pipeline.schedule.test_versions import pushed


def model(folder: Path, *versions: int) -> RunConfig:
    """A run whose model has these versions, the first of them stable."""
    root = folder / "models"
    pushed(root, *versions)
    Rollout(root).promote("m", versions[0])
    config = configured(folder, missed="each")
    push = config.push.model_copy(update={"model_root": root, "model_name": "m"})
    return config.model_copy(update={"push": push})


def test_each_run_follows_the_version_that_the_one_before_it_pushed(tmp_path: Path) -> None:
    config = model(tmp_path, 1, 2, 3)
    assert followed(config, None) is None
    catch_up = went_on(config, None, pushed=2)
    assert followed(config, catch_up) == 2
    assert baseline(config, 2) == tmp_path / "models" / "m" / "2"
    # A candidate that was refused is followed by nobody.
    assert went_on(config, catch_up, pushed=None) == catch_up
    assert went_on(config, None, pushed=None) is None
    assert followed(config, went_on(config, catch_up, pushed=3)) == 3


def test_what_serves_counts_again_once_somebody_promotes_or_rolls_back(tmp_path: Path) -> None:
    config = model(tmp_path, 1, 2, 3)
    rollout = Rollout(tmp_path / "models")
    catch_up = went_on(config, None, pushed=3)
    rollout.promote("m", 2)
    assert followed(config, catch_up) is None
    catch_up = went_on(config, None, pushed=3)
    rollout.rollback("m")
    assert followed(config, catch_up) is None


def test_a_version_that_was_retired_meanwhile_is_not_followed(tmp_path: Path) -> None:
    config = model(tmp_path, 1, 2)
    catch_up = went_on(config, None, pushed=2)
    Rollout(tmp_path / "models").retire("m", 2)
    assert followed(config, catch_up) is None


def test_a_catch_up_that_was_killed_is_gone_on_with_and_ends_with_its_last_run(tmp_path: Path) -> None:
    config = model(tmp_path, 1, 2)
    config.workspace.mkdir()
    arrive(tmp_path, 1)
    [first] = look(config)[0].runs
    record(config.workspace / "spans.json", first)
    assert look(config)[0].catch_up is None
    arrive(tmp_path, 2, 3)
    under_way = CatchUp(pushed=2, stable=1)
    record(config.workspace / "spans.json", look(config)[0].runs[0], under_way)
    todo = look(config)[0]
    assert todo.catch_up == under_way
    [last] = todo.runs
    assert last.new == (3,)
    record(config.workspace / "spans.json", last)
    assert look(config)[0].catch_up is None
