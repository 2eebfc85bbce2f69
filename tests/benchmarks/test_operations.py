"""A trace is summed up by kind of operation, a step being a run of the innermost loop's body."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from benchmarks.operations import Profile, Row, Run, as_report, profile, traced

RUNS = [
    *[Run("loop/product", "MatMul", 30.0)] * 4,
    *[Run("loop/other", "MatMul", 10.0)] * 2,
    Run("encoder/norm", "Mul", 8.0),
]


def test_times_and_runs_a_step_by_hand() -> None:
    assert profile(RUNS) == Profile([Row("MatMul", 1.5, 35.0), Row("Mul", 0.25, 2.0)], steps=4)
    with pytest.raises(ValueError, match="no operation"):
        profile([])


def test_what_asks_whether_to_go_on_is_no_step() -> None:
    """Two rounds, in each of which the loop within is entered: three steps in all, five questions."""
    runs = [
        *[Run("round/next", "NextIteration", 1.0)] * 2,
        *[Run("round/step/next", "NextIteration", 1.0)] * 3,
        *[Run("round/step/go on", "LoopCond", 1.0)] * 5,
        *[Run("round/step/product", "MatMul", 20.0)] * 3,
    ]
    known = profile(runs)
    assert known.steps == 3
    assert known.rows[0] == Row("MatMul", 1, 20)


def test_a_traces_labels_say_what_ran() -> None:
    nodes = [
        SimpleNamespace(node_name="a/b", timeline_label="a/b = MatMul(x, y)", all_end_rel_nanos=3000),
        SimpleNamespace(node_name="_SOURCE", timeline_label="", all_end_rel_nanos=1000),
    ]
    assert traced([SimpleNamespace(node_stats=nodes)]) == [
        Run("a/b", "MatMul", 3),
        Run("_SOURCE", "_SOURCE", 1),
    ]


def test_the_kinds_that_take_least_are_one_row() -> None:
    many = [Run(f"name {number}", f"Kind{number:02}", 100.0 - number) for number in range(27)]
    report = as_report(profile(many), "operations-1", {}, "notes")
    assert len(report.rows) == 26
    assert report.rows[0] == ["Kind00", "1.0", "100.0", "100", "4.3%"]
    assert report.rows[-1] == ["2 other kinds", "2.0", "74.5", "149", "6.3%"]
    assert report.notes == f"1 steps, {sum(range(74, 101))} µs and 27 operations each. notes"
    assert len(json.loads(json.dumps(report.figures))["rows"]) == 27
