"""What would be trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trainer.config import TrainingConfig, VocabularyConfig
from trainer.models.base import ArchitectureConfig

_SHORT = {"char": "characters", "byte": "bytes"}


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


def length_remark(vocabulary: VocabularyConfig, training: TrainingConfig) -> str:
    """What to look at where pieces are short and the longest sentence is what suits subwords; else empty."""
    usual = type(training).model_fields["max_length"].default
    short = [
        algorithm for side in ("source", "target") if (algorithm := vocabulary.side(side).algorithm) in _SHORT
    ]
    if not short or training.max_length != usual:
        return ""
    return (
        f"warning: sentences over {usual} pieces, here {_SHORT[short[0]]}, are left out: raise "
        "training.max_length, and search.max_source_length with it"
    )
