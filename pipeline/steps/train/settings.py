"""What the Trainer takes of a run's configuration."""

from __future__ import annotations

from pydantic import Field

from contracts.directions import Direction
from contracts.sections import Section
from pipeline.config import Languages
from trainer.config import ExportConfig, SearchConfig, TrainingConfig
from trainer.models.base import AnyArchitecture


class TrainerSettings(Section):
    """What the training needs of the run's configuration."""

    languages: Languages
    model: AnyArchitecture
    training: TrainingConfig
    search: SearchConfig
    export: ExportConfig = ExportConfig()
    tokenize: str
    weights: dict[str, float] = Field(default_factory=dict)
    """Of the corpora whose pairs are not all seen once in an epoch."""
    directions: tuple[Direction, ...] = ()
    """Where there are several."""
    temperature: float = 1.0
    """Of their sampling: see `trainer.directions.sampling_weights`."""
