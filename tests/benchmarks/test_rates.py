"""The machine's rates are measured, here at toy size, and come back from a process of their own."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import rates
from benchmarks.rates import Rates, copied_gigabytes, fastest, rates_here


def test_products_and_memory_have_a_rate() -> None:
    measured = rates_here(size=32, mebibytes=1, seconds=0.0)
    assert all(rate > 0 for rate in measured)
    assert copied_gigabytes(mebibytes=1, seconds=0.0) > 0


def test_the_first_time_counts_not_and_one_after_it_always() -> None:
    calls: list[int] = []
    assert fastest(lambda: calls.append(1), seconds=0.0) >= 0
    assert len(calls) == 2


def test_they_are_said_in_a_line_or_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = Rates(190.4, 350.2, 21.36, 180.0)
    monkeypatch.setattr(rates, "rates_here", lambda: known)
    monkeypatch.setattr(sys, "argv", ["rates"])
    rates.main()
    text = "190 GFLOP/s in float32 and 350 in bfloat16 products, 21.4 GB/s of memory"
    assert capsys.readouterr().out.strip() == text
    monkeypatch.setattr(sys, "argv", ["rates", "--json"])
    rates.main()
    said = capsys.readouterr().out
    assert Rates(*json.loads(said)) == known
    # What `measure_rates` reads is what another process says so.
    command = [sys.executable, "-c", f"print({said.strip()!r})"]
    monkeypatch.setattr(rates, "module_command", lambda *_: command)
    assert rates.measure_rates() == known
