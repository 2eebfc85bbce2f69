"""What a run would do, without doing it and without TensorFlow: what it reads and trains, from which weights,
what the gate asks, where it would push.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.baseline import baseline
from pipeline.components.ingest_plan import Part
from pipeline.config import EvaluationConfig, RunConfig
from pipeline.initial import weights_note
from pipeline.preflight import preflight
from pipeline.workspace import Workspace
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

    @property
    def text(self) -> str:
        """For people."""
        minutes = f" or {self.max_minutes:g} minutes" if self.max_minutes else ""
        return (
            f"{self.model} for at most {self.max_steps:,} steps{minutes}, "
            f"{self.tokens_per_step:,} tokens each"
        )


@dataclass(frozen=True)
class PlannedGate:
    """What the candidate has to reach, in BLEU from 0 to 100."""

    tokenize: str
    bleu_floor: float
    max_drop: float
    parts: dict[str, dict[str, float]]
    """`bleu_floor` and `max_drop` of the corpora and lengths that have their own."""

    @classmethod
    def of(cls, evaluation: EvaluationConfig) -> PlannedGate:
        """From the configuration."""
        parts = {**evaluation.corpora, **evaluation.lengths}
        own = {name: part.model_dump(exclude_none=True) for name, part in parts.items()}
        return cls(evaluation.tokenize, evaluation.bleu_floor, evaluation.max_drop, own)

    @property
    def text(self) -> str:
        """For people."""
        return (
            f"BLEU ({self.tokenize}) of {self.bleu_floor:g} at least, and at most {self.max_drop:g} below "
            f"the version that serves{''.join(map(self._part_text, self.parts))}"
        )

    def _part_text(self, name: str) -> str:
        asked = ", ".join(f"{key} {value:g}" for key, value in self.parts[name].items())
        return f"; {name}: {asked}" if asked else ""


@dataclass(frozen=True)
class Plan:
    """For people with `lines`, for scripts with `as_json`."""

    name: str
    workspace: Path
    files: dict[str, int]
    training: PlannedTraining
    weights: str
    gate: PlannedGate
    baseline: Path | None
    target: Path

    def as_json(self) -> dict[str, Any]:
        """All of it; the model's sizes stand among what is known of its training."""
        facts = asdict(self)
        training = facts["training"]
        del training["model"]
        return {**facts, "training": {**training.pop("sizes"), **training}}

    def lines(self) -> list[str]:
        """One fact in a line."""
        return [
            f"run {self.name}, in {self.workspace}",
            *(f"reads {path} ({size:,} bytes)" for path, size in self.files.items()),
            f"trains {self.training.text}",
            self.weights,
            f"gate: {self.gate.text}",
            f"compares with {self.baseline}"
            if self.baseline
            else "compares with nothing: no version serves yet",
            f"pushes a new version to {self.target}, if the gate lets it through",
        ]


def plan(
    config: RunConfig, workspace: Workspace, parts: Sequence[Part] = (), before: int | None = None
) -> Plan:
    """Look at the files and at models.config; write nothing. `parts` and `before` as in `pipeline.build`.

    Raises:
        PipelineError, ServingError: what would stop the run at once: see `preflight`.
    """
    files = preflight(config, parts, before)
    return Plan(
        name=config.name,
        workspace=workspace.root,
        files={str(path): path.stat().st_size for path in files},
        training=PlannedTraining.of(config.model, config.training),
        weights=weights_note(config, before),
        gate=PlannedGate.of(config.evaluation),
        baseline=baseline(config, before),
        target=config.push.model_root.absolute() / config.pushed_name,
    )
