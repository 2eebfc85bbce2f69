"""A model root that was copied or moved: its models.config still names the place of before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.rollout import Rollout
from tests.serving.conftest import dragoman
from tests.serving.fake_server import push


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Versions 1 and 2 of `m`, 1 stable."""
    root = tmp_path / "models"
    for version in (1, 2):
        push(root, version)
    Rollout(root).promote("m", 1)
    return root


def test_in_a_copy_nothing_is_changed_while_servers_read_the_original(root: Path) -> None:
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    before = (copy / model_config.FILE_NAME).read_bytes()
    changes: list[Callable[[Rollout], object]] = [
        lambda rollout: rollout.promote("m", 2),
        lambda rollout: rollout.canary("m", 2),
        lambda rollout: rollout.withdraw("m"),
        lambda rollout: rollout.retire("m", 2),
    ]
    for change in changes:
        with pytest.raises(RolloutRefusedError, match=rf"has servers read m from {root / 'm'}: give --model"):
            change(Rollout(copy))
    assert (copy / model_config.FILE_NAME).read_bytes() == before
    assert (copy / "m" / "2").is_dir()
    assert Rollout(root).promote("m", 2).to == 2


def test_a_place_that_only_the_servers_see_is_theirs_to_know(root: Path) -> None:
    moved = root.rename(root.with_name("moved"))
    [part] = model_config.read(moved).model_config_list.config  # type: ignore[union-attr]
    assert model_config.elsewhere(part, moved) == root / "m"
    assert Rollout(moved).promote("m", 2).to == 2


def test_another_name_of_the_same_folder_is_the_same(root: Path) -> None:
    link = root.with_name("link")
    link.symlink_to(root)
    [part] = model_config.read(link).model_config_list.config  # type: ignore[union-attr]
    assert model_config.elsewhere(part, link) is None
    assert Rollout(link).promote("m", 2).to == 2


def test_nothing_stands_in_the_way_of_a_rollback(root: Path) -> None:
    Rollout(root).promote("m", 2)
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    assert Rollout(copy).rollback("m").to == 1


def test_serving_a_root_that_was_moved_warns_and_gives_up_in_time(root: Path) -> None:
    moved = root.rename(root.with_name("moved"))
    done = dragoman(
        "serve", moved, "--backend", "embedded", "--port", 0, "--rest-port", 0, "--ready-timeout", 1
    )
    said = b" ".join(done.stderr.split()).decode()
    assert done.returncode == 1
    assert f"warning: models.config has m read from {root / 'm'}, not from {moved / 'm'}" in said
    assert "did not answer within 1 s" in said
