"""AnomalyGate: stops the run if ExampleValidator found an anomaly, and names it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, component_spec, standard_artifacts

from pipeline.errors import DataError

ANOMALIES_KEY = "anomalies"


def refuse_anomalies(artifact: types.Artifact) -> None:
    """Raise DataError if an ExampleAnomalies artifact holds anomalies, with split, feature and text of
    each."""
    anomalies = [
        f"{split}: {text}"
        for split in artifact_utils.decode_split_names(artifact.split_names)
        for text in _texts(os.path.join(artifact_utils.get_split_uri([artifact], split), DEFAULT_FILE_NAME))
    ]
    if anomalies:
        raise DataError(
            f"the examples do not fit their schema ({'; '.join(anomalies)}); correct the corpus, or the "
            "schema if the data is right"
        )


def _texts(path: str) -> Iterator[str]:
    with fileio.open(path, "rb") as file:
        anomalies = anomalies_pb2.Anomalies.FromString(file.read())
    if anomalies.HasField("dataset_anomaly_info"):
        yield f"data set: {_text(anomalies.dataset_anomaly_info)}"
    for feature, info in sorted(anomalies.anomaly_info.items()):
        yield f"feature `{feature}`: {_text(info)}"


def _text(info: anomalies_pb2.AnomalyInfo) -> str:
    return info.description or info.short_description or "anomaly without description"


class AnomalyExecutor(base_executor.BaseExecutor):
    """Executor of AnomalyGate."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Raise DataError as `refuse_anomalies` does."""
        self._log_startup(input_dict, output_dict, exec_properties)
        refuse_anomalies(artifact_utils.get_single_instance(input_dict[ANOMALIES_KEY]))


class AnomalyGateSpec(component_spec.ComponentSpec):
    """Channels of AnomalyGate."""

    PARAMETERS: dict[str, Any] = {}  # noqa: RUF012
    INPUTS = {  # noqa: RUF012
        ANOMALIES_KEY: component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies)
    }
    OUTPUTS: dict[str, Any] = {}  # noqa: RUF012


class AnomalyGate(base_component.BaseComponent):
    """Without outputs: name it as an upstream node (`add_upstream_node`) of what must not run on bad data."""

    SPEC_CLASS = AnomalyGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AnomalyExecutor)

    def __init__(self, anomalies: types.BaseChannel) -> None:
        super().__init__(spec=AnomalyGateSpec(**{ANOMALIES_KEY: anomalies}))
