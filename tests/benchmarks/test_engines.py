"""An engine answers in order, with the time of each call; one that ends says what it told last."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from benchmarks import engines
from benchmarks.child import Child, ChildError
from benchmarks.engines import Answer, answers_in_turn, in_order


def test_answers_come_in_order_with_the_time_of_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_open", lambda _: lambda batch: [text.upper() for text in batch])
    monkeypatch.setattr(sys, "argv", ["engines", json.dumps({"callers": 2})])
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps([["a", "b"], ["c"], ["d"]]) + "\n"))
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    engines.main()
    answer = Answer(**json.loads(out.getvalue()))
    assert answer.translations == ["A", "B", "C", "D"]
    assert len(answer.latencies) == 3
    assert 0 <= max(answer.latencies) <= answer.seconds


def test_a_process_answers_until_it_ends() -> None:
    code = "import sys; print(input()[::-1], flush=True); input(); sys.exit('no more of it')"
    child = Child([sys.executable, "-c", code], {})
    assert child.ask(12) == 21
    with pytest.raises(ChildError, match="the process ended: no more of it"):
        child.ask(34)
    child.close()


class _Counting:
    """Writes down who was asked, and ends."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name, self.log = name, log

    def translate(self, batches: list[list[str]]) -> None:
        self.log.append(f"{self.name} warms up with {len(batches)}")

    def answer(self, batches: list[list[str]]) -> Answer:
        self.log.append(self.name)
        return Answer(1.0, [text for batch in batches for text in batch], [1.0])

    def close(self) -> None:
        self.log.append(f"{self.name} ends")


def test_engines_are_asked_in_turn_and_end() -> None:
    log: list[str] = []
    engines: Any = [_Counting(name, log) for name in "ab"]
    batches = [[["x"], ["y"]], [["y", "x"]]]
    ours, theirs = answers_in_turn(engines, batches, 3)
    assert log == [
        *("a warms up with 4", "b warms up with 2"),
        *("b", "a", "a", "b", "b", "a"),
        *("a ends", "b ends"),
    ]
    assert [len(ours), len(theirs)] == [3, 3]
    assert in_order(theirs[0], batches[1], ["x", "y"]) == ["x", "y"]
