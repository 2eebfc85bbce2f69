"""What would be trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trainer.config import TrainingConfig
from trainer.models.base import ArchitectureConfig


@dataclass(frozen=True)
class PlannedTraining:
    """What is trained, and for how long at most; `max_minutes` is None without a limit of time."""

    model: str
    sizes: dict[str, Any]
    """Of the model, as its architecture names them."""
    max_steps: int
    max_minutes: float | None
    tokens_per_step: int

    @classmethod
    def of(cls, model: ArchitectureConfig, training: TrainingConfig) -> PlannedTraining:
        """From the configuration."""
        return cls(
            model=str(model),
            sizes=model.sizes(),
            max_steps=training.max_steps,
            max_minutes=training.max_minutes,
            tokens_per_step=training.batch_tokens * training.accumulate,
        )

    def as_json(self) -> dict[str, Any]:
        """For scripts: the model's sizes stand among what is known of its training."""
        facts = asdict(self)
        del facts["model"]
        return {**facts.pop("sizes"), **facts}

    @property
    def text(self) -> str:
        """For people."""
        minutes = f" or {self.max_minutes:g} minutes" if self.max_minutes else ""
        return (
            f"{self.model} for at most {self.max_steps:,} steps{minutes}, "
            f"{self.tokens_per_step:,} tokens each"
        )
