"""The learning rate, worked out by hand: it rises, does what its schedule says, and cools down."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.schedules.base import ScheduleConfig
from trainer.schedules.inverse_square_root import InverseSquareRoot
from trainer.training.learning_rate import LearningRate, cooldown_scale


class Falling(ScheduleConfig):
    """Half of the peak at the end, whenever that comes."""

    def share(self, update: float, warmup_steps: int, done: float) -> float:
        assert update >= warmup_steps
        return 1 - done / 2


def rate_of(schedule: ScheduleConfig, cooldown: float = 0.0) -> LearningRate:
    return LearningRate(schedule, 0.002, 100, cooldown)


def test_the_learning_rate_rises_then_falls_with_the_root() -> None:
    rate = rate_of(InverseSquareRoot())
    steps = [0, 49, 99, 399, 9999]
    np.testing.assert_allclose(
        [float(rate(step)) for step in steps], [0.00002, 0.001, 0.002, 0.001, 0.0002], rtol=1e-5
    )
    assert LearningRate(**rate.get_config())(49) == rate(49)


def test_a_schedule_may_go_by_the_share_of_the_training_that_is_over() -> None:
    rate = rate_of(Falling())
    assert float(rate(99)) == pytest.approx(0.002)
    rate.advance(0.5)
    assert [float(rate(step)) for step in (49, 499)] == pytest.approx([0.00075, 0.0015])


def test_in_the_cooldown_the_learning_rate_falls_linearly_to_zero() -> None:
    done = [0, 0.5, 0.75, 0.8, 0.9, 1, 1.1]
    np.testing.assert_allclose([cooldown_scale(share, 0.25) for share in done], [1, 1, 1, 0.8, 0.4, 0, 0])
    assert cooldown_scale(0.99, 0) == 1
    rate = rate_of(InverseSquareRoot(), cooldown=0.25)
    rate.advance(0.9)
    np.testing.assert_allclose(float(rate(399)), 0.0004, rtol=1e-5)
