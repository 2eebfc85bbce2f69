"""The run as a pipeline specification of Kubeflow Pipelines v2."""

from __future__ import annotations

from typing import Any

from tfx.orchestration.pipeline import Pipeline

from pipeline.errors import ConfigurationError


def compile_for_kubeflow(assembled: Pipeline, image: str) -> dict[str, Any]:
    """The specification (schema 2.1) of the assembled pipeline, every step in a container of `image`.

    Raises:
        ConfigurationError: kfp is not installed.
    """
    try:
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as kubeflow
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{error.name} is not installed: pip install '.[kubeflow]' in Dragoman's checkout"
        ) from None
    settings = kubeflow.KubeflowV2DagRunnerConfig(default_image=image, use_pipeline_spec_2_1=True)
    # A job is the specification with the values of one run; Kubeflow wants the specification alone.
    job = kubeflow.KubeflowV2DagRunner(settings).run(assembled, write_out=False)
    return dict(job["pipelineSpec"])
