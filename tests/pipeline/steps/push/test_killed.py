"""SIGKILL at every step of a push, with its leftovers cleared and the next push whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pipeline.steps.push.atomic import push
from tests.pipeline.steps.push.cards import WHOLE, card, missing, saved_model

REPOSITORY = Path(__file__).resolve().parents[4]


def _child(export: Path, root: Path, step: int) -> int:
    """The exit status of a push that is killed at this step."""
    pid = os.fork()
    if pid == 0:
        # A fork has TensorFlow imported already: hundreds of these cost seconds, not minutes.
        try:
            sys.argv = ["killed_push", str(export), str(root), str(step)]
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            import tests.pipeline.steps.push.killed_push  # noqa: F401
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _numbered(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if entry.name.isdigit()] if folder.exists() else []


def _next_number(folder: Path) -> int:
    """What the next push of the killed candidate has to answer: the version that it has already, or one above
    the number that was taken for it."""
    for version in _numbered(folder):
        return int(version.name)
    taken = folder / ".versions"
    return 1 + (int(taken.read_text()) if taken.exists() else 0)


def test_killed_at_every_step(tmp_path: Path) -> None:
    export = saved_model(tmp_path / "export")
    step = 0
    status = -signal.SIGKILL
    visible: list[bool] = []
    while status:
        step += 1
        root = tmp_path / f"models-{step}"
        root.mkdir()
        status = _child(export, root, step)
        assert status in (0, -signal.SIGKILL), step
        folder = root / "translator"
        whole = _numbered(folder)
        assert [missing(version) for version in whole] in ([], [[]]), step
        visible.append(bool(whole))
        expected = _next_number(folder)
        version = push(export, root, "translator", card("killed"), ["Hello."]).version
        assert version == expected, step
        assert [entry.name for entry in _numbered(folder)] == [str(version)], step
        assert missing(folder / str(version)) == []
        assert not [entry for entry in folder.iterdir() if entry.name.startswith(".pushing")], step
    # The last one was not killed. From the rename on the version is visible, at every step; it was killed
    # before the first file and after the rename.
    assert visible == sorted(visible)
    assert not visible[0]
    assert visible[-2:] == [True, True]
    assert visible.count(False) > len(WHOLE)


def test_killed_in_a_process_of_its_own(tmp_path: Path) -> None:
    export = saved_model(tmp_path / "export")
    command = [
        sys.executable,
        "-m",
        "tests.pipeline.steps.push.killed_push",
        str(export),
        str(tmp_path / "models"),
        "12",
    ]
    done = subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert done.returncode == -signal.SIGKILL
    folder = tmp_path / "models" / "translator"
    assert _numbered(folder) == []
    assert len(list(folder.glob(".pushing-*"))) == 1
    assert push(export, tmp_path / "models", "translator", card("killed"), ["Hello."]) == (1, True)
    assert [entry.name for entry in _numbered(folder)] == ["1"]
    assert missing(folder / "1") == []
    assert not list(folder.glob(".pushing-*"))
