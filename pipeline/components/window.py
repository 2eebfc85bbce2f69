"""SpanWindow: the examples of several spans, each ingested once, as one Examples artifact.

| channel | artifact | content |
|---|---|---|
| in `parts` | Examples | for each span one, and one for the files without |
| out `examples` | Examples | their shards as hard links, in the order of the spans; `ingest.json` of all |

Each span has a CorpusExampleGen of its own, whose results TFX's cache gives back as long as its files
stay the same: a run reads the new spans only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.components.base.base_node import BaseNode
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, channel_utils, component_spec, standard_artifacts

from contracts.examples import SPLITS
from pipeline.components.examples_io import shards
from pipeline.components.ingest import CorpusExampleGen
from pipeline.components.ingest_plan import Part
from pipeline.components.ingest_report import (
    IngestReport,
    read_ingest_report,
    refuse_empty_splits,
    write_ingest_report,
)
from pipeline.config import RunConfig
from pipeline.trees import link

_INGEST = "CorpusExampleGen"


class SpanWindowSpec(component_spec.ComponentSpec):
    """Channels of the window."""

    PARAMETERS: dict[str, Any] = {}  # noqa: RUF012
    INPUTS = {"parts": component_spec.ChannelParameter(type=standard_artifacts.Examples)}  # noqa: RUF012
    OUTPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}  # noqa: RUF012


class Executor(base_executor.BaseExecutor):
    """Links."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Put the parts together. Raises DataError if a split is empty in all of them."""
        del exec_properties
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        parts = sorted((artifact.uri for artifact in input_dict["parts"]), key=_span)
        for split in SPLITS:
            folder = Path(examples.uri) / f"Split-{split}"
            folder.mkdir(parents=True, exist_ok=True)
            for number, part in enumerate(parts):
                for shard in shards(os.path.join(part, f"Split-{split}")):
                    link(shard, str(folder / f"part-{number:03d}-{Path(shard).name}"))
        files = [file for part in parts for file in read_ingest_report(part).files]
        report = IngestReport(
            files=[file.model_copy(update={"index": index}) for index, file in enumerate(files)]
        )
        write_ingest_report(report, examples.uri)
        refuse_empty_splits(report, SPLITS)
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")


class SpanWindow(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = SpanWindowSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, parts: types.BaseChannel) -> None:
        super().__init__(
            spec=SpanWindowSpec(parts=parts, examples=types.Channel(type=standard_artifacts.Examples))
        )


def ingestion(config: RunConfig, parts: Sequence[Part]) -> list[BaseNode]:
    """What reads the corpora; the last one puts out `examples`. Without parts all is read at once.

    Raises:
        ConfigurationError: as `read_tasks`.
    """
    if not parts:
        return [CorpusExampleGen(config)]
    readers = [CorpusExampleGen(config, part=part).with_id(_name(part)) for part in parts]
    return [*readers, SpanWindow(channel_utils.union([one.outputs["examples"] for one in readers]))]


def _name(part: Part) -> str:
    """The same for the same span in every run, which the cache asks for."""
    return _INGEST if part.span is None else f"{_INGEST}-{part.span}"


def _span(uri: str) -> int:
    """Of an artifact ARTIFACTS/COMPONENT/examples/EXECUTION; what has no span comes first."""
    number = Path(uri).parents[1].name.removeprefix(_INGEST).removeprefix("-")
    return int(number) if number else -1
