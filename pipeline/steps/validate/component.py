"""TFX's statistics and validator around a schema and a gate of ours."""

from __future__ import annotations

from tfx.components.example_validator.component import ExampleValidator
from tfx.dsl.components.base import base_component
from tfx.types import BaseChannel

from pipeline.config import RunConfig
from pipeline.steps.validate.anomalies import AnomalyGate
from pipeline.steps.validate.schema import schema_gen
from pipeline.steps.validate.statistics import StatisticsGen


def validation(examples: BaseChannel, config: RunConfig) -> list[base_component.BaseComponent]:
    """From statistics to the gate, the last of them, that an anomaly in any split does not pass.

    Raises:
        ConfigurationError: the curated schema cannot be read.
    """
    statistics = StatisticsGen(examples, by_direction=bool(config.several_directions))
    schema = schema_gen(statistics.outputs["statistics"], config)
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    return [statistics, schema, validator, AnomalyGate(validator.outputs["anomalies"])]
