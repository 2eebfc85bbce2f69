"""How a translator is made: frozen, typed, unknown keys refused. Sections of the pipeline's YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializeAsAny, ValidationError, model_validator

from contracts.sections import Section
from trainer.objectives.base import ObjectiveConfig
from trainer.optimizers.base import OptimizerConfig
from trainer.schedules.base import ScheduleConfig
from trainer.search.constraints.base import AnyConstraint
from trainer.search.heads.base import AnyHead, HeadConfig
from trainer.vocabulary import VocabularyConfig as VocabularyConfig


class MachinesConfig(Section):
    """Training on several machines (`strategy: multi_worker`); TF_CONFIG on each says which ones."""

    wait_minutes: float = Field(
        120, gt=0, description="a worker waits so long for the chief to ingest and clean, then leaves"
    )
    join_minutes: float = Field(
        10, gt=0, description="all machines must be there so long after the training is ready"
    )
    silence_seconds: int = Field(
        60, ge=5, description="a machine whose heartbeat fails to come for so long is lost"
    )
    stall_minutes: float = Field(
        30,
        gt=0,
        description="a machine leaves where no step or evaluation ends for so long, heartbeat or not",
    )


class TrainingConfig(Section):
    """How the weights are found."""

    LATER = frozenset({"objective", "schedule", "optimizer", "ema"})

    objective: SerializeAsAny[ObjectiveConfig] = Field(
        default_factory=lambda: ObjectiveConfig.model_validate({}),
        description="what is learned: its name, or `name` with the keys of its own",
    )
    batch_tokens: int = Field(
        4096, ge=32, description="source plus target tokens in a batch, padding included"
    )
    accumulate: int = Field(1, ge=1, description="batches per optimizer step")
    max_steps: int = Field(10_000, ge=1, description="optimizer steps at most")
    max_minutes: float | None = Field(
        None,
        gt=0,
        description="stop training after so many minutes, those of decoding dev sentences included",
    )
    learning_rate: float = Field(
        2e-3,
        gt=0,
        description="peak of the learning rate, but for schedules with their own; if not given 0.0002 of "
        "lion, 0.01 of adafactor, 0.2 of sgd",
    )
    warmup_steps: int = Field(1000, ge=1, description="steps in which the learning rate rises to its peak")
    schedule: SerializeAsAny[ScheduleConfig] = Field(
        default_factory=lambda: ScheduleConfig.model_validate({}),
        description="of the learning rate after the warm-up: its name, or `name` with the keys of its own",
    )
    cooldown: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="last share of the training, counted by its limits; the learning rate falls to 0 in it",
    )
    optimizer: SerializeAsAny[OptimizerConfig] = Field(
        default_factory=lambda: OptimizerConfig.model_validate({}),
        description="how a gradient becomes an update: its name, or `name` with the keys of its own",
    )
    beta_2: float = Field(
        0.98, gt=0, lt=1, description="of adam and adamw: decay of the mean of squared gradients"
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    clip_norm: float = Field(1.0, gt=0, description="global norm of the gradients")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="of matrix products; weights stay float32"
    )
    average_last: int = Field(
        5, ge=1, description="average of so many newest checkpoints is exported; beside `ema`: 1"
    )
    ema: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="decay of a moving average of the weights, as 0.999, which is exported instead",
    )
    evaluate_every: int = Field(500, ge=1, description="steps between checkpoints with a dev measure")
    evaluate_sentences: int = Field(500, ge=1, description="dev sentences measured for early stopping")
    patience: int = Field(5, ge=1, description="evaluations without a better dev measure before stopping")
    checkpoint_seconds: float = Field(
        90, gt=0, description="between checkpoints, beside those of evaluations"
    )
    max_length: int = Field(
        128, ge=4, description="pieces, the end counted; longer training sentences are left out and counted"
    )
    seed: int = Field(1, ge=0, lt=2**32)
    strategy: Literal["auto", "one", "mirrored", "multi_worker"] = Field(
        "auto", description="tf.distribute strategy; multi_worker: the machines of TF_CONFIG"
    )
    machines: MachinesConfig = MachinesConfig()

    @model_validator(mode="before")
    @classmethod
    def _average_once(cls, given: Any) -> Any:
        """`ema` is an average already, of more than the last checkpoints."""
        if not isinstance(given, Mapping) or given.get("ema") is None:
            return given
        if given.get("average_last", 1) != 1:
            raise ValueError(
                "ema and average_last are two averages of the same weights: leave average_last out, or ema"
            )
        return {**given, "average_last": 1}

    @model_validator(mode="before")
    @classmethod
    def _rate_of_the_optimizer(cls, given: Any) -> Any:
        """Where none is given; an optimizer or a schedule that is none is told of at its own key."""
        if not isinstance(given, Mapping) or "learning_rate" in given:
            return given
        try:
            optimizer = OptimizerConfig.model_validate(given.get("optimizer", {}))
            schedule = ScheduleConfig.model_validate(given.get("schedule", {}))
        except ValidationError:
            return given
        if optimizer.usual_rate is None or schedule.own_peak:
            return given
        return {**given, "learning_rate": optimizer.usual_rate}

    def also_said(self) -> frozenset[str]:
        """See `Section`: beside an optimizer with a rate of its own, the default is a choice."""
        chosen = self.optimizer.usual_rate is not None and not self.schedule.own_peak
        return frozenset({"learning_rate"}) if chosen else frozenset()

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        idle = {}
        if self.schedule.own_peak:
            idle["learning_rate"] = (
                f"the schedule {self.schedule.name} works out its peak from keys of its own: "
                "leave learning_rate out, or choose another schedule"
            )
        if not self.optimizer.takes_beta_2:
            idle["beta_2"] = (
                f"the optimizer {self.optimizer.name} does not know beta_2: leave it out "
                "(its own keys are given beside its name)"
            )
        return idle


LIMITS = frozenset({"max_steps", "max_minutes", "patience", "checkpoint_seconds", "machines"})
"""Keys of TrainingConfig that may change while a training goes on from its checkpoint."""


class SearchConfig(Section):
    """How the exported model translates."""

    LATER = frozenset({"head", "constraints", "diverse_groups", "diversity_penalty", "patience"})

    beams: int = Field(4, ge=1, le=64, description="K")
    length_penalty: float = Field(0.6, ge=0, description="alpha of Wu et al. 2016 (GNMT), equation 14")
    coverage_penalty: float = Field(0.0, ge=0, description="beta of the same equation")
    max_source_length: int = Field(
        256, ge=4, description="pieces, the end counted; longer rows are cut and marked as truncated"
    )
    max_target_ratio: float = Field(
        2.0, gt=0, description="target pieces at most: ratio x source pieces + 10, the ends counted"
    )
    max_target_length: int = Field(256, ge=4, description="target pieces at most, whatever the ratio")
    patience: float | None = Field(
        None,
        gt=0,
        description="end a sentence when so many times K of its hypotheses have ended (1: as CTranslate2 "
        "does), though a better one might have come; not given: when none can",
    )
    no_repeat_ngram: int = Field(0, ge=0, description="0: off")
    diverse_groups: int = Field(
        1,
        ge=1,
        description="groups of beams that avoid each other's pieces, so that `n_best` is of more than one "
        "mind (Vijayakumar et al. 2018); 1: off",
    )
    diversity_penalty: float = Field(
        0.5, gt=0, description="of a piece, for each beam of an earlier group that has it at the same step"
    )
    head: AnyHead = Field(
        default_factory=lambda: HeadConfig.model_validate({}),
        description="which pieces may come next, and how likely they are: its name, or `name` with the keys "
        "of its own",
    )
    constraints: tuple[AnyConstraint, ...] = Field(
        (), description="rules about what may come next: their names, or `name` with the keys of their own"
    )

    @model_validator(mode="after")
    def _beams_make_groups(self) -> SearchConfig:
        if self.beams % self.diverse_groups:
            raise ValueError(
                f"beams {self.beams} do not make {self.diverse_groups} groups of the same size: "
                "let diverse_groups divide beams"
            )
        return self

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        idle = {}
        if self.diverse_groups == 1:
            idle["diversity_penalty"] = (
                "diversity_penalty is between groups of beams, and there is one: leave it out, or give "
                "diverse_groups"
            )
        if self.beams == 1:
            idle["patience"] = (
                "patience counts the hypotheses of a beam that have ended, and one beam stops at its end "
                "anyhow: leave it out, or give beams"
            )
        return idle


class ExportConfig(Section):
    """What an exported model can be asked beside translations, and what is known of its answers."""

    LATER = frozenset({"good_chrf"})

    signatures: tuple[Literal["align", "constrained", "sample"], ...] = Field(
        (), description="optional signatures that the model has (docs/contracts.md)"
    )
    samples: int = Field(1, ge=1, le=64, description="translations that `sample` draws of each source, K")
    constrained_beams: int = Field(
        10,
        ge=1,
        le=64,
        description="K of `constrained`; best is more than the pieces of the phrases of a request",
    )
    good_chrf: float | None = Field(
        None,
        gt=0,
        le=100,
        description="chrF from which on a sentence counts as good, as 60: from dev sentences the version "
        "learns how likely one is good, by its score; null: it does not say",
    )

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        return {
            key: f"{key} is of the signature {signature}: leave it out, or name {signature} in signatures"
            for key, signature in (("samples", "sample"), ("constrained_beams", "constrained"))
            if signature not in self.signatures
        }
