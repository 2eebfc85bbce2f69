"""When a training ends."""

from __future__ import annotations

from trainer.config import TrainingConfig
from trainer.objectives.base import Measure
from trainer.training.position import Position


def share_done(config: TrainingConfig, position: Position) -> float:
    """The share of the training that is over, by the limit that comes first."""
    minutes = position.seconds / (config.max_minutes * 60) if config.max_minutes else 0.0
    return max(position.step / config.max_steps, minutes)


def limit_reached(config: TrainingConfig, position: Position) -> str:
    """Which limit ends the training now, or nothing."""
    if position.step >= config.max_steps:
        return f"max_steps {config.max_steps}"
    if config.max_minutes and position.seconds >= config.max_minutes * 60:
        return f"max_minutes {config.max_minutes:g}"
    return ""


def reason_to_end(config: TrainingConfig, position: Position, measure: Measure) -> str:
    """Why the training ends now, or nothing; asked after an evaluation."""
    if limit := limit_reached(config, position):
        return limit
    if position.worse >= config.patience:
        return f"no better {measure.noun} in {position.worse} evaluations"
    return ""
