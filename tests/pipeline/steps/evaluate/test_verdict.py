"""The reasons in words and numbers."""

from __future__ import annotations

import pytest

from contracts.scores import MetricScores, PartThresholds, SliceScores, Thresholds, Verdict
from pipeline.steps.evaluate.verdict import verdict

THRESHOLDS = Thresholds(bleu_floor=20.0, max_drop=0.5)


def scores(candidate: float, baseline: float | None = None) -> SliceScores:
    bleu = MetricScores(candidate=candidate, candidate_interval=(0, 100), baseline=baseline)
    return SliceScores(sentences=100, bleu=bleu, chrf=bleu)


def corpus(name: str, candidate: float, baseline: float | None, surely: bool = True) -> SliceScores:
    bleu = MetricScores(
        candidate=candidate,
        candidate_interval=(0, 100),
        baseline=baseline,
        difference_interval=(-20.0, -1.0 if surely else 1.0),
        p_value=0.01,
    )
    return SliceScores(feature="corpus", value=name, sentences=100, bleu=bleu, chrf=bleu)


def judged(slices: list[SliceScores], **parts: PartThresholds) -> Verdict:
    thresholds = THRESHOLDS.model_copy(
        update={"parts": {f"corpus {name}": part for name, part in parts.items()}}
    )
    return verdict(True, scores(40.0, 36.0), slices, thresholds, 3)


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
    assert verdict(False, scores(candidate, baseline), (), THRESHOLDS, version).text == expected


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
    assert verdict(True, scores(candidate, baseline), (), THRESHOLDS, version=3).text == expected


def test_a_corpus_that_fell_while_the_whole_rose_is_warned_of() -> None:
    judgement = judged([corpus("general", 17.1, 33.7), corpus("law", 60.0, 20.0)])
    assert judgement.warnings == (
        "corpus general: BLEU fell by 16.6 against version 3 (33.7 → 17.1), "
        "at most 0.5 allowed on the whole; evaluation.corpora can refuse it",
    )
    assert len(judgement.reasons) == 2


@pytest.mark.parametrize(
    "slices", [[corpus("a", 33.5, 33.7)], [corpus("a", 30.0, 33.7, surely=False)], [corpus("a", 3.0, None)]]
)
def test_what_may_be_chance_is_not_warned_of(slices: list[SliceScores]) -> None:
    assert judged(slices).warnings == ()


def test_a_corpus_with_thresholds_has_its_reasons() -> None:
    judgement = judged(
        [corpus("general", 17.1, 33.7), corpus("law", 60.0, 20.0)],
        general=PartThresholds(max_drop=1.0, bleu_floor=15.0),
        law=PartThresholds(bleu_floor=70.0),
    )
    assert judgement.warnings == ()
    assert judgement.reasons == (
        "corpus general: BLEU fell by 16.6 against version 3 (33.7 → 17.1), at most 1.0 allowed",
        "corpus law: BLEU 60.0 is below the floor 70.0",
    )
