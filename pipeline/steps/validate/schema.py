"""The schema against which all splits are validated: inferred from `train` alone, or a curated file.

Inferred from every split it would fit each of them, whatever is wrong.
"""

from __future__ import annotations

import json
import os
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.components.schema_gen.executor import DEFAULT_FILE_NAME
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.utils import io_utils

from contracts.examples import CORPUS, TRAIN
from pipeline.config import RunConfig
from pipeline.fingerprint import fingerprint
from pipeline.steps.validate.curated import read_curated

ID = "SchemaGen"


def infer_schema(statistics: statistics_pb2.DatasetFeatureStatisticsList, corpora: list[str]) -> Any:
    """The Schema proto of the train split's statistics; `corpora` are the values that `corpus` may have.

    A text has no list of allowed values, which tfdv would make of the sentences of a small split.
    """
    schema = tfdv.infer_schema(statistics, infer_feature_shape=True, max_string_domain_size=0)
    if any(feature.name == CORPUS for feature in schema.feature):
        tfdv.set_domain(schema, CORPUS, schema_pb2.StringDomain(name=CORPUS, value=corpora))
    return schema


class SchemaFromTrainSpec(component_spec.ComponentSpec):
    """Channels and parameters of SchemaFromTrain."""

    PARAMETERS = {"corpora": component_spec.ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {  # noqa: RUF012
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics)
    }
    OUTPUTS = {"schema": component_spec.ChannelParameter(type=standard_artifacts.Schema)}  # noqa: RUF012


class Executor(base_executor.BaseExecutor):
    """Executor of SchemaFromTrain."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `schema.pbtxt`."""
        self._log_startup(input_dict, output_dict, exec_properties)
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        train = stats_artifact_utils.load_statistics(statistics, TRAIN).proto()
        folder = artifact_utils.get_single_uri(output_dict["schema"])
        schema = infer_schema(train, json.loads(exec_properties["corpora"]))
        io_utils.write_pbtxt_file(os.path.join(folder, DEFAULT_FILE_NAME), schema)


class SchemaFromTrain(base_component.BaseComponent):
    """Stands where TFX's SchemaGen stands, whose inference cannot be told what is text. Output: `schema`."""

    SPEC_CLASS = SchemaFromTrainSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, statistics: types.BaseChannel, corpora: list[str]) -> None:
        spec = SchemaFromTrainSpec(
            statistics=statistics,
            corpora=json.dumps(corpora),
            schema=types.Channel(type=standard_artifacts.Schema),
        )
        super().__init__(spec=spec)


def schema_gen(statistics: types.BaseChannel, config: RunConfig) -> base_component.BaseComponent:
    """The component that puts out the run's schema, under the id `SchemaGen`.

    Raises:
        ConfigurationError: the curated schema cannot be read.
    """
    path = config.validation.schema_file
    if path is None:
        return SchemaFromTrain(statistics, _corpus_values(config)).with_id(ID)
    text = read_curated(path)
    imported = ImportSchemaGen(schema_file=str(path.absolute())).with_id(ID)
    # TFX's cache knows the path alone: another content is another schema.
    imported.exec_properties["schema_digest"] = fingerprint([], text)
    return imported


def _corpus_values(config: RunConfig) -> list[str]:
    """What ingestion writes into `corpus`."""
    values = []
    for corpus in config.corpora:
        values += [corpus.name, *(name for name in corpus.tested_as if name != corpus.name)]
    return values
