"""Paired bootstrap: sacreBLEU's own figures, and the cases whose outcome is known."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

from pipeline.steps.evaluate import bootstrap, scoring
from pipeline.steps.evaluate.bootstrap import paired_bootstrap
from pipeline.steps.evaluate.scoring import CorpusMetric

WORDS = [
    "a",
    "the",
    "dog",
    "cat",
    "house",
    "tree",
    "runs",
    "sleeps",
    "red",
    "blue",
    "very",
    "and",
    "in",
    "on",
]
BLEU_METRIC, CHRF_METRIC = CorpusMetric("bleu"), CorpusMetric("chrf")


def references(sentences: int = 120) -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS, k=chance.randint(4, 14))) for _ in range(sentences)]


def damaged(texts: list[str], share: float, seed: int) -> list[str]:
    """Each word replaced with the probability."""
    chance = random.Random(seed)
    return [
        " ".join(chance.choice(WORDS) if chance.random() < share else w for w in t.split()) for t in texts
    ]


@pytest.mark.parametrize("at_once", [10**9, 1000])
def test_the_figures_are_sacrebleus_in_one_piece_or_in_many(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(bootstrap, "_INDICES_AT_ONCE", at_once)
    monkeypatch.delenv("SACREBLEU_SEED", raising=False)
    wanted = references()
    old, new = damaged(wanted, 0.30, seed=1), damaged(wanted, 0.27, seed=2)
    own = {"BLEU": BLEU(), "chrF": CHRF()}
    _, results = PairedTest([("old", old), ("new", new)], own, [wanted], test_type="bs", n_samples=300)()
    for name, metric in (("BLEU", BLEU_METRIC), ("chrF2", CHRF_METRIC)):
        ours = paired_bootstrap(metric, metric.matrix(new, wanted), metric.matrix(old, wanted), samples=300)
        theirs_old, theirs_new = results[name]
        assert ours.comparison is not None
        assert ours.comparison.p_value == pytest.approx(theirs_new.p_value, abs=1e-9)
        assert ours.baseline is not None
        assert (ours.candidate.high - ours.candidate.low) / 2 == pytest.approx(theirs_new.ci, abs=1e-3)
        assert (ours.baseline.high - ours.baseline.low) / 2 == pytest.approx(theirs_old.ci, abs=1e-3)


def test_identical_systems_do_not_differ() -> None:
    wanted = references()
    rows = BLEU_METRIC.matrix(damaged(wanted, 0.3, seed=1), wanted)
    result = paired_bootstrap(BLEU_METRIC, rows, rows, samples=200)
    assert result.comparison is not None
    assert result.comparison.p_value == 1.0
    assert (result.comparison.difference.low, result.comparison.difference.high) == (0.0, 0.0)


@pytest.mark.parametrize("metric", [BLEU_METRIC, CHRF_METRIC])
def test_a_clearly_better_system_is_significant_in_both_directions(metric: CorpusMetric) -> None:
    wanted = references()
    good = metric.matrix(damaged(wanted, 0.05, seed=1), wanted)
    bad = metric.matrix(damaged(wanted, 0.50, seed=2), wanted)
    better = paired_bootstrap(metric, good, bad, samples=200).comparison
    worse = paired_bootstrap(metric, bad, good, samples=200).comparison
    assert better is not None
    assert worse is not None
    assert better.p_value < 0.01
    assert worse.p_value < 0.01
    assert better.difference.low > 0
    assert worse.difference.high < 0


def test_equally_good_systems_are_rarely_significant() -> None:
    wanted = references()
    significant = 0
    for seed in range(20):
        candidate, other = (damaged(wanted, 0.3, seed=2 * seed + place) for place in range(2))
        matrices = (BLEU_METRIC.matrix(texts, wanted) for texts in (candidate, other))
        comparison = paired_bootstrap(BLEU_METRIC, *matrices, samples=200).comparison
        assert comparison is not None
        significant += comparison.difference.low > 0 or comparison.difference.high < 0
    assert significant <= 4  # one is expected


def test_the_interval_holds_the_score_and_seeds_are_kept() -> None:
    wanted = references()
    rows = BLEU_METRIC.matrix(damaged(wanted, 0.3, seed=1), wanted)
    first, again = (paired_bootstrap(BLEU_METRIC, rows, None, samples=300) for _ in range(2))
    assert first == again
    assert first.comparison is None
    assert first.candidate.low < BLEU_METRIC.score(rows.sum(0).tolist()) < first.candidate.high


def test_too_few_sentences_have_no_p_value() -> None:
    rows = np.array([BLEU_METRIC.statistics("a b c d", "a b c d")])
    other = np.array([BLEU_METRIC.statistics("x y z w", "a b c d")])
    result = paired_bootstrap(BLEU_METRIC, rows, other, samples=100)
    assert result.comparison is not None
    assert result.comparison.p_value is None


def test_who_asks_again_of_a_sentence_waits_for_no_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    real = scoring._sacrebleu(CorpusMetric("chrf"))._extract_corpus_statistics
    monkeypatch.setattr(
        scoring._sacrebleu(CorpusMetric("chrf")),
        "_extract_corpus_statistics",
        lambda *texts: counted.append(texts) or real(*texts),  # type: ignore[func-returns-value]
    )
    hypotheses, references = ["never asked before", "nor this one"], ["never asked here", "nor that one"]
    matrix = CorpusMetric("chrf").matrix(hypotheses, references)
    again = [CorpusMetric("chrf").statistics(*texts) for texts in zip(hypotheses, references, strict=True)]
    assert matrix.tolist() == [list(statistics) for statistics in again]
    assert scoring.sentence_chrf(hypotheses[0], references[0]) == CorpusMetric("chrf").score(again[0])
    assert len([texts for texts in counted if texts != ([""], [[""]])]) == len(hypotheses)
