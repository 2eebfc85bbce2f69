"""The pipeline of a run: the components of its recipe's steps, and what goes from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline
from tfx.types import BaseChannel, channel_utils

from pipeline.code import THINGS
from pipeline.config import RunConfig
from pipeline.config.engine import beam_arguments
from pipeline.examples.tasks import Part
from pipeline.recipes.base import Stage, stages
from pipeline.runs.runner import assemble
from pipeline.steps.base import KIND as STEP_KIND
from pipeline.steps.base import Reported
from pipeline.workspace.workspace import Workspace


@dataclass(frozen=True)
class BuiltStage:
    """A step in the pipeline: its components' ids, and all channels that it takes or puts out, by the
    step's names."""

    stage: Stage
    components: tuple[str, ...]
    channels: Mapping[str, BaseChannel]


@dataclass(frozen=True)
class Build:
    """A run that is put together."""

    pipeline: Pipeline
    stages: tuple[BuiltStage, ...]


def build(
    config: RunConfig,
    workspace: Workspace,
    reuse: bool = True,
    parts: Sequence[Part] = (),
    before: int | None = None,
) -> Build:
    """All components of a run; with `reuse` False nothing is taken from earlier runs, and with `parts` only
    these files are read. The candidate is compared with version `before`, or with the one that serves.

    Raises:
        ConfigurationError: the configuration names what is not there, or other languages than are served.
        ServingError: models.config cannot be read, or the backend of the serving check is not here.
    """
    channels: dict[str, BaseChannel] = {}
    gates: list[tuple[BaseNode, BaseChannel]] = []
    nodes: list[BaseNode] = []
    reported: list[Reported] = []
    built = []
    for stage in stages(config, workspace, parts, before):
        taken = _taken(stage, channels)
        added = stage.step.components(replace(stage.run, reported=reported), taken)
        for node in added.nodes:
            # A step from outside may have its component in the same file.
            setattr(node, THINGS, (*getattr(node, THINGS, ()), (STEP_KIND, stage.use.step)))
            for gate, read in gates:
                if any(channel is read for channel in taken.values()):
                    node.add_upstream_node(gate)
            if stage.step.on_engine and isinstance(node, BaseBeamComponent):
                node.with_beam_pipeline_args(beam_arguments(config.beam))
        if added.gate is not None:
            gates += [(added.gate, channel) for channel in taken.values()]
        channels |= {stage.use.called(name)[0]: channel for name, channel in added.outputs.items()}
        if stage.step.reported:
            reported.append(Reported(stage.use.step, stage.use.key, added.outputs[stage.step.reported]))
        nodes += added.nodes
        built.append(BuiltStage(stage, tuple(node.id for node in added.nodes), {**taken, **added.outputs}))
    return Build(assemble(config.name, nodes, workspace, reuse), tuple(built))


def _taken(stage: Stage, channels: Mapping[str, BaseChannel]) -> dict[str, BaseChannel]:
    """The channels that a step takes, by its own names."""
    taken = {}
    for name in (*stage.step.takes, *stage.step.may_take):
        inputs = [channels[called] for called in stage.use.called(name) if called in channels]
        if inputs:
            taken[name] = inputs[0] if len(inputs) == 1 else channel_utils.union(inputs)
    return taken
