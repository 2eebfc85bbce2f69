"""StatisticsGen: TFX's, which in this process goes through the shards of each split once, without Beam, whose
many stages cost more than what they work out.

The generators of statistics are the same, and merge what they know in the same way, so counts are equal;
where they estimate, as quantiles of many lines, they do so within the same bounds. On another engine, and of
a split without examples, TFX's own executor makes them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_data_validation.utils import slicing_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.components.statistics_gen import component, executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import json_utils
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder
from tfx_bsl.public.proto import slicing_spec_pb2

from contracts.examples import SOURCE_LANGUAGE, TARGET_LANGUAGE
from pipeline.config.engine import IN_PROCESS
from pipeline.examples.shards import read_records, shards

_BATCH = 8192
"""Examples that the generators look at together."""


def statistics_options(*, by_direction: bool = False) -> tfdv.StatsOptions:
    """Distinct values by sketch: counted exactly, every distinct sentence would be held in memory.
    `by_direction`: of each direction, too.
    """
    directions = slicing_spec_pb2.SlicingSpec(feature_keys=[SOURCE_LANGUAGE, TARGET_LANGUAGE])
    return tfdv.StatsOptions(
        use_sketch_based_topk_uniques=True,
        slicing_config=slicing_spec_pb2.SlicingConfig(slicing_specs=[directions]) if by_direction else None,
    )


def split_statistics(
    paths: Sequence[str], options: tfdv.StatsOptions
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of the examples of some shards, at least one, in memory that does not grow with them: of all
    and, where the options have slices, of each.
    """
    generators = stats_impl.get_generators(options, in_memory=True)
    slicers, _ = slicing_util.convert_slicing_config_to_slice_functions_and_sqls(options.slicing_config)
    known: dict[str, list[Any]] = defaultdict(
        lambda: [generator.create_accumulator() for generator in generators]
    )
    decoder = ExamplesToRecordBatchDecoder()
    for path in paths:
        for serialized in read_records(path, _BATCH):
            batch = decoder.DecodeBatch(serialized.numpy().tolist())
            for part, rows in slicing_util.generate_slices(batch, [slicing_util.default_slicer, *slicers]):
                known[part] = [
                    generator.add_input(before, rows)
                    for generator, before in zip(generators, known[part], strict=True)
                ]
    made = statistics_pb2.DatasetFeatureStatisticsList()
    for part, accumulated in known.items():
        (dataset,) = stats_impl.extract_statistics_output(accumulated, generators).datasets
        if slicers:
            dataset.name = part
        made.datasets.append(dataset)
    return made


class Executor(executor.Executor):
    """Executor of StatisticsGen."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `FeatureStats.pb` of each split."""
        examples = artifact_utils.get_single_instance(input_dict[standard_component_specs.EXAMPLES_KEY])
        splits = artifact_utils.decode_split_names(examples.split_names)
        files = {split: shards(artifact_utils.get_split_uri([examples], split)) for split in splits}
        if IN_PROCESS not in self._beam_pipeline_args or not all(files.values()):
            super().Do(input_dict, output_dict, exec_properties)
            return
        self._log_startup(input_dict, output_dict, exec_properties)
        given = exec_properties[standard_component_specs.STATS_OPTIONS_JSON_KEY]
        statistics = artifact_utils.get_single_instance(output_dict[standard_component_specs.STATISTICS_KEY])
        _describe(statistics, examples.span, splits)
        for split, paths in files.items():
            made = split_statistics(paths, tfdv.StatsOptions.from_json(given))
            folder = artifact_utils.get_split_uri([statistics], split)
            fileio.makedirs(folder)
            with fileio.open(os.path.join(folder, executor.DEFAULT_FILE_NAME), "wb") as file:
                file.write(made.SerializeToString())


def _describe(statistics: types.Artifact, span: int, splits: Sequence[str]) -> None:
    """Set the properties that TFX sets."""
    statistics.split_names = artifact_utils.encode_split_names(splits)
    statistics.span = span
    statistics.set_string_custom_property(executor.STATS_DASHBOARD_LINK, "")
    rates = json_utils.dumps(dict.fromkeys(splits, 1.0))
    statistics.set_json_value_custom_property(executor.SAMPLE_RATE_BY_SPLIT_PROPERTY_NAME, rates)


class StatisticsGen(component.StatisticsGen):
    """TFX's with this executor."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, examples: types.BaseChannel, *, by_direction: bool) -> None:
        super().__init__(examples=examples, stats_options=statistics_options(by_direction=by_direction))
