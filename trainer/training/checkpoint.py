"""Checkpoints: one file each, visible only when whole, so that a run killed at any instant goes on from
the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contracts.files import WRITING
from trainer.arrays import read_arrays, write_arrays

CHECKPOINTS = "checkpoints"
"""The part of a training's folder that only a training that goes on needs."""


def average(snapshots: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """The mean of each weight over the snapshots, in float64 and back (Popel and Bojar 2018, section
    4.10).
    """
    means = (np.mean(np.stack(same), axis=0, dtype=np.float64) for same in zip(*snapshots, strict=True))
    return [mean.astype(first.dtype) for mean, first in zip(means, snapshots[0], strict=True)]


def assign(variables: Sequence[Any], arrays: Sequence[np.ndarray]) -> None:
    """Give each Keras variable the values at its place."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


class CheckpointFolder:
    """The newest whole state for resuming, the last `keep` weights for averaging, and the best average so
    far.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder, self.keep = folder, keep
        self._state, self._best = folder / "state.npz", folder / "best.npz"
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{WRITING}*"):
            leftover.unlink()

    def save_state(self, arrays: Sequence[np.ndarray], meta: dict[str, Any]) -> None:
        """Replace the state from which training would resume."""
        write_arrays(self._state, arrays, meta)

    def load_state(self) -> tuple[list[np.ndarray], dict[str, Any]] | None:
        """The state from which to resume, or None when nothing was saved."""
        return read_arrays(self._state) if self._state.exists() else None

    def add_snapshot(self, step: int, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Keep the weights of a step; returns the average of the last `keep`."""
        write_arrays(self.folder / f"weights-{step:08d}.npz", weights, {"step": step})
        files = sorted(
            file for file in self.folder.glob("weights-*.npz") if file.name <= f"weights-{step:08d}.npz"
        )
        for file in files[: -self.keep]:
            file.unlink()
        return average([read_arrays(file)[0] for file in files[-self.keep :]])

    def save_best(self, weights: Sequence[np.ndarray], meta: dict[str, Any]) -> None:
        """Replace the best average."""
        write_arrays(self._best, weights, meta)

    def load_best(self) -> tuple[list[np.ndarray], dict[str, Any]] | None:
        """The best average and what is known of it, or None."""
        return read_arrays(self._best) if self._best.exists() else None


class NoCheckpoints(CheckpointFolder):
    """For a machine that is not the chief: nothing is kept, nothing is found."""

    def __init__(self) -> None:
        pass

    def save_state(self, arrays: Sequence[np.ndarray], meta: dict[str, Any]) -> None:
        """The chief's business."""

    def load_state(self) -> None:
        """Nothing: the chief tells its own."""

    def add_snapshot(self, step: int, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The weights as they are: nothing is decoded with them here."""
        del step
        return list(weights)

    def save_best(self, weights: Sequence[np.ndarray], meta: dict[str, Any]) -> None:
        """The chief's business."""

    def load_best(self) -> None:
        """Nothing: the chief tells its own."""
