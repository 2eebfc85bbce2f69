"""Killed with -9 around every durable step of every operation, and two processes at once."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.errors import ServingError
from serving.rollout import Rollout, history, served_version
from tests.serving.conftest import REPOSITORY
from tests.serving.fake_server import FakeServer, push

# Every call that makes something durable is a step; the process dies right before or right after the STEPth.
_KILLED = """
import os, pathlib, shutil, signal, sys
from serving.rollout import Rollout
root, address, action, version, step, when = sys.argv[1:]
steps = 0
def counted(real):
    def call(*arguments, **options):
        global steps
        steps += 1
        if steps == int(step) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **options)
        if steps == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call
os.fsync, os.replace, shutil.rmtree = map(counted, (os.fsync, os.replace, shutil.rmtree))
pathlib.Path.rename = counted(pathlib.Path.rename)
rollout = Rollout(pathlib.Path(root), [address], timeout=30)
getattr(rollout, action)("m", *map(int, version.split()))
"""


def _killed(server: FakeServer, action: str, version: str, step: int, when: str) -> bool:
    arguments = [str(server.root), server.address, action, version, str(step), when]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *arguments], cwd=REPOSITORY, timeout=60, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


@pytest.mark.parametrize(
    ("action", "version"), [("promote", "3"), ("canary", "3"), ("rollback", ""), ("retire", "1")]
)
def test_killed_anywhere_stable_is_loaded_and_the_next_one_goes_on(
    tmp_path: Path, action: str, version: str
) -> None:
    step, killed = 0, True
    while killed:
        step += 1
        root = tmp_path / str(step)
        for number in (1, 2, 3, 4):
            push(root, number)
        server = FakeServer(root)
        try:
            rollout = Rollout(root, [server.address], timeout=30)
            rollout.promote("m", 1)
            rollout.promote("m", 2)
            killed = _killed(server, action, version, step, "before" if step % 2 else "after")
            stable = served_version(root, "m")
            assert stable in ({2, 3} if action == "promote" else {2, 1} if action == "rollback" else {2})
            assert stable in server.follow()
            rollout.promote("m", 4)
            assert rollout.rollback("m").to == stable
            if stable == 2 and (root / "m" / "1").exists():
                assert rollout.rollback("m").to == 1
            assert not server.label_errors
            assert not list((root / "m").glob(".retired-*")) or killed
        finally:
            server.stop()
    assert step > 3


def test_two_processes_at_once_are_one_after_the_other_or_refused(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        push(tmp_path, number)
    server = FakeServer(tmp_path)
    try:
        rollout = Rollout(tmp_path, [server.address], timeout=30)
        rollout.promote("m", 1)
        command = [sys.executable, "-m", "dragoman"]
        common = ["--model-root", str(tmp_path), "--replica", server.address]
        running = [
            subprocess.Popen(
                [*command, "promote", "m", version, *common], cwd=REPOSITORY, stderr=subprocess.PIPE
            )
            for version in ("2", "3", "2", "3")
        ]
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
        assert {code for _, code in ended} <= {0, 8}
        assert all(code == 0 or b"try again" in said for said, code in ended)
        trail = [change.to for change in history.changes(tmp_path, "m")]
        assert served_version(tmp_path, "m") == trail[-1]
        assert trail[-1] in server.follow()
        assert not server.label_errors
        with contextlib.suppress(ServingError):
            while True:
                rollout.rollback("m")
        assert served_version(tmp_path, "m") == 1
    finally:
        server.stop()
