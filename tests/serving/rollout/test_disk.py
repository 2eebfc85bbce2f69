"""A disk that is full, read-only or failing under a rollout: refused in one line, and nothing is changed."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving import model_config, reserve
from serving.errors import RolloutRefusedError
from serving.initial_config import ensure_config
from serving.rollout import Rollout, history, served_version
from tests.serving.fake_server import FakeServer, push


@pytest.fixture
def running() -> Iterator[Callable[[Path], Rollout]]:
    """A model root with versions 1 to 3 of `m`, 2 stable after 1, and a server that follows it."""
    with contextlib.ExitStack() as stack:

        def start(root: Path) -> Rollout:
            for version in (1, 2, 3):
                push(root, version)
            server = FakeServer(root)
            stack.callback(server.stop)
            rollout = Rollout(root, [server.address], timeout=30)
            rollout.promote("m", 1)
            rollout.promote("m", 2)
            return rollout

        yield start


def change(rollout: Rollout, action: str) -> None:
    getattr(rollout, action)("m", *([] if action == "rollback" else [3]))


@pytest.mark.parametrize("action", ["promote", "canary", "rollback", "retire"])
def test_every_step_may_find_the_disk_failing(
    running: Callable[[Path], Rollout], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    rollout = running(tmp_path)
    before = model_config.read(tmp_path)
    fsync = os.fsync
    failed_at, done = 0, False
    while not done:
        failed_at += 1
        calls = 0

        def failing(descriptor: int) -> None:
            nonlocal calls
            calls += 1
            if calls == failed_at:  # noqa: B023 - called within this round only
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            fsync(descriptor)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", failing)
            refusal: RolloutRefusedError | None = None
            try:
                change(rollout, action)
            except RolloutRefusedError as error:
                refusal = error
        done = refusal is None
        if refusal:
            assert "Input/output error: see that the disk" in str(refusal)
            if "clients that name no label still get 2" in str(refusal):
                assert served_version(tmp_path, "m") == 1  # A rollback stands; the next one completes it.
                continue
            assert model_config.read(tmp_path) == before
            if not (tmp_path / "m" / "3").exists():  # taken away, but not for certain
                push(tmp_path, 3)
    assert failed_at > 2
    assert served_version(tmp_path, "m") == {"promote": 3, "rollback": 1}.get(action, 2)


def fill(disk: Path) -> Path:
    """Take the last byte; the file that has it."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(os.statvfs(disk).f_bavail * 4096))
    assert os.statvfs(disk).f_bavail == 0
    return ballast


def test_on_a_volume_full_to_the_last_byte_rollouts_go_through(
    running: Callable[[Path], Rollout], small_disk: Path
) -> None:
    rollout = running(small_disk)
    fill(small_disk)
    assert rollout.rollback("m").to == 1
    assert model_config.read(small_disk).model_config_list.config[0].version_labels["stable"] == 1  # type: ignore[union-attr]
    assert history.changes(small_disk, "m")[-1].action == "rollback"
    # The reserve is filled again as far as it goes: what a rollback takes is little.
    for _ in range(3):
        rollout.promote("m", 3)
        assert rollout.rollback("m").to == 1


def test_on_a_volume_without_room_for_another_file_rollouts_go_through(
    running: Callable[[Path], Rollout], small_disk: Path
) -> None:
    """Inodes are used up, as by very many small files, and there are bytes."""
    subprocess.run(["mount", "-o", "remount,nr_inodes=60", str(small_disk)], check=True)
    rollout = running(small_disk)
    for number in range(os.statvfs(small_disk).f_favail):
        (small_disk / f"ballast-{number}").touch()
    assert os.statvfs(small_disk).f_favail == 0
    for _ in range(2):
        assert rollout.rollback("m").to == 1
        assert rollout.promote("m", 2).before == 1
    assert (small_disk / reserve.FILE_NAME).stat().st_size > 0


def test_without_a_reserve_a_full_disk_keeps_the_configuration_and_room_mends_it(
    running: Callable[[Path], Rollout], small_disk: Path
) -> None:
    rollout = running(small_disk)
    before = (small_disk / "models.config").read_bytes()
    (small_disk / reserve.FILE_NAME).write_bytes(b"")
    ballast = fill(small_disk)
    for action in ("promote", "canary", "rollback"):
        with pytest.raises(
            RolloutRefusedError, match=r"cannot write .*models\.config: No space left on device"
        ):
            change(rollout, action)
        assert (small_disk / "models.config").read_bytes() == before
        assert [path.name for path in small_disk.glob(".models.config.*")] == []
    # What makes room is not held up by the lack of it.
    rollout.retire("m", 3)
    ballast.unlink()
    push(small_disk, 4)
    assert rollout.promote("m", 4).before == 2
    assert (small_disk / reserve.FILE_NAME).stat().st_size > 0


def test_a_read_only_disk(running: Callable[[Path], Rollout], small_disk: Path) -> None:
    rollout = running(small_disk)
    before = (small_disk / "models.config").read_bytes()
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    done = subprocess.run(remount, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot be mounted read-only here: {done.stderr.decode().strip()}")
    for action in ("promote", "rollback", "retire"):
        with pytest.raises(RolloutRefusedError, match="Read-only file system: mount it for writing"):
            change(rollout, action)
    # To look what would change takes no right to write.
    assert "+      value: 3" in Rollout(small_disk, dry_run=True).promote("m", 3).diff
    assert (small_disk / "models.config").read_bytes() == before


def test_a_first_configuration_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(tmp_path, 1)

    def denied(*_: Any) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "link", denied)
    with pytest.raises(
        RolloutRefusedError, match=r"cannot write .*models\.config: Permission denied: give this"
    ):
        ensure_config(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
