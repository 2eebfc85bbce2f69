"""Checkpoint files: whole or invisible, and a damaged one is named with the cure."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from trainer.errors import TrainerError
from trainer.training import checkpoint
from trainer.training.checkpoint import CheckpointFolder, average, read_arrays, write_arrays

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.uint32), np.zeros((0, 4), np.float32)]


def test_arrays_and_facts_come_back_in_order(tmp_path: Path) -> None:
    many = [*ARRAYS, *(np.full(1, number, np.float32) for number in range(20))]
    write_arrays(tmp_path / "new" / "a.npz", many, {"step": 3, "words": "ü"})
    arrays, meta = read_arrays(tmp_path / "new" / "a.npz")
    assert meta == {"step": 3, "words": "ü"}
    for array, expected in zip(arrays, many, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert (array.dtype, array.shape) == (expected.dtype, expected.shape)


@pytest.mark.parametrize("moment", ["write_array", "fsync", "replace"])
def test_a_write_that_fails_leaves_the_file_before_it(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    write_arrays(tmp_path / "state.npz", ARRAYS, {"step": 1})
    monkeypatch.setattr(np.lib.format if moment == "write_array" else os, moment, fail)
    with pytest.raises(OSError, match="No space left"):
        write_arrays(tmp_path / "state.npz", ARRAYS, {"step": 2})
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["state.npz"]
    assert read_arrays(tmp_path / "state.npz")[1] == {"step": 1}


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_is_all_that_a_write_complains_of(small_disk: Path) -> None:
    """NumPy's archive, left open, would write to the closed file when it is collected, and say so last."""
    write_arrays(small_disk / "state.npz", ARRAYS, {"step": 1})
    with pytest.raises(OSError, match="No space left"):
        write_arrays(small_disk / "state.npz", [*ARRAYS, np.ones(300_000, np.float32)], {"step": 2})
    gc.collect()
    assert os.listdir(small_disk) == ["state.npz"]
    assert read_arrays(small_disk / "state.npz")[1] == {"step": 1}


def test_what_a_kill_left_half_written_is_swept_away_and_never_read(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, keep=2)
    folder.save_state(ARRAYS, {"step": 1})
    (tmp_path / ".writing-123-state.npz").write_bytes(b"half")
    (tmp_path / ".writing-123-weights-00000002.npz").write_bytes(b"half")
    again = CheckpointFolder(tmp_path, keep=2)
    assert os.listdir(tmp_path) == ["state.npz"]
    state = again.load_state()
    assert state is not None
    assert state[1] == {"step": 1}


def _whole(tmp_path: Path) -> bytes:
    write_arrays(tmp_path / "whole.npz", ARRAYS, {"step": 1})
    return (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no archive at all",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:100] + bytes(60) + whole[160:],
        lambda whole: whole.replace(b"__meta__", b"__mets__"),
        lambda whole: whole.replace(b'{"step"', b'["step"'),
    ],
    ids=["empty", "other", "torn", "zeros", "no facts", "broken facts"],
)
def test_a_damaged_file_is_named_with_the_cure(damage: object, tmp_path: Path) -> None:
    broken = damage(_whole(tmp_path))  # type: ignore[operator]
    folder = CheckpointFolder(tmp_path / "checkpoints", keep=1)
    (tmp_path / "checkpoints" / "state.npz").write_bytes(broken)
    with pytest.raises(TrainerError, match=r"state\.npz cannot be read .* delete the folder"):
        folder.load_state()


def test_an_empty_folder_has_nothing_to_go_on_with(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "new", keep=1)
    assert folder.load_state() is None
    assert folder.load_best() is None


def test_the_last_snapshots_are_averaged_and_the_older_ones_go(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, keep=2)

    def added(step: int, value: float) -> float:
        return float(folder.add_snapshot(step, [np.full(2, value, np.float32)])[0][0])

    assert [added(100, 1), added(200, 3), added(300, 7)] == [1, 2, 5]
    assert sorted(os.listdir(tmp_path)) == ["weights-00000200.npz", "weights-00000300.npz"]
    # Killed before the state of step 300 was saved, training comes to 300 again: the same average.
    assert added(300, 7) == 5


def test_the_average_is_the_mean_of_each_weight() -> None:
    snapshots = [[np.full(2, x, np.float32), np.float32([[x * x]])] for x in (1, 2, 6)]
    means = average(snapshots)
    np.testing.assert_array_equal(means[0], [3, 3])
    np.testing.assert_allclose(means[1], [[41 / 3]], rtol=1e-6)
    assert means[0].dtype == np.float32


def test_files_are_as_readable_as_the_users_other_files(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    write_arrays(tmp_path / "a.npz", ARRAYS, {})
    assert (tmp_path / "a.npz").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_reader_runs_no_code(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(TrainerError):
        checkpoint.read_arrays(tmp_path / "a.npz")
