"""The machine that a benchmark runs on: its processor, its cores, how busy it is."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from serving.threads import cores

_ROOT = Path(__file__).resolve().parents[1]
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


def facts(busy: float) -> dict[str, object]:
    """What figures depend on, for JSON, read once before anything is measured: meanwhile a day may end, or
    somebody commit; `busy`: of `refuse_when_busy`.
    """
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "commit": commit.stdout.strip(),
        "processor": processor(),
        "cores": cores(),
        "busy": busy,
    }


def circumstances(known: Mapping[str, Any]) -> str:
    """The same `facts` as a line under a table."""
    return (
        f"{known['date']}, commit {known['commit']}, {known['processor']}; "
        f"others used {known['busy']:.0%} of the cores at the start"
    )


def module_command(module: str, *arguments: str) -> list[str]:
    """What runs a module of ours in a process of its own."""
    return [sys.executable, "-W", "ignore", "-m", module, *arguments]


def _field(name: str) -> str:
    """The first value of a field of /proc/cpuinfo, or an empty text."""
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text().splitlines() if facts.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
