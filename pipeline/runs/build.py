"""The pipeline of a run: the components of its recipe's steps, and what goes from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline
from tfx.types import BaseChannel, channel_utils

from pipeline.code import belongs_to
from pipeline.config import RunConfig
from pipeline.config.engine import beam_arguments
from pipeline.examples.tasks import Ingestion
from pipeline.recipes.base import RunStep, run_steps
from pipeline.runs.runner import assemble
from pipeline.steps.base import KIND as STEP_KIND
from pipeline.steps.base import Reported
from pipeline.workspace.workspace import Workspace


@dataclass(frozen=True)
class BuiltStep:
    """A step in the pipeline: its components' ids, and all channels that it takes or puts out, by the
    step's names."""

    run_step: RunStep
    components: tuple[str, ...]
    channels: Mapping[str, BaseChannel]


@dataclass(frozen=True)
class Build:
    """A run that is put together."""

    pipeline: Pipeline
    steps: tuple[BuiltStep, ...]


def build(
    config: RunConfig,
    workspace: Workspace,
    reuse: bool = True,
    parts: Sequence[Ingestion] = (),
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
    for run_step in run_steps(config, workspace, parts, before):
        taken = _taken(run_step, channels)
        added = run_step.step.components(replace(run_step.run, reported=reported), taken)
        for node in added.nodes:
            belongs_to(node, STEP_KIND, run_step.use.step)
            for gate, read in gates:
                if any(channel is read for channel in taken.values()):
                    node.add_upstream_node(gate)
            if run_step.step.on_engine and isinstance(node, BaseBeamComponent):
                node.with_beam_pipeline_args(beam_arguments(config.beam))
        if added.gate is not None:
            gates += [(added.gate, channel) for channel in taken.values()]
        channels |= {run_step.use.called(name)[0]: channel for name, channel in added.outputs.items()}
        if added.reports and run_step.step.reported:
            reported.append(
                Reported(run_step.use.step, run_step.use.key, added.outputs[run_step.step.reported])
            )
        nodes += added.nodes
        built.append(BuiltStep(run_step, tuple(node.id for node in added.nodes), {**taken, **added.outputs}))
    return Build(assemble(config.name, nodes, workspace, reuse), tuple(built))


def _taken(run_step: RunStep, channels: Mapping[str, BaseChannel]) -> dict[str, BaseChannel]:
    """The channels that a step takes, by its own names."""
    taken = {}
    for name in (*run_step.step.takes, *run_step.step.may_take):
        inputs = [channels[called] for called in run_step.use.called(name) if called in channels]
        if inputs:
            taken[name] = inputs[0] if len(inputs) == 1 else channel_utils.union(inputs)
    return taken
