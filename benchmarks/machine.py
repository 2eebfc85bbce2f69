"""The machine that a benchmark runs on: its processor, its cores, how busy it is, how fast it multiplies."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import psutil

from serving.threads import cores

_BUSY = 0.15
"""Share of its cores that others may use while something is measured."""


def processor() -> str:
    """The processor's name for itself, with its cores."""
    return f"{_field('model name') or platform.processor() or platform.machine()}, {cores()} cores"


def instruction_sets() -> tuple[str, ...]:
    """The widest of those that CTranslate2 can be told to use, the widest first."""
    flags = _field("flags").split()
    return tuple(name for name in ("AVX512", "AVX2") if {"AVX512": "avx512f"}.get(name, "avx2") in flags)


def refuse_when_busy(anyway: bool) -> float:
    """The share of the cores that this process may use which others use now; ends the program where it is too
    large, unless `anyway`.
    """
    share = _used_by_all(seconds=3)
    if share > _BUSY and not anyway:
        sys.exit(
            f"this machine is busy: {share:.0%} of its cores are used by others, and what is measured now "
            "would be their accident: wait until it is quiet, or give --busy, which the result will say"
        )
    return share


def _used_by_all(seconds: float) -> float:
    """The share of the cores that this process may use (as `taskset` has it) that is used."""
    each = psutil.cpu_percent(interval=seconds, percpu=True)
    affinity = getattr(os, "sched_getaffinity", None)  # Linux's
    ours = [each[core] for core in sorted(affinity(0)) if core < len(each)] if affinity else each
    return sum(ours) / len(ours) / 100 if ours else 0.0


def measure_gflops(size: int = 768, seconds: float = 2.0) -> float:
    """Float32 GFLOP/s of square products of `size` on all cores (numpy's BLAS): the best of many."""
    left = np.random.default_rng(0).standard_normal((size, size), np.float32)
    best, ended = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < ended:
        started = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best / 1e9


def _field(name: str) -> str:
    """The first value of a field of /proc/cpuinfo, or an empty text."""
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text().splitlines() if facts.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
