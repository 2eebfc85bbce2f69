"""Which components of a run would find a result of an earlier one: what TFX's cache would say.

It has to put the pipeline together, which loads TensorFlow; all else of a plan does not (`plan`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ml_metadata
from ml_metadata.proto import metadata_store_pb2
from tfx.components.example_gen.driver import Driver as ExampleGenDriver
from tfx.dsl.compiler.compiler import Compiler
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_driver import BaseDriver
from tfx.orchestration import data_types_utils
from tfx.orchestration.data_types import ComponentInfo, PipelineInfo
from tfx.orchestration.metadata import Metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import inputs_utils
from tfx.proto.orchestration import pipeline_pb2

from pipeline.config import RunConfig
from pipeline.examples.tasks import Ingestion
from pipeline.runs.build import build
from pipeline.runs.runner import DONE
from pipeline.workspace.causes import cause
from pipeline.workspace.metadata import exists, open_store
from pipeline.workspace.workspace import Workspace

Artifacts = dict[str, frozenset[int]]


def cached_components(
    config: RunConfig, workspace: Workspace, parts: Sequence[Ingestion] = (), before: int | None = None
) -> dict[str, bool]:
    """By component, in their order, whether it would use what an earlier run has made; writes nothing. Of one
    whose driver only a run can ask, and of what follows it, this says no. `parts` and `before` as in `build`.

    Raises:
        DragomanError: as `build`, and for corpus files that are not there.
    """
    assembled = build(config, workspace, parts=parts, before=before).pipeline
    return _cached(assembled, workspace, _driven(assembled))


def _driven(assembled: Pipeline) -> dict[str, dict[str, Any] | None]:
    """By the component's id what the driver of each that has one of its own would set: of an ingestion by the
    files that the patterns stand for now. None: only a run can ask it."""
    store = Metadata(assembled.metadata_connection_config)  # Connects when it is entered.
    return {
        node.id: _set_by_driver(node, store)
        for node in assembled.components
        if isinstance(node, BaseComponent) and node.driver_class is not BaseDriver
    }


def _set_by_driver(node: BaseComponent, store: Metadata) -> dict[str, Any] | None:
    """TFX's interface of drivers is `run`, which may do anything with a run's inputs and outputs. That of an
    ExampleGen sets what `resolve_exec_properties` answers, and that can be asked without a run."""
    driver_class, given = node.driver_class, node.exec_properties
    if not issubclass(driver_class, ExampleGenDriver) or driver_class.run is not ExampleGenDriver.run:
        return None
    nothing = PipelineInfo("", "")  # As ExampleGen's own `run` gives it.
    try:
        resolved = driver_class(store).resolve_exec_properties(
            dict(given), pipeline_info=nothing, component_info=ComponentInfo("", "", nothing)
        )
    except Exception as error:
        raise cause(error, node.id) from error
    return {name: value for name, value in resolved.items() if value not in (None, given.get(name))}


def _cached(
    assembled: Pipeline, workspace: Workspace, driven: Mapping[str, dict[str, Any] | None]
) -> dict[str, bool]:
    """Which components would find a result of an earlier execution: the same parameters, the same input
    artifacts."""
    nodes = [node.pipeline_node for node in Compiler().compile(assembled).nodes]
    if not exists(workspace):
        return {node.node_info.id: False for node in nodes}
    store = open_store(workspace)
    results: dict[str, Artifacts | None] = {}
    for node in nodes:
        id_ = node.node_info.id
        set_by_driver = driven.get(id_, {})
        if set_by_driver is None:
            results[id_] = None
            continue
        parameters = data_types_utils.build_parsed_value_dict(
            inputs_utils.resolve_parameters_with_schema(node_parameters=node.parameters)
        )
        results[id_] = _earlier(store, assembled, node, parameters | set_by_driver, results)
    return {component: outputs is not None for component, outputs in results.items()}


def _earlier(
    store: ml_metadata.MetadataStore,
    assembled: Pipeline,
    node: pipeline_pb2.PipelineNode,
    parameters: dict[str, Any],
    results: dict[str, Artifacts | None],
) -> Artifacts | None:
    """The outputs of the newest execution that did the same on the same inputs; None if there is none."""
    inputs: Artifacts = {}
    for key, spec in node.inputs.inputs.items():
        if spec.hidden:
            continue
        # A union of channels names hidden inputs with a channel each.
        channels = [node.inputs.inputs[hidden].channels[0] for hidden in spec.mixed_inputs.input_keys]
        artifacts: frozenset[int] = frozenset()
        for query in channels or spec.channels[:1]:
            upstream = results.get(query.producer_node_query.id)
            if upstream is None:
                return None
            artifacts |= upstream.get(query.output_key, frozenset())
        inputs[key] = artifacts
    name = f"{assembled.pipeline_info.pipeline_name}.{node.node_info.id}"
    context = store.get_context_by_type_and_name("node", name)
    if context is None:
        return None
    for execution in sorted(store.get_executions_by_context(context.id), key=lambda execution: -execution.id):
        values = {key: getattr(v, v.WhichOneof("value")) for key, v in execution.custom_properties.items()}
        same = all(key in values and str(values[key]) == str(value) for key, value in parameters.items())
        if same and execution.last_known_state in DONE:
            before, after = _artifacts(store, execution.id)
            if before == inputs and _all_exist(store, after):
                return after
    return None


def _all_exist(store: ml_metadata.MetadataStore, outputs: Artifacts) -> bool:
    """Whether none has been removed (see `pipeline.schedule.artifacts`); TFX asks the same."""
    ids = [id_ for artifacts in outputs.values() for id_ in artifacts]
    return all(Path(artifact.uri).exists() for artifact in store.get_artifacts_by_id(ids)) if ids else True


def _artifacts(store: ml_metadata.MetadataStore, execution: int) -> tuple[Artifacts, Artifacts]:
    """Ids of input and output artifacts by key."""
    both: tuple[dict[str, set[int]], dict[str, set[int]]] = ({}, {})
    for event in store.get_events_by_execution_ids([execution]):
        side = both[event.type == metadata_store_pb2.Event.OUTPUT]
        side.setdefault(event.path.steps[0].key, set()).add(event.artifact_id)
    before, after = ({key: frozenset(ids) for key, ids in side.items()} for side in both)
    return before, after
