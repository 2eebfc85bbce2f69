"""How long a run took, and how much of it was not the fit."""

from __future__ import annotations

import pytest

from pipeline.runs.outcome import Seconds
from pipeline.steps.clean.pairs import Pairs


def test_all_components_but_the_fit() -> None:
    seconds = Seconds(
        {"Ingest": 2.5, "Trainer": 100.0, "Push": 0.25}, {"fit": 90.0, "export": 6.0, "check": 3.0}
    )
    assert seconds.text == ("102.8 s: fit 90.0, export 6.0, check 3.0, all components but the fit 12.8")
    facts = seconds.as_json()
    assert facts["components"] == {"Ingest": 2.5, "Trainer": 100.0, "Push": 0.25}
    assert facts["trainer"]["export"] == 6.0
    assert (facts["total"], facts["around_the_fit"]) == (102.75, pytest.approx(12.75))


def test_a_run_that_trained_nothing() -> None:
    seconds = Seconds({"Ingest": 0.25, "Trainer": 0.25}, {})
    assert seconds.text == "0.5 s: all components but the fit 0.5"


def test_what_was_rejected_is_told_with_its_reasons() -> None:
    pairs = Pairs(3111, {"invalid UTF-8": 3, "empty source": 1}, {"duplicate": 1200})
    assert pairs.text == (
        "3,111 sentence pairs; 4 rejected in reading (invalid UTF-8: 3, empty source: 1); "
        "1,200 rejected in cleaning (duplicate: 1,200)"
    )
    assert pairs.as_json()["rejected"] == {
        "ingestion": {"invalid UTF-8": 3, "empty source": 1},
        "cleaning": {"duplicate": 1200},
    }
    assert Pairs(5, {}, {}).text == "5 sentence pairs"
