"""A run from scratch goes on from nothing."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.errors import PipelineError
from pipeline.runs import run
from pipeline.workspace.workspace import Workspace


class _BegunError(Exception):
    pass


def _begin(*_: object) -> None:
    raise _BegunError


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(run, "execute", _begin)
    workspace = Workspace(tmp_path)
    (workspace.checkpoints / "training").mkdir(parents=True)
    (workspace.work / "CorpusTranslator").mkdir(parents=True)
    return workspace


def from_scratch(workspace: Workspace) -> None:
    nothing: Any = SimpleNamespace(pipeline=SimpleNamespace(enable_cache=False))
    run.run_pipeline(nothing, nothing, workspace, nothing, workspace.root / "log")


def test_checkpoints_go_before_anything_runs_and_need_not_be_there(workspace: Workspace) -> None:
    for _ in range(2):
        with pytest.raises(_BegunError):
            from_scratch(workspace)
        assert list(workspace.root.iterdir()) == []


def test_checkpoints_that_cannot_be_removed_stop_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", denied)
    with pytest.raises(
        PipelineError, match=r"cannot remove .*checkpoints \(.*ermission denied.*from-scratch"
    ):
        from_scratch(workspace)
