"""What a run would do, without doing it: data files, components with what is cached, where it would push."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ml_metadata
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler.compiler import Compiler
from tfx.orchestration import data_types_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import inputs_utils
from tfx.proto import example_gen_pb2
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from pipeline.baseline import baseline
from pipeline.build import build
from pipeline.components.ingest import CorpusExampleGen
from pipeline.components.ingest_driver import CorpusInputProcessor
from pipeline.components.ingest_plan import Part
from pipeline.config import RunConfig
from pipeline.metadata import exists, open_store
from pipeline.runner import DONE
from pipeline.workspace import Workspace
from trainer.config import ModelConfig, TrainingConfig

Artifacts = dict[str, frozenset[int]]


@dataclass(frozen=True)
class PlannedTraining:
    """What is trained, and for how long at most; `max_minutes` is None without a limit of time."""

    encoder_layers: int
    decoder_layers: int
    width: int
    max_steps: int
    max_minutes: float | None
    tokens_per_step: int

    @classmethod
    def of(cls, model: ModelConfig, training: TrainingConfig) -> PlannedTraining:
        """From the configuration."""
        return cls(
            encoder_layers=model.encoder_layers,
            decoder_layers=model.decoder_layers,
            width=model.width,
            max_steps=training.max_steps,
            max_minutes=training.max_minutes,
            tokens_per_step=training.batch_tokens * training.accumulate,
        )

    @property
    def text(self) -> str:
        """For people."""
        minutes = f" or {self.max_minutes:g} minutes" if self.max_minutes else ""
        return (
            f"{self.encoder_layers}+{self.decoder_layers} layers of width {self.width} for at most "
            f"{self.max_steps:,} steps{minutes}, {self.tokens_per_step:,} tokens each"
        )


@dataclass(frozen=True)
class PlannedGate:
    """What the candidate has to reach, in BLEU from 0 to 100."""

    tokenize: str
    bleu_floor: float
    max_drop: float

    @property
    def text(self) -> str:
        """For people."""
        return (
            f"BLEU ({self.tokenize}) of {self.bleu_floor:g} at least, and at most {self.max_drop:g} below "
            "the version that serves"
        )


@dataclass(frozen=True)
class Plan:
    """For people with `lines`, for scripts with `as_json`."""

    name: str
    workspace: Path
    files: dict[str, int]
    components: dict[str, bool]
    training: PlannedTraining
    gate: PlannedGate
    baseline: Path | None
    target: Path

    def as_json(self) -> dict[str, Any]:
        """All of it; `components`: whether an earlier result would be used."""
        return {
            **asdict(self),
            "components": {k: "cached" if v else "run" for k, v in self.components.items()},
        }

    def lines(self) -> list[str]:
        """One fact in a line."""
        width = max(map(len, self.components))
        return [
            f"run {self.name}, in {self.workspace}",
            *(f"reads {path} ({size:,} bytes)" for path, size in self.files.items()),
            *(
                f"  {one:<{width}}  {'cached' if cached else 'to do'}"
                for one, cached in self.components.items()
            ),
            *([] if self.components["Trainer"] else [f"trains {self.training.text}"]),
            f"gate: {self.gate.text}",
            f"compares with {self.baseline}"
            if self.baseline
            else "compares with nothing: no version serves yet",
            "nothing to push: this candidate has been through the gate"
            if self.components["Push"]
            else f"pushes a new version to {self.target}, if the gate lets it through",
        ]


def plan(
    config: RunConfig, workspace: Workspace, parts: Sequence[Part] = (), before: int | None = None
) -> Plan:
    """Look at the files, the metadata and models.config; write nothing. `parts` and `before` as in `build`.

    Raises:
        PipelineError: what would stop the run at once, as corpus files that are not there.
    """
    assembled = build(config, workspace, parts=parts, before=before)
    files, ingestions = _corpus_files(assembled)
    return Plan(
        name=config.name,
        workspace=workspace.root,
        files={str(path): path.stat().st_size for path in files},
        components=_cached(assembled, workspace, ingestions),
        training=PlannedTraining.of(config.model, config.training),
        gate=PlannedGate(
            config.evaluation.tokenize, config.evaluation.bleu_floor, config.evaluation.max_drop
        ),
        baseline=baseline(config, before),
        target=config.push.model_root.absolute() / config.pushed_name,
    )


def _corpus_files(assembled: Pipeline) -> tuple[list[Path], dict[str, dict[str, Any]]]:
    """The files that the patterns stand for now, and by the component's id the parameters that the driver of
    each ingestion would set by them."""
    paths: list[Path] = []
    parameters: dict[str, dict[str, Any]] = {}
    for node in assembled.components:
        if not isinstance(node, CorpusExampleGen):
            continue
        config = example_gen_pb2.Input()
        proto_utils.json_to_proto(node.exec_properties[standard_component_specs.INPUT_CONFIG_KEY], config)
        processor = CorpusInputProcessor(os.getcwd(), config.splits)
        span, version = processor.resolve_span_and_version()
        fingerprint = processor.get_input_fingerprint(span, version)
        for one in config.splits:
            one.pattern = processor.get_pattern_for_span_version(one.pattern, span, version)
            paths.append(Path(one.pattern))
        parameters[node.id] = {
            "input_fingerprint": fingerprint,
            standard_component_specs.INPUT_CONFIG_KEY: proto_utils.proto_to_json(config),
        }
    return paths, parameters


def _cached(
    assembled: Pipeline, workspace: Workspace, ingestions: dict[str, dict[str, Any]]
) -> dict[str, bool]:
    """Which components would find a result of an earlier execution: the same parameters, the same input
    artifacts."""
    nodes = [node.pipeline_node for node in Compiler().compile(assembled).nodes]
    if not exists(workspace):
        return {node.node_info.id: False for node in nodes}
    store = open_store(workspace)
    found: dict[str, Artifacts | None] = {}
    for node in nodes:
        parameters = data_types_utils.build_parsed_value_dict(
            inputs_utils.resolve_parameters_with_schema(node_parameters=node.parameters)
        )
        parameters |= ingestions.get(node.node_info.id, {})
        found[node.node_info.id] = _earlier(store, assembled, node, parameters, found)
    return {component: outputs is not None for component, outputs in found.items()}


def _earlier(
    store: ml_metadata.MetadataStore,
    assembled: Pipeline,
    node: pipeline_pb2.PipelineNode,
    parameters: dict[str, Any],
    found: dict[str, Artifacts | None],
) -> Artifacts | None:
    """The outputs of the newest execution that did the same on the same inputs; None if there is none."""
    inputs: Artifacts = {}
    for key, spec in node.inputs.inputs.items():
        if spec.hidden:
            continue
        # A union of channels names hidden inputs with a channel each.
        channels = [node.inputs.inputs[one].channels[0] for one in spec.mixed_inputs.input_keys]
        artifacts: frozenset[int] = frozenset()
        for query in channels or spec.channels[:1]:
            upstream = found.get(query.producer_node_query.id)
            if upstream is None:
                return None
            artifacts |= upstream.get(query.output_key, frozenset())
        inputs[key] = artifacts
    name = f"{assembled.pipeline_info.pipeline_name}.{node.node_info.id}"
    context = store.get_context_by_type_and_name("node", name)
    if context is None:
        return None
    for execution in sorted(store.get_executions_by_context(context.id), key=lambda one: -one.id):
        values = {key: getattr(v, v.WhichOneof("value")) for key, v in execution.custom_properties.items()}
        same = all(key in values and str(values[key]) == str(value) for key, value in parameters.items())
        if same and execution.last_known_state in DONE:
            before, after = _artifacts(store, execution.id)
            if before == inputs and _there(store, after):
                return after
    return None


def _there(store: ml_metadata.MetadataStore, outputs: Artifacts) -> bool:
    """Whether none has been removed (see `pipeline.schedule.artifacts`); TFX asks the same."""
    ids = [one for some in outputs.values() for one in some]
    return all(Path(artifact.uri).exists() for artifact in store.get_artifacts_by_id(ids)) if ids else True


def _artifacts(store: ml_metadata.MetadataStore, execution: int) -> tuple[Artifacts, Artifacts]:
    """Ids of input and output artifacts by key."""
    both: tuple[dict[str, set[int]], dict[str, set[int]]] = ({}, {})
    for event in store.get_events_by_execution_ids([execution]):
        side = both[event.type == metadata_store_pb2.Event.OUTPUT]
        side.setdefault(event.path.steps[0].key, set()).add(event.artifact_id)
    before, after = ({key: frozenset(ids) for key, ids in side.items()} for side in both)
    return before, after
