"""The beam section: what Beam is told, and what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.config.load import parse
from pipeline.errors import ConfigurationError

RUN = "name: t\nlanguages: {source: en, target: de}\ncorpora: [{format: embedded}]\n"
PRISM = {"runner": "prism", "endpoint": "localhost:8073", "environment": "loopback"}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, ["--runner=FnApiRunner", "--direct_running_mode=in_memory", "--sdk_container_image=unused"]),
        (
            {"runner": "multi_processing", "processes": 3},
            [
                "--runner=FnApiRunner",
                "--direct_running_mode=multi_processing",
                "--direct_num_workers=3",
                "--sdk_container_image=unused",
            ],
        ),
        (
            PRISM,
            [
                "--runner=PortableRunner",
                "--job_endpoint=localhost:8073",
                "--environment_type=LOOPBACK",
                "--sdk_container_image=unused",
            ],
        ),
        (
            {"runner": "spark", "endpoint": "h:1", "environment": "external", "worker_pool": "p:2"},
            [
                "--runner=PortableRunner",
                "--job_endpoint=h:1",
                "--environment_type=EXTERNAL",
                "--environment_config=p:2",
                "--sdk_container_image=unused",
            ],
        ),
        (
            {
                "runner": "flink",
                "endpoint": "h:1",
                "environment": "docker",
                "image": "i:1",
                "options": {"parallelism": 4, "streaming": False, "no_cache": True},
            },
            [
                "--runner=PortableRunner",
                "--job_endpoint=h:1",
                "--environment_type=DOCKER",
                "--environment_config=i:1",
                "--sdk_container_image=i:1",
                "--parallelism=4",
                "--no_cache",
            ],
        ),
        (
            {
                "runner": "dataflow",
                "image": "i:1",
                "options": {"project": "p", "region": "r", "temp_location": "gs://t"},
            },
            [
                "--runner=DataflowRunner",
                "--sdk_container_image=i:1",
                "--project=p",
                "--region=r",
                "--temp_location=gs://t",
            ],
        ),
    ],
)
def test_what_beam_is_told(given: dict[str, Any], arguments: list[str]) -> None:
    assert beam_arguments(BeamConfig.model_validate(given)) == arguments


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{runner: prism, environment: loopback}", "give `endpoint`"),
        ("{runner: flink, endpoint: 'h:1'}", "give `environment`"),
        ("{endpoint: 'h:1'}", "`endpoint` is of prism, flink and spark, and the runner is in_process"),
        ("{runner: dataflow, environment: docker}", "`environment` is of prism"),
        ("{processes: 2}", "`processes` is of multi_processing"),
        ("{runner: flink, endpoint: 'far:1', environment: loopback}", "the job service is on far"),
        ("{runner: prism, endpoint: 'h:1', environment: external}", "give `worker_pool`"),
        ("{worker_pool: 'h:1'}", "`worker_pool` is of external workers"),
        ("{runner: spark, endpoint: 'h:1', environment: docker}", "give `image`"),
        ("{runner: dataflow}", "give `image`"),
        ("{image: i}", "`image` is of workers in containers"),
        ("{runner: dataflow, image: i, options: {project: p}}", "needs region, temp_location"),
        ("{options: {runner: x}}", "said by beam.runner"),
        ("{options: {--streaming: true}}", "without dashes: streaming"),
        ("{endpoint: nonsense}", "pattern"),
        ("{runner: dask}", "'in_process', 'multi_processing'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_line(given: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(RUN + f"beam: {given}\n", "run.yaml")
    assert said in str(raised.value)
    assert str(raised.value).startswith("run.yaml:4: beam")


def test_the_engine_is_that_of_ingestion_statistics_and_cleaning(tmp_path: Any) -> None:
    from pipeline.runs.build import build
    from pipeline.workspace.workspace import Workspace

    config = parse(RUN + f"beam: {{runner: prism, endpoint: '{PRISM['endpoint']}', environment: loopback}}\n")
    config = config.model_copy(update={"push": config.push.model_copy(update={"model_root": tmp_path})})
    assembled = build(config, Workspace(tmp_path)).pipeline
    on_prism = {
        node.id
        for node in assembled.components
        if "--runner=PortableRunner" in getattr(node.executor_spec, "beam_pipeline_args", [])
    }
    assert on_prism == {"CorpusExampleGen", "StatisticsGen", "Cleaner"}
