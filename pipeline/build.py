"""The pipeline of a run: which components, and what goes from one to the next."""

from __future__ import annotations

from tfx.components import ExampleValidator, InfraValidator, SchemaGen, StatisticsGen
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import infra_validator_pb2
from tfx.types import BaseChannel

from pipeline.baseline import baseline, importer
from pipeline.beam import beam_arguments
from pipeline.components.anomalies import AnomalyGate
from pipeline.components.clean import Cleaner
from pipeline.components.evaluate import Evaluator
from pipeline.components.ingest import CorpusExampleGen
from pipeline.components.push import Push
from pipeline.components.report import Report
from pipeline.components.serving_check import ServingCheck
from pipeline.components.statistics import statistics_options
from pipeline.components.tokenizer import Tokenizer
from pipeline.components.train import Trainer
from pipeline.config import RunConfig
from pipeline.runner import assemble
from pipeline.workspace import Workspace
from serving.backends import choose


def build(config: RunConfig, workspace: Workspace, reuse: bool = True) -> Pipeline:
    """All components of a run; with `reuse` False nothing is taken from earlier runs.

    Raises:
        ConfigurationError: the configuration names what is not there.
        ServingError: models.config cannot be read, or the backend of the serving check is not here.
    """
    ingest = CorpusExampleGen(config)
    examples = ingest.outputs["examples"]
    statistics = StatisticsGen(examples=examples, stats_options=statistics_options())
    schema = SchemaGen(statistics=statistics.outputs["statistics"])
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    anomalies = AnomalyGate(validator.outputs["anomalies"])
    cleaner = Cleaner(examples, config)
    cleaner.add_upstream_node(anomalies)
    cleaned = cleaner.outputs["cleaned_examples"]
    tokenizer = Tokenizer(cleaned, config.vocabulary)
    trainer = Trainer(cleaned, tokenizer.outputs["vocabulary"], config, workspace.checkpoints)
    model = trainer.outputs["model"]
    served = baseline(config)
    imported = [importer(served)] if served else []
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
    for component in (ingest, statistics, cleaner):
        component.with_beam_pipeline_args(beam_arguments(config.beam))
    data: list[BaseNode] = [ingest, statistics, schema, validator, anomalies, cleaner, tokenizer]
    gates: list[BaseNode] = [*imported, evaluator, *validated, check]
    return assemble(config.name, [*data, trainer, *gates, push, report], workspace, reuse)


def _infra_validator(model: BaseChannel, examples: BaseChannel) -> InfraValidator:
    """TFX's own check, on TensorFlow Serving's image in a local Docker engine."""
    return InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=["2.16.1"]),
            local_docker=infra_validator_pb2.LocalDockerConfig(),
        ),
        request_spec=infra_validator_pb2.RequestSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=["serving_examples"]
            ),
            split_name="test",
            num_examples=4,
        ),
    )
