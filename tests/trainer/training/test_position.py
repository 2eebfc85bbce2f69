"""What a checkpoint says of where a training stands, what better means, and when it ends."""

from __future__ import annotations

import math
from typing import Any

import pytest

from trainer.config import TrainingConfig
from trainer.objectives.base import Measure
from trainer.training.ending import limit_reached, reason_to_end, share_done
from trainer.training.position import Position

BLEU, LOSS = Measure("dev_bleu", "dev BLEU"), Measure("nats", "loss", lower_is_better=True, digits=4)


@pytest.mark.parametrize(("step", "best"), [(0, None), (3, 0.0)])
def test_a_position_from_before_there_were_objectives_is_read(step: int, best: float | None) -> None:
    saved: dict[str, Any] = vars(Position(step=5, best_step=step)) | {"best_bleu": 0.0 if step else -1.0}
    del saved["best"]
    assert Position.of(saved) == Position(step=5, best_step=step, best=best)
    assert Position.of(vars(Position(step=5, best=1.5))) == Position(step=5, best=1.5)


def test_better_is_what_the_measure_says() -> None:
    assert [BLEU.is_better(value, 3.0) for value in (2.0, 3.0, 4.0, math.nan)] == [False, False, True, False]
    assert [LOSS.is_better(value, 3.0) for value in (2.0, 3.0, 4.0, math.nan)] == [True, False, False, False]
    assert BLEU.is_better(-1.0, None)
    assert LOSS.is_better(9.0, math.nan)
    assert (BLEU.in_words(31.196), LOSS.in_words(2.5)) == ("dev BLEU 31.20", "loss 2.5000")


def test_the_limit_that_comes_first_ends_a_training() -> None:
    config = TrainingConfig(max_steps=100, max_minutes=1, patience=2)
    assert share_done(config, Position(step=50, seconds=45)) == 0.75
    assert limit_reached(config, Position(step=99, seconds=59)) == ""
    assert limit_reached(config, Position(step=100, seconds=60)) == "max_steps 100"
    assert limit_reached(config, Position(step=99, seconds=60)) == "max_minutes 1"
    assert reason_to_end(config, Position(step=9, worse=1), LOSS) == ""
    assert reason_to_end(config, Position(step=9, worse=2), LOSS) == "no better loss in 2 evaluations"
