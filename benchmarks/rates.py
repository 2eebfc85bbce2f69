"""What the processor does at its best: products in float32 and bfloat16, and memory copied, on all cores.

    python -m benchmarks.rates

Products are square, of a size at which the peak is reached (from a few hundred rows on); of numpy's BLAS and
TensorFlow's oneDNN the faster one counts, in bfloat16 oneDNN. Memory is STREAM's copy (McCalpin 1995,
https://www.cs.virginia.edu/stream): bytes read and bytes written, between arrays that no cache holds. Each is
the best of many. They are measured in a process of their own, so that none of it is left in the caller's.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from benchmarks.child import Child
from benchmarks.machine import cores, module_command
from serving.onednn import VARIABLE

_SIZE = 1024
_MEBIBYTES = 512
_SECONDS = 1.5


class Rates(NamedTuple):
    """Of all cores together."""

    float32: float
    """GFLOP/s of products, a multiplication with its addition counted as two."""
    bfloat16: float
    """The same."""
    memory: float
    """GB/s copied."""
    blas: float
    """GFLOP/s of numpy's BLAS alone, in float32: what CTranslate2 is judged by (`benchmarks.peer`)."""

    @property
    def text(self) -> str:
        """For the lines under a table."""
        return (
            f"{self.float32:.0f} GFLOP/s in float32 and {self.bfloat16:.0f} in bfloat16 products, "
            f"{self.memory:.1f} GB/s of memory"
        )


def measure_rates() -> Rates:
    """Of this machine, now; some seconds."""
    child = Child(module_command("benchmarks.rates", "--json"), {VARIABLE: "1"})
    try:
        return Rates(*child.listen())
    finally:
        child.close()


def rates_here(size: int = _SIZE, mebibytes: int = _MEBIBYTES, seconds: float = _SECONDS) -> Rates:
    """Measured in this process, each for so many seconds: products of `size`, arrays of `mebibytes`."""
    import tensorflow as tf

    operations = 2 * size**3 / 1e9
    numbers = np.random.default_rng(0).standard_normal((size, size), np.float32)
    single = tf.constant(numbers)
    half = tf.cast(single, tf.bfloat16)
    blas = operations / fastest(lambda: numbers @ numbers, seconds)
    one_dnn, bfloat16 = (
        operations / fastest(lambda matrix=matrix: tf.matmul(matrix, matrix).numpy(), seconds)
        for matrix in (single, half)
    )
    return Rates(max(blas, one_dnn), bfloat16, copied_gigabytes(mebibytes, seconds), blas)


def copied_gigabytes(mebibytes: int, seconds: float) -> float:
    """GB/s read and written, where each core copies its part of an array to another."""
    source = np.ones(mebibytes << 20, np.uint8)
    target = np.zeros_like(source)
    parts = list(zip(np.array_split(source, cores()), np.array_split(target, cores()), strict=True))
    with ThreadPoolExecutor(cores()) as threads:

        def copy() -> None:
            list(threads.map(lambda part: np.copyto(part[1], part[0]), parts))

        return 2 * source.nbytes / 1e9 / fastest(copy, seconds)


def fastest(work: Callable[[], object], seconds: float) -> float:
    """Seconds of the fastest of all repetitions in the time, one at least after a first that counts not."""
    work()
    best, until = float("inf"), time.perf_counter() + seconds
    while True:
        started = time.perf_counter()
        work()
        now = time.perf_counter()
        best = min(best, now - started)
        if now >= until:
            return best


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the numbers in a line")
    options = parser.parse_args()
    rates = rates_here()
    print(json.dumps(rates) if options.json else rates.text)


if __name__ == "__main__":
    main()
