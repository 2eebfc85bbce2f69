"""Work in a process of its own, and the peak of a process."""

from __future__ import annotations

import os

import pytest

from benchmarks.memory import in_fresh_process, peak_mib

_MIB = 1 << 20


def _peak_with(mib: int) -> float:
    """The peak of this process once it has held so much."""
    assert len(b"x" * (mib * _MIB)) == mib * _MIB
    return peak_mib()


def test_work_has_a_process_of_its_own_and_its_peak() -> None:
    assert in_fresh_process(os.getpid) != os.getpid()
    small, large = in_fresh_process(_peak_with, 1), in_fresh_process(_peak_with, mib=201)
    assert 150 < large - small < 250


def test_what_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        in_fresh_process(divmod, 1, 0)
