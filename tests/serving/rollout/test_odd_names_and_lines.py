"""A model root whose name is no text, and a history that was edited by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.rollout import Rollout, history
from tests.serving.conftest import dragoman
from tests.serving.fake_server import push


def test_a_model_root_that_models_config_cannot_name_is_refused(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"ro\xffot")
    push(root, 1)
    with pytest.raises(RolloutRefusedError, match="no UTF-8"):
        Rollout(root).promote("m", 1)
    assert model_config.read(root) is None
    assert history.changes(root, None) == []


def test_lines_that_are_no_text_are_passed_over_and_a_date_beyond_all_years_is_no_date(
    tmp_path: Path,
) -> None:
    push(tmp_path, 1)
    Rollout(tmp_path).promote("m", 1)
    late = '"when":"9999-12-31T23:59:59-23:59","who":"late","model":"m","action":"canary","to":1'
    surrogate = '"when":"2026-01-01T00:00:00Z","who":"\\ud800","model":"m","action":"canary","to":1'
    with (tmp_path / history.FILE_NAME).open("a") as file:
        file.write(f"{{{late}}}\n{{{surrogate}}}\n{'[' * 100_000}\n")
    assert [change.action for change in history.changes(tmp_path, "m")] == ["promote", "canary"]
    for options in ([], ["--json"]):
        shown = dragoman("versions", tmp_path, "--history", *options)
        assert shown.returncode == 0, shown.stderr.decode()
        assert b"late" in shown.stdout
    assert len(json.loads(shown.stdout)) == 2
