"""The pipeline of a run: which components, and what goes from one to the next."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tfx.components import ExampleValidator, InfraValidator, StatisticsGen
from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import infra_validator_pb2
from tfx.types import BaseChannel

from contracts.signatures import EVALUATE
from pipeline.baseline import baseline
from pipeline.beam import beam_arguments
from pipeline.components.anomalies import AnomalyGate
from pipeline.components.clean import Cleaner
from pipeline.components.evaluate import Evaluator
from pipeline.components.importers import importer, vocabulary_importer
from pipeline.components.ingest_plan import Part
from pipeline.components.push import Push
from pipeline.components.report import Report
from pipeline.components.schema import schema_gen
from pipeline.components.serving_check import ServingCheck
from pipeline.components.statistics import statistics_options
from pipeline.components.tokenizer import Tokenizer
from pipeline.components.train import Trainer
from pipeline.components.window import ingestion
from pipeline.config import RunConfig
from pipeline.initial import initial_translator
from pipeline.runner import assemble
from pipeline.succession import refuse_other_languages
from pipeline.workspace import Workspace
from serving.backends import choose


def build(
    config: RunConfig,
    workspace: Workspace,
    reuse: bool = True,
    parts: Sequence[Part] = (),
    before: int | None = None,
) -> Pipeline:
    """All components of a run; with `reuse` False nothing is taken from earlier runs, and with `parts` only
    these files are read. The candidate is compared with version `before`, or with the one that serves.

    Raises:
        ConfigurationError: the configuration names what is not there, or other languages than are served.
        ServingError: models.config cannot be read, or the backend of the serving check is not here.
    """
    refuse_other_languages(config)
    readers = ingestion(config, parts)
    examples = readers[-1].outputs["examples"]
    *validation, anomalies = validate(examples, config)
    cleaner = Cleaner(examples, config)
    cleaner.add_upstream_node(anomalies)
    cleaned = cleaner.outputs["cleaned_examples"]
    compared = baseline(config, before)
    imported = [importer(compared)] if compared else []
    translator = initial_translator(config, compared)
    # Weights mean nothing without the pieces that they were trained on.
    tokenizer = vocabulary_importer(translator) if translator else Tokenizer(cleaned, config.vocabulary)
    trainer = Trainer(
        cleaned,
        tokenizer.outputs["result" if translator else "vocabulary"],
        config,
        workspace.checkpoints,
        base_model=imported[0].outputs["result"] if translator and not config.init_from else None,
        init_from=translator if config.init_from else None,
    )
    model = trainer.outputs["model"]
    evaluator = Evaluator(
        cleaned,
        model,
        config.evaluation,
        config.languages,
        baseline_model=imported[0].outputs["result"] if imported else None,
    )
    docker = choose(config.serving_check.backend) == "docker"
    validated = [_infra_validator(model, cleaned)] if docker else []
    check = ServingCheck(
        model,
        trainer.outputs["model_run"],
        cleaned,
        config.serving_check,
        config.search,
        infra_blessing=validated[0].outputs["blessing"] if validated else None,
    )
    push = Push(
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=check.outputs["blessing"],
        scores=evaluator.outputs["scores"],
        examples=cleaned,
        config=config,
    )
    report = Report(
        config,
        scores=evaluator.outputs["scores"],
        translations=evaluator.outputs["translations"],
        examples=examples,
        cleaning_report=cleaner.outputs["cleaning_report"],
        model_run=trainer.outputs["model_run"],
        model=model,
        serving_check=check.outputs["blessing"],
        pushed_model=push.outputs["pushed_model"],
    )
    for node in (*readers, validation[0], cleaner):
        if isinstance(node, BaseBeamComponent):
            node.with_beam_pipeline_args(beam_arguments(config.beam))
    data: list[BaseNode] = [*readers, *validation, anomalies, cleaner, tokenizer]
    gates: list[BaseNode] = [evaluator, *validated, check]
    # The baseline stands before the trainer where the training starts from it.
    learning = [*imported, trainer] if translator else [trainer, *imported]
    return assemble(config.name, [*data, *learning, *gates, push, report], workspace, reuse)


def validate(examples: BaseChannel, config: RunConfig) -> list[BaseNode]:
    """From statistics to the gate, the last of them, that an anomaly in any split does not pass."""
    statistics = StatisticsGen(examples=examples, stats_options=statistics_options())
    schema = schema_gen(statistics.outputs["statistics"], config)
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    return [statistics, schema, validator, AnomalyGate(validator.outputs["anomalies"])]


def _infra_validator(model: BaseChannel, examples: BaseChannel) -> InfraValidator:
    """TFX's own check, on TensorFlow Serving's image in a local Docker engine.

    TFX's client goes to the usual socket, whatever DOCKER_HOST says, unless it is told.
    """
    engine = os.environ.get("DOCKER_HOST", "")
    return InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=["2.16.1"]),
            local_docker=infra_validator_pb2.LocalDockerConfig(client_base_url=engine),
        ),
        request_spec=infra_validator_pb2.RequestSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=[EVALUATE.name]
            ),
            split_name="test",
            num_examples=4,
        ),
    )
