"""Examples that do not fit their schema stop the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Run, Step

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Validate(Step):
    """Statistics, schema, and a gate that an anomaly in any split does not pass."""

    takes = ("examples",)
    gives = ("statistics",)
    sections = ("validation",)
    reported = "statistics"
    on_engine = True

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.validate.component import validation

        nodes = validation(channels["examples"], run.config)
        named = [node.with_id(run.component(node.id)) for node in nodes]
        outputs = {"statistics": named[0].outputs["statistics"]}
        return Components(tuple(named), outputs, gate=named[-1], reports=bool(run.config.several_directions))

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.validate.curated import read_curated

        curated = run.config.validation.schema_file
        if curated is None:
            return []
        read_curated(curated)
        return [curated]

    def report(self, folder: Path) -> Sequence[tuple[str, str]]:
        from pipeline.steps.validate.directions import direction_facts

        return direction_facts(folder)


STEP = Validate()
