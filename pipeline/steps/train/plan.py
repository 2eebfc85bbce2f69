"""What would be trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trainer.config import ModelConfig, TrainingConfig


@dataclass(frozen=True)
class PlannedTraining:
    """What is trained, and for how long at most; `max_minutes` is None without a limit of time."""

    encoder_layers: int
    decoder_layers: int
    width: int
    max_steps: int
    max_minutes: float | None
    tokens_per_step: int

    @classmethod
    def of(cls, model: ModelConfig, training: TrainingConfig) -> PlannedTraining:
        """From the configuration."""
        return cls(
            encoder_layers=model.encoder_layers,
            decoder_layers=model.decoder_layers,
            width=model.width,
            max_steps=training.max_steps,
            max_minutes=training.max_minutes,
            tokens_per_step=training.batch_tokens * training.accumulate,
        )

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)

    @property
    def text(self) -> str:
        """For people."""
        minutes = f" or {self.max_minutes:g} minutes" if self.max_minutes else ""
        return (
            f"{self.encoder_layers}+{self.decoder_layers} layers of width {self.width} for at most "
            f"{self.max_steps:,} steps{minutes}, {self.tokens_per_step:,} tokens each"
        )
