"""Where Beam runs ingestion, statistics, cleaning and `translate`, and what Beam is told of it.

The Evaluator always runs in this process: it is one model on one split, and TensorFlow uses all cores.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from contracts.sections import Section

_PORTABLE = ("prism", "flink", "spark")
_OWN_KEYS = {
    "runner": "beam.runner",
    "job_endpoint": "beam.endpoint",
    "environment_type": "beam.environment",
    "environment_config": "beam.worker_pool or beam.image",
    "sdk_container_image": "beam.image",
    "direct_num_workers": "beam.processes",
    "direct_running_mode": "beam.runner",
}
IN_PROCESS = "--direct_running_mode=in_memory"
"""An argument of Beam's that a pipeline has if and only if it runs in this process."""
_DATAFLOW_NEEDS = ("project", "region", "temp_location")


class BeamConfig(Section):
    """The engine of ingestion, statistics, cleaning and `translate` (docs/engines.md)."""

    runner: Literal["in_process", "multi_processing", "prism", "flink", "spark", "dataflow"] = Field(
        "in_process", description="prism, flink and spark are reached at the endpoint of their job service"
    )
    processes: int | None = Field(None, ge=1, description="of multi_processing; all cores, if not given")
    endpoint: str | None = Field(
        None, pattern=r"^[^\s/:]+:\d+$", description="HOST:PORT of the job service of prism, flink or spark"
    )
    environment: Literal["loopback", "external", "docker"] | None = Field(
        None,
        description="their workers: threads of this process, those of a pool, or containers of `image`",
    )
    worker_pool: str | None = Field(
        None, pattern=r"^[^\s/:]+:\d+$", description="HOST:PORT of the pool of external workers"
    )
    image: str | None = Field(None, min_length=1, description="of the workers: docker, and Dataflow")
    options: dict[str, str | int | bool] = Field(
        {}, description="other options of Beam and its runner, by their names without dashes"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> BeamConfig:
        for problem in (self._runner_problem(), self._worker_problem(), self._option_problem()):
            if problem:
                raise ValueError(problem)
        return self

    def _runner_problem(self) -> str:
        portable = self.runner in _PORTABLE
        if portable and not self.endpoint:
            return f"{self.runner} is reached at its job service: give `endpoint`, as localhost:8073"
        if portable and not self.environment:
            return f"{self.runner} does not say where its workers run: give `environment`"
        if not portable and (self.endpoint or self.environment):
            key = "endpoint" if self.endpoint else "environment"
            return f"`{key}` is of prism, flink and spark, and the runner is {self.runner}: leave it out"
        if self.processes and self.runner != "multi_processing":
            return f"`processes` is of multi_processing, and the runner is {self.runner}: leave it out"
        return ""

    def _worker_problem(self) -> str:
        host = (self.endpoint or "").partition(":")[0]
        if self.environment == "loopback" and host not in ("localhost", "127.0.0.1"):
            return (
                f"loopback workers listen on this machine alone, and the job service is on {host}: "
                "use external or docker"
            )
        if self.environment == "external" and not self.worker_pool:
            return "external workers come from a pool: give `worker_pool`, as localhost:50000"
        if self.worker_pool and self.environment != "external":
            return "`worker_pool` is of external workers: give `environment: external`, or leave it out"
        containers = self.environment == "docker" or self.runner == "dataflow"
        if containers and not self.image:
            return "workers in containers need this project's code: give `image`, the pipeline's image"
        if self.image and not containers:
            return "`image` is of workers in containers (docker, Dataflow), and here are none: leave it out"
        return ""

    def _option_problem(self) -> str:
        for name in self.options:
            if name.lstrip("-") != name:
                return f"the option {name} is written without dashes: {name.lstrip('-')}"
            if name in _OWN_KEYS:
                return f"the option {name} is said by {_OWN_KEYS[name]}: leave it out of `options`"
        missing = [name for name in _DATAFLOW_NEEDS if name not in self.options]
        if self.runner == "dataflow" and missing:
            return f"Dataflow needs {', '.join(missing)} in `options`"
        return ""


def beam_arguments(config: BeamConfig) -> list[str]:
    """The arguments of Beam's pipelines.

    Without an image's name TFX would build a package of itself for every component; where no container runs,
    any name does.
    """
    image = f"--sdk_container_image={config.image or 'unused'}"
    options = [
        f"--{name}" if value is True else f"--{name}={value}"
        for name, value in config.options.items()
        if value is not False
    ]
    return [*_runner(config), image, *options]


def _runner(config: BeamConfig) -> list[str]:
    if config.runner == "dataflow":
        return ["--runner=DataflowRunner"]
    if config.runner == "multi_processing":
        # 0 stands for all cores.
        return [
            "--runner=FnApiRunner",
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={config.processes or 0}",
        ]
    if config.runner == "in_process":
        # DirectRunner would try Prism first, and without a local binary try to download one.
        return ["--runner=FnApiRunner", IN_PROCESS]
    # PrismRunner, FlinkRunner and SparkRunner would download and start a job server.
    arguments = ["--runner=PortableRunner", f"--job_endpoint={config.endpoint}"]
    arguments.append(f"--environment_type={str(config.environment).upper()}")
    where = config.worker_pool or config.image
    return [*arguments, f"--environment_config={where}"] if where else arguments
