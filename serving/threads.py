"""How a model server divides its work among threads, by the size of what it serves.

With small products, handing a part of an operation over to a second thread costs more than that thread gives:
there each operation has one thread, and as many operations run at once as there are cores, those of several
requests among them. Above SMALL_BYTES operations are shared; where that pays,
benchmarks/threads.py tells.

TensorFlow has one pool of each kind for a whole process, made with the first session: so the largest model
that is there at the start decides, and it stays so until the server is started again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from serving.errors import RolloutRefusedError
from serving.versions import versions

SMALL_BYTES = 256 << 20
"""Bytes of a version's weights (see `weight_bytes`) up to which a model is small: 67 million parameters of
float32. Chosen: up to 19 MiB it is measured (docs/results/threads.md)."""
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True)
class SessionThreads:
    """The two settings of a session."""

    intra: int
    """Threads that share one operation."""
    inter: int
    """Operations that run at the same time."""

    def flags(self) -> list[str]:
        """As TensorFlow Serving takes them."""
        return [
            f"--tensorflow_intra_op_parallelism={self.intra}",
            f"--tensorflow_inter_op_parallelism={self.inter}",
        ]


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux's
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # A container's share, "max" where there is none.
        quota, period = _QUOTA.read_text().split()
        count = max(1, min(count, round(int(quota) / int(period))))
    return count


def weight_bytes(version: Path) -> int:
    """Of the graph, which holds the weights of our exports, and the variables, which hold those of others."""
    return sum(_sizes([version / "saved_model.pb", *(version / "variables").glob("*")]))


def _sizes(files: Iterable[Path]) -> Iterator[int]:
    for file in files:
        with contextlib.suppress(OSError):  # a version that is deleted meanwhile
            yield file.stat().st_size


def _newest(folder: Path) -> Path | None:
    try:
        by_number = versions(folder)
    except (RolloutRefusedError, ValueError):
        return None  # not to be read: the server says so
    return by_number[max(by_number)] if by_number else None


def fitting(folders: Iterable[Path]) -> SessionThreads:
    """The threads for the models with these base paths, by the newest version of each."""
    return fitting_size(largest_weights(folders))


def fitting_size(weights: int) -> SessionThreads:
    """The threads where the largest model has so many bytes of weights."""
    return SessionThreads(intra=1 if weights <= SMALL_BYTES else cores(), inter=cores())


def largest_weights(folders: Iterable[Path]) -> int:
    """Bytes: of the newest versions below these base paths that of the largest; 0 if there is none."""
    newest = [version for folder in folders if (version := _newest(folder)) is not None]
    return max((weight_bytes(version) for version in newest), default=0)
