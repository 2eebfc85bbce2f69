"""Run a TFX pipeline with LocalDagRunner, tell an observer, and say plainly what went wrong.

An interrupted run needs nothing special to go on: TFX's cache gives back every component that was published,
and the Trainer goes on from its last checkpoint (steps/train/training.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ml_metadata
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline

from pipeline.code import stamp
from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.errors import ComponentError
from pipeline.runs.watch import watching
from pipeline.workspace.causes import cause
from pipeline.workspace.metadata import connection, open_store
from pipeline.workspace.progress import Observer
from pipeline.workspace.recovery import forget_deleted, settle
from pipeline.workspace.workspace import Workspace

DONE = (metadata_store_pb2.Execution.COMPLETE, metadata_store_pb2.Execution.CACHED)


@dataclass(frozen=True)
class Executed:
    """One component of a finished run: whether its results were there already, how long it took in this run,
    and where its outputs lie.
    """

    cached: bool
    seconds: float
    outputs: dict[str, Path]
    properties: dict[str, dict[str, str | int | float]]


def assemble(name: str, nodes: Iterable[BaseNode], workspace: Workspace, reuse: bool = True) -> Pipeline:
    """A pipeline with the workspace's metadata, Beam in process where a node says nothing
    else, and caching unless `reuse` is False.
    """
    components = list(nodes)
    for node in components:
        stamp(node)
    return Pipeline(
        pipeline_name=name,
        pipeline_root=str(workspace.artifacts),
        components=components,
        enable_cache=reuse,
        beam_pipeline_args=beam_arguments(BeamConfig()),
        metadata_connection_config=connection(workspace),
    )


def execute(assembled: Pipeline, workspace: Workspace, observer: Observer) -> dict[str, Executed]:
    """Run it, and return what each component put out, by its id. The workspace must be locked.

    Raises:
        DragomanError: the cause of the first failure, in one line.
    """
    current = _Current(observer)
    try:
        settle(workspace)
        forget_deleted(workspace)
        with watching(current):
            LocalDagRunner().run(assembled)
        store = open_store(workspace)
        done = _last_run(store, assembled.pipeline_info.pipeline_name, current.seconds)
    except (Exception, SystemExit) as error:  # A step that left so would look like a run that went well.
        raise cause(error, current.component) from error
    for node in assembled.components:
        if node.id not in done:
            # The launcher goes on without a node whose inputs do not resolve.
            raise ComponentError(f"{node.id} failed: its inputs were not there")
    return done


class _Current:
    """Passes everything on, and remembers which component is running and how long each has taken."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.component: str | None = None
        self.seconds: dict[str, float] = {}

    def started(self, component: str) -> None:
        self.component = component
        self._observer.started(component)

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        self.seconds[component] = seconds
        self._observer.finished(component, seconds, cached)

    def failed(self, component: str, seconds: float) -> None:
        self._observer.failed(component, seconds)

    def noted(self, text: str) -> None:
        self._observer.noted(text)


def _last_run(
    store: ml_metadata.MetadataStore, name: str, seconds: Mapping[str, float]
) -> dict[str, Executed]:
    """The successful executions of the newest run by component, in their order."""
    newest = max(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id)
    done = {}
    for execution in sorted(store.get_executions_by_context(newest.id), key=lambda execution: execution.id):
        if execution.last_known_state not in DONE:
            continue
        contexts = store.get_contexts_by_execution(execution.id)
        component = next(c.name for c in contexts if c.type == "node").removeprefix(f"{name}.")
        done[component] = _executed(store, execution, seconds.get(component, 0.0))
    return done


def _executed(
    store: ml_metadata.MetadataStore, execution: metadata_store_pb2.Execution, seconds: float
) -> Executed:
    events = store.get_events_by_execution_ids([execution.id])
    keys = {
        event.artifact_id: event.path.steps[0].key
        for event in events
        if event.type == metadata_store_pb2.Event.OUTPUT
    }
    outputs, properties = {}, {}
    for artifact in store.get_artifacts_by_id(list(keys)):
        key = keys[artifact.id]
        outputs[key] = Path(artifact.uri)
        both = {**artifact.properties, **artifact.custom_properties}
        properties[key] = {
            k: getattr(v, v.WhichOneof("value")) for k, v in both.items() if v.WhichOneof("value")
        }
    cached = execution.last_known_state == metadata_store_pb2.Execution.CACHED
    return Executed(cached=cached, seconds=seconds, outputs=outputs, properties=properties)
