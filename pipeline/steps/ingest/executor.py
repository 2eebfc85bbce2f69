"""Reads every corpus file once, as a stream, and writes its rows straight into the shards of their splits.

Reading and writing sit in one DoFn: Beam distributes files, and no row ever waits in a PCollection, which
the in-process runner would hold in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import apache_beam as beam
from google.protobuf import wrappers_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from contracts.examples import SPLITS
from pipeline.errors import DataError
from pipeline.examples.artifact import describe_examples
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.examples.splits import split_of
from pipeline.examples.tasks import IngestPlan, ReadTask, parse_plan
from pipeline.steps.ingest.corpus_rows import file_rows
from pipeline.steps.ingest.orient import orient
from pipeline.steps.ingest.report import (
    FileReport,
    IngestReport,
    Rejections,
    read_ingest_report,
    refuse_empty_splits,
    refuse_unreadable,
    write_ingest_report,
)
from texts.formats.rows import Rejected, Remark


class ReadAndWrite(beam.DoFn):
    """A task in, its report out; the rows go into files on the way."""

    def __init__(self, plan: IngestPlan, folders: dict[str, str]) -> None:
        self._plan, self._folders = plan, folders

    def process(self, task: ReadTask) -> Iterable[FileReport]:
        """Stream the task's rows into the shards of their splits."""
        report = FileReport(
            index=task.index,
            corpus=task.corpus.name,
            split=task.split or ("by hash" if task.corpus.shares else "generated"),
            files=[path for _, path in task.files],
        )
        try:
            self._ingest(task, report)
        except DataError as error:
            report.error = str(error)
        yield report

    def _ingest(self, task: ReadTask, report: FileReport) -> None:
        prefix = f"data_tfrecord-{task.index:03d}"
        with ExitStack() as stack:
            writers = {
                split: stack.enter_context(ShardWriter(folder, prefix))
                for split, folder in self._folders.items()
            }
            accepted = report.accepted
            for split, pair in self._pairs(task, report):
                writers[split].write(pair)
                accepted[split] = accepted.get(split, 0) + 1

    def _pairs(self, task: ReadTask, report: FileReport) -> Iterator[tuple[str, Pair]]:
        corpus, directions = task.corpus, self._plan.directions
        names: dict[str, bytes] = {}
        for row in file_rows(task, self._plan.languages, self._plan.ingest.max_line_bytes):
            if isinstance(row, Remark):
                report.remarks.append(row.text)
                continue
            if isinstance(row, Rejected):
                report.rejected.setdefault(row.reason.value, Rejections()).add(row.line)
                continue
            split = task.split or row.split
            if split is None:
                assert corpus.shares is not None
                split = split_of(row.source, corpus.shares)
            name = names.get(row.part)
            if name is None:
                whole = f"{corpus.name}-{row.part}" if row.part else corpus.name
                name = names[row.part] = whole.encode()
            pair = Pair(row.source, row.target, name, row.line)
            if not directions:
                yield split, pair
                continue
            for oriented in orient(pair, split, corpus.languages or self._plan.languages, directions):
                yield split, oriented


class CorpusExecutor(base_beam_executor.BaseBeamExecutor):
    """Executor of CorpusExampleGen."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the Examples artifact and its report. Raises DataError if a file or a whole split cannot be
        used."""
        self._log_startup(input_dict, output_dict, exec_properties)
        plan = _plan(exec_properties)
        tasks = _resolved_tasks(plan, exec_properties)
        artifacts = output_dict[standard_component_specs.EXAMPLES_KEY]
        examples = artifact_utils.get_single_instance(artifacts)
        describe_examples(examples, SPLITS)
        folders = {split: artifact_utils.get_split_uri(artifacts, split) for split in SPLITS}
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Files" >> beam.Create(tasks)
                | "Spread" >> beam.Reshuffle()
                | "ReadAndWrite" >> beam.ParDo(ReadAndWrite(plan, folders))
                | "Together" >> beam.combiners.ToList()
                | "Report" >> beam.Map(_write_report, examples.uri)
            )
        # Of a part of the corpora, the splits that it lacks are in the others: see `window`.
        report = read_ingest_report(examples.uri)
        refuse_unreadable(report, plan.ingest.max_unreadable)
        refuse_empty_splits(report, SPLITS if plan.spanned is None else ())


def _write_report(files: list[FileReport], folder: str) -> None:
    write_ingest_report(IngestReport(files=sorted(files, key=lambda file: file.index)), folder)


def _plan(exec_properties: dict[str, Any]) -> IngestPlan:
    custom = example_gen_pb2.CustomConfig()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], custom)
    text = wrappers_pb2.StringValue()
    custom.custom_config.Unpack(text)
    return parse_plan(text.value)


def _resolved_tasks(plan: IngestPlan, exec_properties: dict[str, Any]) -> list[ReadTask]:
    """The tasks with the paths into which the driver has turned the patterns."""
    config = example_gen_pb2.Input()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], config)
    paths = {file.name: file.pattern for file in config.splits}
    return [task.resolved(paths) for task in plan.tasks()]
