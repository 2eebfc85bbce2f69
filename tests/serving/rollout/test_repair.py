"""models.config that is damaged or lost: the last good one is written, from the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.initial_config import ensure_config
from serving.rollout import Rollout, history
from serving.rollout.repair import ASIDE, repair
from serving.rollout.site import Site
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer, push

EXTRA = "logging_config { sampling_config { sampling_rate: 0.5 } }"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """1 was stable, 2 is, 3 is canary; a line of somebody's own in models.config."""
    for version in (1, 2, 3):
        push(tmp_path, version)
    Rollout(tmp_path).promote("m", 1)
    file = tmp_path / model_config.FILE_NAME
    file.write_text(file.read_text().replace('name: "m"', f'name: "m" {EXTRA}'))
    Rollout(tmp_path).promote("m", 2)
    Rollout(tmp_path).canary("m", 3)
    return tmp_path


@pytest.mark.parametrize("damage", ["\x00garbage", "", None, "no platform"])
def test_the_last_good_one_is_written(root: Path, damage: str | None) -> None:
    file = root / model_config.FILE_NAME
    good = file.read_text()
    if damage is None:
        file.unlink()
    elif damage == "no platform":
        file.write_text(good.replace('model_platform: "tensorflow"', ""))
    else:
        file.write_text(damage)
    done = dragoman("repair", "--model-root", root, "--offline", "--reason", "cosmic ray")
    assert done.returncode == 0, done.stderr.decode()
    assert "stable is m 2" in done.stderr.decode()
    assert file.read_text() == good
    assert "sampling_rate" in good
    assert (root / ASIDE).exists() == (damage is not None)
    assert history.changes(root, "m")[-1].action == "repair"
    assert Rollout(root).rollback("m").to == 1
    assert repair(Site(root)) is None


def test_a_dry_run_shows_it(root: Path) -> None:
    (root / model_config.FILE_NAME).write_text("garbage")
    done = dragoman("repair", "--model-root", root, "--dry-run")
    assert b"model_config_list" in done.stdout
    assert (root / model_config.FILE_NAME).read_text() == "garbage"


def test_lines_of_an_older_dragoman_tell_the_labels(root: Path) -> None:
    good = model_config.read(root)
    lines = [change.model_copy(update={"config": ""}) for change in history.changes(root, None)]
    (root / history.FILE_NAME).unlink()
    for line in lines:
        history.append(root, line)
    history.append(root, history.Change(model="m", action="promote", before=2, to=3))
    history.append(root, history.Change(model="m", action="put back", before=3, to=2))
    (root / model_config.FILE_NAME).unlink()
    done = repair(Site(root))
    assert done is not None
    assert (done.when, done.stable) == (None, {"m": 2})
    again = model_config.read(root)
    assert good is not None
    good.model_config_list.config[0].ClearField("logging_config")
    assert again == good


def test_without_a_history_nothing_is_made_up(tmp_path: Path) -> None:
    push(tmp_path, 1)
    with pytest.raises(RolloutRefusedError, match="tells of no version that was stable"):
        repair(Site(tmp_path))


def test_a_replica_that_does_not_follow_is_named(root: Path) -> None:
    server = FakeServer(root)
    try:
        server.follow()
        (root / model_config.FILE_NAME).write_text("garbage")
        server.frozen = True
        server._labels = {}
        done = repair(Site(root, [server.address], timeout=0.2))
        assert done is not None
        assert list(done.behind) == [server.address]
    finally:
        server.stop()


def test_the_first_configuration_has_its_line_in_the_history(tmp_path: Path) -> None:
    for version in (1, 2):
        push(tmp_path, version)
    ensure_config(tmp_path)
    [line] = history.changes(tmp_path, "m")
    assert (line.action, line.before, line.to) == ("promote", None, 2)
    assert "first models.config" in line.why
    (tmp_path / model_config.FILE_NAME).write_text("garbage")
    assert repair(Site(tmp_path)) is not None
    push(tmp_path, 3)
    Rollout(tmp_path).promote("m", 3)
    assert Rollout(tmp_path).rollback("m").to == 2
