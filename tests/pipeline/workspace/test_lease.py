"""One holder at a time on a shared folder: killed, stalled, elsewhere, and two at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.errors import LeaseLostError, PushError, WorkspaceBusyError
from pipeline.workspace import lease

ROOT = Path(__file__).parents[3]
_HOLD = """
import sys
from pathlib import Path
from pipeline.workspace import lease
from pipeline.errors import LeaseLostError, WorkspaceBusyError
try:
    with lease.holding(Path(sys.argv[1]), "the workspace", float(sys.argv[2])) as taken:
        print("held", taken.lease.number, taken.lease.token, flush=True)
        sys.stdin.readline()
        lease.require()
        print("required", flush=True)
except WorkspaceBusyError as busy:
    print("busy", busy, flush=True)
except LeaseLostError as lost:
    print("lost", lost, flush=True)
"""


@contextmanager
def holder(folder: Path, expiry: float = 60.0) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease, until it reads a line."""
    command = [sys.executable, "-c", _HOLD, str(folder), str(expiry)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def take_when_free(folder: Path) -> lease.Taken:
    """Try until the holder's expiry has gone by."""
    while True:
        with suppress(WorkspaceBusyError):
            return lease._take(folder, "it", 60.0)


def elsewhere(folder: Path, expiry: float, beaten: float) -> Path:
    """A lease that a process of another host has left, last touched so many seconds ago."""
    folder.mkdir(parents=True)
    path = folder / "7"
    facts = {"token": "t7", "host": "far", "place": "other boot", "pid": 1, "born": "1", "expiry": expiry}
    path.write_text(json.dumps(facts))
    os.utime(path, (time.time() - beaten,) * 2)
    return path


def test_a_second_one_is_told_who_holds_and_a_released_lease_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "lease"
    with lease.holding(folder, "the workspace") as first:
        busy = rf"another run \(process {os.getpid()} on .*\) is using the workspace"
        with pytest.raises(WorkspaceBusyError, match=busy), lease.holding(folder, "the workspace"):
            pass
        lease.require()
        assert lease.token() == first.lease.token
    assert lease.token() == ""
    with lease.holding(folder, "the workspace") as second:
        assert second.lease.number == first.lease.number + 1
        assert second.passed_over is None
        assert [path.name for path in folder.iterdir() if path.name.isdecimal()] == ["2"]


def test_a_holder_killed_on_this_host_is_passed_over_at_once(tmp_path: Path) -> None:
    with holder(tmp_path / "lease", expiry=3600) as process:
        _, number, token = said(process).split()
        process.kill()
        process.wait()
        with lease.holding(tmp_path / "lease", "it") as taken:
            assert taken.lease.number == int(number) + 1
            assert taken.passed_over == token


def test_a_process_id_given_to_another_process_does_not_hold(tmp_path: Path) -> None:
    with lease.holding(tmp_path, "it") as taken:
        facts = {**json.loads(taken.lease.path.read_text()), "born": "1"}
    (tmp_path / "5").write_text(json.dumps({**facts, "released": False}))
    with lease.holding(tmp_path, "it") as taken:
        assert taken.lease.number == 6


def test_a_holder_elsewhere_is_passed_over_only_when_its_expiry_has_gone_by(tmp_path: Path) -> None:
    elsewhere(tmp_path / "young", expiry=60, beaten=20)
    with pytest.raises(WorkspaceBusyError, match="process 1 on far"), lease.holding(tmp_path / "young", "it"):
        pass
    elsewhere(tmp_path / "old", expiry=0.5, beaten=20)
    with lease.holding(tmp_path / "old", "it") as taken:
        assert taken.lease.number == 8
        assert taken.passed_over == "t7"


@pytest.mark.parametrize("beaten", [10_000, -10_000])
def test_a_holder_with_another_clock_that_still_beats_is_not_passed_over(
    tmp_path: Path, beaten: float
) -> None:
    path = elsewhere(tmp_path / "lease", expiry=5, beaten=beaten)
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(lease._take, tmp_path / "lease", "it", 5.0)
        while not taking.done():
            os.utime(path, (path.stat().st_mtime + 1,) * 2)
        with pytest.raises(WorkspaceBusyError):
            taking.result()


def test_a_lease_that_is_being_written_is_somebodys(tmp_path: Path) -> None:
    (tmp_path / "3").write_text("")
    with pytest.raises(WorkspaceBusyError, match="has just begun"), lease.holding(tmp_path, "it"):
        pass


def test_of_many_that_pass_over_a_dead_one_at_the_same_moment_one_wins(tmp_path: Path) -> None:
    elsewhere(tmp_path / "lease", expiry=0.2, beaten=100)
    with ThreadPoolExecutor(8) as pool:
        trying = [pool.submit(lease._take, tmp_path / "lease", "it", 60.0) for _ in range(8)]
    errors = [attempt.exception() for attempt in trying]
    assert sum(error is None for error in errors) == 1
    assert sum(isinstance(error, WorkspaceBusyError) for error in errors) == 7


def test_two_processes_started_together_one_works_and_one_leaves(tmp_path: Path) -> None:
    with holder(tmp_path / "lease") as first, holder(tmp_path / "lease") as second:
        words = {said(first).split()[0]: first, said(second).split()[0]: second}
        assert set(words) == {"held", "busy"}
        tell(words["held"])
        assert said(words["held"]) == "required"


def test_a_stalled_holder_finds_that_it_was_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "lease"
    with holder(folder, expiry=0.5) as process:
        _, _, token = said(process).split()
        process.send_signal(signal.SIGSTOP)
        taken = take_when_free(folder)
        assert taken.passed_over == token
        process.send_signal(signal.SIGCONT)
        word, _, why = said(process).partition(" ")
        assert word == "lost"
        assert f"process {os.getpid()} on" in why
        assert process.wait(60) == 0
        taken.lease.require()


def test_a_number_given_and_cleared_away_before_is_not_taken_again(tmp_path: Path) -> None:
    """A slow starter that saw number 1 makes number 2 when 2 has been cleared away and 3 holds."""
    with lease.holding(tmp_path, "it") as taken:
        slow = lease.Lease(tmp_path, taken.lease.number + 2, "slow", 60)
        os.rename(taken.lease.path, tmp_path / "9")
        assert lease._make(slow)
        assert lease._newest(tmp_path) == 9
        with pytest.raises(LeaseLostError):
            slow.require()
        os.rename(tmp_path / "9", taken.lease.path)
        slow.path.unlink()


def test_a_push_that_was_passed_over_is_not_seen(tmp_path: Path) -> None:
    from pipeline.steps.push import atomic
    from pipeline.workspace.staged import revoke

    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    with lease.holding(tmp_path / "lease", "it") as taken:
        staged = folder / f".pushing-{taken.lease.token}-x"
        staged.mkdir()
        # Stalled before it asks: the lease is another's.
        (taken.lease.folder / "99").write_text("")
        with pytest.raises(LeaseLostError):
            atomic._publish(staged, folder, 1)
        assert not (folder / "1").exists()
    # Stalled between asking and renaming: the folder is no longer there.
    other = folder / ".pushing-other-x"
    other.mkdir()
    revoke(folder, taken.lease.token)
    assert [path.name for path in folder.iterdir()] == [other.name]
    with pytest.raises((OSError, PushError)):
        atomic._publish(staged, folder, 1)
