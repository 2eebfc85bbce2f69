"""The curve and the best value are of the measure that the training went by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.steps.report.history import read_history


def history(folder: Path, *lines: dict[str, Any]) -> Path:
    (folder / "history.json").write_text(json.dumps([{"epoch": 1, "seconds": 1.0, **line} for line in lines]))
    return folder


def test_another_objective_has_its_measure_where_lower_may_be_better(tmp_path: Path) -> None:
    names = {"measure": "dev_nats", "measure_noun": "dev loss"}
    training = read_history(
        history(
            tmp_path,
            {"step": 10, "dev_nats": 3.5, "best": 1.0, **names},
            {"step": 20, "dev_nats": 2.12345, "best": 1.0, **names},
            {"step": 30, "dev_nats": 2.5, "best": 0.0, **names},
        )
    )
    [curve] = training.quality
    assert (curve.title, curve.y) == ("dev loss", [3.5, 2.12345, 2.5])
    assert training.best_step == 20
    assert ("best dev loss", "2.123 at step 20") in training.facts


def test_a_training_that_says_nothing_of_its_measure_went_by_bleu(tmp_path: Path) -> None:
    lines = [{"step": step, "dev_bleu": bleu} for step, bleu in ((10, 20.0), (20, 27.52), (30, 25.0))]
    training = read_history(history(tmp_path, *lines))
    assert (training.quality[0].title, training.best_step) == ("dev BLEU", 20)
    assert ("best dev BLEU", "27.5 at step 20") in training.facts
    # And goes on by a program that says it.
    more = {"step": 40, "dev_bleu": 26.0, "best": 0.0, "measure": "dev_bleu", "measure_noun": "dev BLEU"}
    assert read_history(history(tmp_path, *lines, more)).best_step == 20
