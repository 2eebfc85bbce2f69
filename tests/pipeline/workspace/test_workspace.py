"""One run at a time in a workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, WorkspaceBusyError
from pipeline.workspace.workspace import Workspace

_HOLD = """
import sys
from pathlib import Path
from pipeline.workspace.workspace import Workspace
with Workspace(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "run")
    with workspace.locked(), pytest.raises(WorkspaceBusyError, match=str(os.getpid())), workspace.locked():
        pass
    with workspace.locked():
        pass


def test_a_killed_holder_does_not_hold(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "run")
    command = [sys.executable, "-c", _HOLD, str(workspace.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WorkspaceBusyError, match=str(holder.pid)), workspace.locked():
            pass
        holder.kill()
        holder.wait()
        with workspace.locked():
            pass


def test_what_a_killed_holder_was_about_to_push_is_taken_away_also_where_nothing_is_due(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "models" / "m"
    workspace = Workspace(tmp_path / "run", model=folder)
    gone, other = folder / ".pushing-gone-1", folder / ".pushing-other-1"
    for staged in (gone, other):
        staged.mkdir(parents=True)
    lease = workspace.root / ".lease"
    lease.mkdir(parents=True)
    left = {"token": "gone", "host": "far", "place": "", "pid": 1, "born": "1", "expiry": 0.1}
    (lease / "1").write_text(json.dumps(left))
    os.utime(lease / "1", (0, 0))
    with workspace.locked():
        assert list(folder.iterdir()) == [other]


def test_a_workspace_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match="cannot use the workspace"),
        Workspace(tmp_path / "file" / "x").locked(),
    ):
        pass
