"""An engine answers in order, with the time of each call; one that ends says what it told last."""

from __future__ import annotations

import io
import json
import sys

import pytest

from benchmarks import engines
from benchmarks.child import Child, ChildError
from benchmarks.engines import Answer


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
