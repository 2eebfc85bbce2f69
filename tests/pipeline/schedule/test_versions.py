"""Retention of versions: what nothing needs goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.schedule.versions import retire, superfluous
from serving.errors import RolloutRefusedError
from serving.rollout import Rollout


def pushed(root: Path, *versions: int) -> None:
    for version in versions:
        folder = root / "m" / str(version)
        (folder / "variables").mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(b"model")
        (folder / "variables" / "variables.index").write_bytes(b"index")


def on_disk(root: Path) -> list[int]:
    return sorted(int(path.name) for path in (root / "m").iterdir() if path.name.isdigit())


def test_what_is_labelled_loaded_or_gone_back_to_stays(tmp_path: Path) -> None:
    pushed(tmp_path, 1, 2, 3, 4, 5, 6, 7)
    rollout = Rollout(tmp_path)
    rollout.promote("m", 2)
    rollout.promote("m", 4)
    rollout.canary("m", 3)
    doomed = superfluous(tmp_path, "m", 1)
    assert doomed == [1, 5, 6]
    assert retire(tmp_path, "m", doomed) == {}
    assert on_disk(tmp_path) == [2, 3, 4, 7]
    assert superfluous(tmp_path, "m", 1) == []


def test_without_any_promotion_the_newest_stay(tmp_path: Path) -> None:
    pushed(tmp_path, 1, 2, 3)
    assert superfluous(tmp_path, "m", 3) == []
    assert superfluous(tmp_path, "m", 1) == [1, 2]
    assert superfluous(tmp_path, "none", 1) == []


def test_a_version_promoted_meanwhile_stays_and_it_is_said(tmp_path: Path) -> None:
    pushed(tmp_path, 1, 2, 3)
    doomed = superfluous(tmp_path, "m", 1)
    Rollout(tmp_path).promote("m", 1)
    assert list(retire(tmp_path, "m", doomed)) == [1]
    assert on_disk(tmp_path) == [1, 3]


def test_with_models_config_lost_nothing_is_known_to_be_superfluous(tmp_path: Path) -> None:
    pushed(tmp_path, 1, 2, 3, 4)
    Rollout(tmp_path).promote("m", 1)
    (tmp_path / "models.config").unlink()
    with pytest.raises(RolloutRefusedError, match="give it a stable version again"):
        superfluous(tmp_path, "m", 1)
