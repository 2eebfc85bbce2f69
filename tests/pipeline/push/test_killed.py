"""SIGKILL at every step of a push, with its leftovers cleared and the next push whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pipeline.push import push
from tests.pipeline.push.cards import card, missing, saved_model

REPOSITORY = Path(__file__).resolve().parents[3]


def _child(export: Path, root: Path, step: int) -> int:
    """The exit status of a push that is killed at this step."""
    pid = os.fork()
    if pid == 0:
        # A fork has TensorFlow imported already: hundreds of these cost seconds, not minutes.
        try:
            sys.argv = ["killed_push", str(export), str(root), str(step)]
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            import tests.pipeline.push.killed_push  # noqa: F401
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _numbered(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if entry.name.isdigit()] if folder.exists() else []


def test_killed_at_every_step(tmp_path: Path) -> None:
    export = saved_model(tmp_path / "export")
    step = killed = visible = 0
    status = -signal.SIGKILL
    while status:
        step += 1
        root = tmp_path / f"models-{step}"
        root.mkdir()
        status = _child(export, root, step)
        assert status in (0, -signal.SIGKILL), step
        folder = root / "translator"
        whole = _numbered(folder)
        assert [missing(version) for version in whole] in ([], [[]]), step
        killed += status != 0
        visible += bool(whole and status)
        version = push(export, root, "translator", card("killed"), ["Hello."])
        assert [entry.name for entry in _numbered(folder)] == [str(version)], step
        assert missing(folder / str(version)) == []
        assert not [entry for entry in folder.iterdir() if entry.name.startswith(".pushing")], step
    assert killed > 20
    assert visible >= 1  # killed between the rename and the answer: the same version is found again


def test_killed_in_a_process_of_its_own(tmp_path: Path) -> None:
    export = saved_model(tmp_path / "export")
    command = [
        sys.executable,
        "-m",
        "tests.pipeline.push.killed_push",
        str(export),
        str(tmp_path / "models"),
        "12",
    ]
    done = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."}, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert _numbered(tmp_path / "models" / "translator") == []
    assert push(export, tmp_path / "models", "translator", card("killed"), ["Hello."]) >= 1
