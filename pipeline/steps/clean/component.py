"""Cleaner: the train split without the pairs that would harm training; dev and test untouched."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from contracts.settings import effective_json, things
from pipeline.config import RunConfig
from pipeline.steps.clean.executor import (
    CLEANED_KEY,
    EXAMPLES_KEY,
    PLAN_KEY,
    REPORT_KEY,
    CleanExecutor,
    CleanPlan,
)
from pipeline.steps.clean.rules import active_names
from texts.cleaning.scores import SCORES


class CleaningReportArtifact(types.Artifact):
    """A folder with `cleaning.json` (see `pipeline.steps.clean.report`)."""

    TYPE_NAME = "dragoman.CleaningReport"


class CleanerSpec(component_spec.ComponentSpec):
    """Channels and parameters of Cleaner."""

    PARAMETERS = {PLAN_KEY: component_spec.ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples)}  # noqa: RUF012
    OUTPUTS = {  # noqa: RUF012
        CLEANED_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        REPORT_KEY: component_spec.ChannelParameter(type=CleaningReportArtifact),
    }


class Cleaner(base_beam_component.BaseBeamComponent):
    """Output channels: `cleaned_examples`, with the splits of the input, and `cleaning_report`."""

    SPEC_CLASS = CleanerSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(CleanExecutor)

    def __init__(self, examples: types.BaseChannel, config: RunConfig) -> None:
        plan = CleanPlan(
            languages=config.languages, cleaning=config.cleaning, directions=config.several_directions
        )
        spec = CleanerSpec(
            **{
                EXAMPLES_KEY: examples,
                PLAN_KEY: effective_json(plan),
                CLEANED_KEY: types.Channel(type=standard_artifacts.Examples),
                REPORT_KEY: types.Channel(type=CleaningReportArtifact),
            }
        )
        super().__init__(spec=spec)
        self.things = (*things(plan), *((SCORES, name) for name in active_names(config.cleaning)))
        """What it finds by name: code that it runs (see `pipeline.code`)."""
