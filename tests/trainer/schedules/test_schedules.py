"""Each schedule's rates, worked out by hand: a peak of 0.002 after 100 steps, 1100 steps in all."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from trainer.config import TrainingConfig
from trainer.schedules.base import SCHEDULES, ScheduleConfig
from trainer.training.learning_rate import LearningRate, build_optimizer

PEAK, WARM, STEPS = 0.002, 100, 1100


def rates(given: dict[str, Any], *updates: int) -> list[float]:
    """Of the updates by their numbers, from 1."""
    schedule = ScheduleConfig.model_validate(given)
    rate = LearningRate(schedule, schedule.peak(PEAK, WARM), WARM, 0.0)
    learning_rates = []
    for update in updates:
        rate.advance((update - 1) / STEPS)
        learning_rates.append(float(rate(update - 1)))
    return learning_rates


def test_there_are_these() -> None:
    assert SCHEDULES.names() == ("constant", "cosine", "inverse-square-root", "noam", "polynomial")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # After 50, 100, 101, 601 and 1101 updates; the way is 0, 0, 0, a half and whole.
        ({"name": "constant"}, [0.001, 0.002, 0.002, 0.002, 0.002]),
        ({"name": "cosine"}, [0.001, 0.002, 0.002, 0.001, 0.0]),
        ({"name": "cosine", "floor": 0.1}, [0.001, 0.002, 0.002, 0.0011, 0.0002]),
        ({"name": "polynomial"}, [0.001, 0.002, 0.002, 0.001, 0.0]),
        ({"name": "polynomial", "power": 2}, [0.001, 0.002, 0.002, 0.0005, 0.0]),
        ({"name": "polynomial", "power": 0.5, "floor": 0.2}, [0.001, 0.002, 0.002, 0.0015313708, 0.0004]),
    ],
)
def test_a_schedule_ends_where_the_training_does(given: dict[str, Any], expected: list[float]) -> None:
    assert rates(given, 50, 100, 101, 601, 1101) == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_a_quarter_of_the_way() -> None:
    # cos(pi / 4) = 0.70711; 1 - 1 / 4.
    assert rates({"name": "cosine"}, 351) == pytest.approx([0.001 * 1.7071068], rel=1e-4)
    assert rates({"name": "polynomial"}, 351) == pytest.approx([0.0015], rel=1e-4)


def test_noam_is_the_equation_of_the_paper() -> None:
    # 256^-0.5 min(s^-0.5, s 100^-1.5): its peak is 1 / 160.
    given = {"name": "noam", "width": 256}
    assert rates(given, 1, 50, 100, 400) == pytest.approx([1 / 16000, 1 / 320, 1 / 160, 1 / 320], rel=1e-5)
    assert rates({**given, "factor": 2}, 100) == pytest.approx([1 / 80], rel=1e-5)
    config = TrainingConfig(schedule=given, warmup_steps=100)
    optimizer, rate = build_optimizer(config, [])
    assert float(rate(99)) == pytest.approx(1 / 160)
    assert optimizer.learning_rate is not None


def test_a_limit_in_minutes_ends_it_too_and_a_short_warm_up_divides_by_nothing() -> None:
    schedule = ScheduleConfig.model_validate({"name": "polynomial"})
    rate = LearningRate(schedule, 1.0, 1, 0.0)
    assert float(rate(0)) == 1.0
    rate.advance(0.5)  # 10 of 20 steps, as it seems: 9 of 19 are over since the warm-up.
    assert float(rate(10)) == pytest.approx(10 / 19)
    rate.advance(1.0)
    assert float(rate(10)) == 0.0
    # Over before the warm-up is: it goes on rising.
    early = LearningRate(schedule, 1.0, 10, 0.0)
    early.advance(0.9)
    assert float(early(4)) == 0.5


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"schedule": "cosin"}, "there is no schedule `cosin`: did you mean `cosine`"),
        ({"schedule": {"name": "cosine", "floor": 1}}, r"schedule\.floor\n  Input should be less than 1"),
        ({"schedule": {"name": "polynomial", "power": 0}}, r"schedule\.power\n  .*greater than 0"),
        ({"schedule": {"name": "noam", "width": 0}}, r"schedule\.width\n  .*greater than or equal to 1"),
        ({"schedule": "noam", "learning_rate": 1.0}, "noam works out its peak .* leave learning_rate out"),
        ({"schedule": {"name": "constant", "width": 8}}, r"schedule\.width\n  Extra inputs"),
    ],
)
def test_what_makes_no_schedule_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValidationError, match=refusal):
        TrainingConfig(**given)
