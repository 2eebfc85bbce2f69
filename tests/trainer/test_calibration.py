"""The chance that a translation is good, from its score."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.confidence import Confidence
from contracts.errors import RecordError
from trainer.calibration import calibrate
from trainer.errors import DataError


def drawn(count: int, slope: float, offset: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and chrF that is 100 with the chance that the curve gives, else 0."""
    chance = np.random.default_rng(seed)
    scores = chance.normal(-1.0, 0.5, count)
    good = chance.random(count) < 1 / (1 + np.exp(-(slope * scores + offset)))
    return scores, 100.0 * good


def test_the_curve_that_drew_the_sentences_is_found() -> None:
    confidence = calibrate(*drawn(20_000, 4.0, 3.0), good_chrf=60)
    assert confidence.slope == pytest.approx(4.0, rel=0.1)
    assert confidence.offset == pytest.approx(3.0, rel=0.1)
    assert confidence.error < 0.02
    assert confidence.of_score(-0.75) == pytest.approx(0.5, abs=0.02)
    assert sum(part.sentences for part in confidence.reliability) == confidence.sentences == 20_000
    assert confidence.good == pytest.approx(np.mean(drawn(20_000, 4.0, 3.0)[1]) / 100)


def test_more_is_surer_and_nothing_is_quite_sure() -> None:
    """All good above -1, none below: the curve stays finite."""
    scores = np.linspace(-2, 0, 50)
    confidence = calibrate(scores, 100.0 * (scores > -1), good_chrf=50)
    said = [confidence.of_score(score) for score in scores]
    assert said == sorted(said)
    assert 0 < said[0] < 0.05 < 0.95 < said[-1] < 1
    assert 0 <= confidence.of_score(-1e9) < confidence.of_score(1e9) <= 1


@pytest.mark.parametrize(("chrf", "share"), [(100.0, 21 / 22), (0.0, 1 / 22)])
def test_of_sentences_that_are_all_alike_the_share_is_said(chrf: float, share: float) -> None:
    confidence = calibrate(np.linspace(-2, 0, 20), [chrf] * 20, good_chrf=50)
    assert confidence.of_score(-1) == pytest.approx(share, abs=0.01)


def test_scores_that_mean_the_opposite_say_the_share_alone() -> None:
    scores, chrf = drawn(2000, -5.0, -5.0)
    confidence = calibrate(scores, chrf, good_chrf=60)
    assert confidence.slope == 0
    assert confidence.of_score(0) == confidence.of_score(-9) == pytest.approx(confidence.good, abs=0.01)


def test_equal_scores_and_few_sentences() -> None:
    assert calibrate([-1.0, -1.0], [90, 10], good_chrf=60).of_score(-1) == pytest.approx(0.5)
    with pytest.raises(DataError, match="two dev sentences at least, and there are 1"):
        calibrate([-1.0], [90], good_chrf=60)


def test_half_of_the_sentences_are_judged_by_the_other_half() -> None:
    """Even ones all good, odd ones all bad: a fit to one half is wrong of the other, and says so."""
    confidence = calibrate([-1.0] * 40, [100, 0] * 20, good_chrf=60)
    assert confidence.error > 0.8
    assert confidence.of_score(-1) == pytest.approx(0.5)


def test_it_is_read_as_it_was_written(tmp_path) -> None:
    confidence = calibrate(*drawn(100, 4.0, 3.0), good_chrf=60)
    assert Confidence.of(tmp_path) is None
    confidence.save(tmp_path)
    assert Confidence.of(tmp_path) == confidence
    (tmp_path / "confidence.json").write_text('{"slope": -1}')
    with pytest.raises(RecordError, match="another version"):
        Confidence.of(tmp_path)
