"""The reasons in words and numbers."""

from __future__ import annotations

import pytest

from pipeline.evaluation.scores import MetricScores, Thresholds
from pipeline.evaluation.verdict import verdict

THRESHOLDS = Thresholds(bleu_floor=20.0, max_drop=0.5)


def scores(candidate: float, baseline: float | None = None) -> MetricScores:
    return MetricScores(candidate=candidate, candidate_interval=(0, 100), baseline=baseline)


@pytest.mark.parametrize(
    ("candidate", "baseline", "version", "expected"),
    [
        (18.2, None, None, "BLEU 18.2 is below the floor 20.0"),
        (19.98, None, None, "BLEU 19.98 is below the floor 20.00"),
        (32.1, 34.2, 3, "BLEU fell by 2.1 against version 3 (34.2 → 32.1), at most 0.5 allowed"),
        (
            33.69,
            34.2,
            None,
            "BLEU fell by 0.51 against the model that serves now (34.2 → 33.7), at most 0.50 allowed",
        ),
        (
            18.2,
            34.2,
            3,
            "BLEU 18.2 is below the floor 20.0; "
            "BLEU fell by 16.0 against version 3 (34.2 → 18.2), at most 0.5 allowed",
        ),
    ],
)
def test_refused(candidate: float, baseline: float | None, version: int | None, expected: str) -> None:
    assert verdict(False, scores(candidate, baseline), THRESHOLDS, version).text == expected


@pytest.mark.parametrize(
    ("candidate", "baseline", "expected"),
    [
        (20.0, None, "BLEU 20.0 is not below the floor 20.0"),
        (
            35.0,
            34.2,
            "BLEU 35.0 is not below the floor 20.0; BLEU rose by 0.8 against version 3 (34.2 → 35.0)",
        ),
        (34.2, 34.2, "BLEU 34.2 is not below the floor 20.0; BLEU did not change against version 3 (34.2)"),
        (
            34.0,
            34.2,
            "BLEU 34.0 is not below the floor 20.0; "
            "BLEU fell by 0.2 against version 3 (34.2 → 34.0), at most 0.5 allowed",
        ),
    ],
)
def test_blessed(candidate: float, baseline: float | None, expected: str) -> None:
    assert verdict(True, scores(candidate, baseline), THRESHOLDS, version=3).text == expected
