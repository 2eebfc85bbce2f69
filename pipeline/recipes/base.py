"""What a recipe is: a module of this folder, or of a user's folder `recipes`, with uses of steps as `STEPS`.

A channel has one name in a recipe. Steps that are used once need no more than their names; of several of a
step all but one bear a name, and say what their channels are called here:
`Use("train", "teacher", {"model": "teacher_model", "model_run": "teacher_run"})`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from contracts.kinds import Kind, KindError
from contracts.sections import Section
from pipeline.config import RunConfig
from pipeline.config.load import mistakes
from pipeline.errors import ConfigurationError
from pipeline.examples.tasks import Ingestion
from pipeline.steps.base import KIND as STEP_KIND
from pipeline.steps.base import Run, Step
from pipeline.workspace.workspace import Workspace
from trainer.config import TrainingConfig

KIND = Kind("recipe", "pipeline.recipes", holds=("STEPS",))


@dataclass(frozen=True)
class Use:
    """A step in a recipe; `channels`: what the step's channels are called here, where it is not their own
    name. An input may be several channels together."""

    step: str
    name: str = ""
    channels: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it goes by in the recipe, and under `steps:`."""
        return self.name or self.step

    def called(self, channel: str) -> tuple[str, ...]:
        """The names here of a channel of the step."""
        names = self.channels.get(channel, channel)
        return (names,) if isinstance(names, str) else names


@dataclass(frozen=True)
class RunStep:
    """A use of a step in a run."""

    use: Use
    step: Step
    run: Run


def run_steps(
    config: RunConfig, workspace: Workspace, parts: Sequence[Ingestion] = (), before: int | None = None
) -> tuple[RunStep, ...]:
    """The run's steps, in their order.

    Raises:
        ConfigurationError: there is no such recipe or step, or `steps` says what a step does not understand.
    """
    try:
        uses: tuple[Use, ...] = KIND.module(config.recipe).STEPS
        chosen = [(use, _step(use.step)) for use in uses]
    except KindError as error:
        raise ConfigurationError(f"recipe: {error}") from None
    keys = [use.key for use in uses]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise ConfigurationError(f"recipe: `{config.recipe}` has two steps `{twice}`: give one a name")
    if unknown := next((key for key in config.steps if key not in keys), None):
        raise ConfigurationError(
            f"steps.{unknown}: the recipe `{config.recipe}` has no such step; it has {', '.join(keys)}"
        )
    _refuse_missing_channels(config.recipe, chosen)
    made: list[RunStep] = []
    for use, step in chosen:
        run = _run(config, workspace, parts, before, use, step)
        made.append(RunStep(use, step, _following(run, use, step, made)))
    return tuple(made)


def training_together(config: RunConfig, workspace: Workspace) -> TrainingConfig | None:
    """How the training is done that several machines do together; None where each is one machine's.

    Raises:
        ConfigurationError: as `run_steps`.
    """
    for run_step in run_steps(config, workspace):
        training = run_step.run.config.training
        if "training" in run_step.step.sections and training.strategy == "multi_worker":
            return training
    return None


def _following(run: Run, use: Use, step: Step, made: Sequence[RunStep]) -> Run:
    """With the sections that it has from the steps whose channels it takes."""
    sections = {}
    for section, channel in step.follows.items():
        for before in made:
            gives = {name for given in before.step.gives for name in before.use.called(given)}
            if gives.intersection(use.called(channel)):
                sections[section] = getattr(before.run.config, section)
    return replace(run, config=run.config.model_copy(update=sections)) if sections else run


def _refuse_missing_channels(recipe: str, chosen: Sequence[tuple[Use, Step]]) -> None:
    there: set[str] = set()
    for use, step in chosen:
        missing = [name for channel in step.takes for name in use.called(channel) if name not in there]
        if missing:
            raise ConfigurationError(
                f"recipe: in `{recipe}` the step `{use.key}` takes `{missing[0]}`, which no step before it "
                "puts out"
            )
        there.update(name for channel in step.gives for name in use.called(channel))


def _step(name: str) -> Step:
    step: Step = STEP_KIND.module(name).STEP
    return step


def _run(
    config: RunConfig,
    workspace: Workspace,
    parts: Sequence[Ingestion],
    before: int | None,
    use: Use,
    step: Step,
) -> Run:
    given = config.steps.get(use.key, {})
    settings = _settings(step.settings, given, use.key) if step.settings else None
    own = config if step.settings else _with_sections(config, given, step.sections, use.key)
    return Run(own, workspace, parts, before, use.name, settings)


def _settings(kind: type[Section], given: Mapping[str, Any], key: str) -> Section:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise _refusal(error, given, kind, key) from None


def _with_sections(config: RunConfig, given: Mapping[str, Any], known: Sequence[str], key: str) -> RunConfig:
    """The run's configuration, with the sections that are given instead of its own."""
    if unknown := next((section for section in given if section not in known), None):
        raise ConfigurationError(
            f"steps.{key}.{unknown}: unknown; known here: {', '.join(known) or 'nothing'}"
        )
    if not given:
        return config
    values = {name: getattr(config, name) for name in RunConfig.model_fields}
    # As a mapping: the targets say how the gate tokenizes.
    values["languages"] = config.languages.model_dump()
    values |= given
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise _refusal(error, values, RunConfig, key) from None


def _refusal(error: ValidationError, given: Any, kind: type[Section], key: str) -> ConfigurationError:
    return ConfigurationError("\n".join(text for _, text in mistakes(error, given, kind, ("steps", key))))
