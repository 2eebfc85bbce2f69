"""The picture of BLEU against speed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.curve import Point, draw, points


def _row(name: str, batch: int, callers: int, rate: float, patience: float | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "batch": batch,
        "callers": callers,
        "patience": patience,
        "dragoman": {"rate": rate, "bleu": 30.0},
        "peer": {"rate": 2 * rate, "bleu": 30.5},
    }


ROWS = [
    _row("greedy, batch 32", 32, 2, 900.0),
    _row("beam 4, batch 32", 32, 2, 100.0),
    _row("beam 4, batch 32, patience 1", 32, 2, 200.0, 1.0),
    _row("beam 4, batch 32", 32, 1, 60.0),
    _row("greedy, one at a time", 1, 1, 50.0),
]


def test_settings_stand_in_the_order_of_their_speed_and_a_peers_once() -> None:
    assert points(ROWS, 32, 2) == {
        "Dragoman": [
            Point(100.0, 30.0, "beam 4"),
            Point(200.0, 30.0, "beam 4, patience 1"),
            Point(900.0, 30.0, "greedy"),
        ],
        # Its patience is 1 always: the other row has asked it for the same.
        "CTranslate2": [Point(200.0, 30.5, "beam 4"), Point(1800.0, 30.5, "greedy")],
    }


def test_each_setting_is_named_in_the_picture(tmp_path: Path) -> None:
    draw(ROWS, tmp_path / "curve.svg")
    drawn = (tmp_path / "curve.svg").read_text()
    for text in ("32 sentences a call, 2 callers at once", "one by one", "beam 4, patience 1", "CTranslate2"):
        assert text in drawn
