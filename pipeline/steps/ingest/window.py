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
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.components.base.base_node import BaseNode
from tfx.types import artifact_utils, channel_utils, component_spec, standard_artifacts

from contracts.examples import SPLITS
from pipeline.config import RunConfig
from pipeline.examples.artifact import describe_examples
from pipeline.examples.shards import shards
from pipeline.examples.tasks import Ingestion
from pipeline.steps.ingest.component import CorpusExampleGen
from pipeline.steps.ingest.report import (
    IngestReport,
    read_ingest_report,
    refuse_empty_splits,
    write_ingest_report,
)
from pipeline.workspace.trees import link

_INGEST = "CorpusExampleGen"
_NUMBERED = re.compile(rf"{_INGEST}(-.+-span)?-(?P<span>\d+)")


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
        describe_examples(examples, SPLITS)
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


class SpanWindow(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = SpanWindowSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, parts: types.BaseChannel) -> None:
        super().__init__(
            spec=SpanWindowSpec(parts=parts, examples=types.Channel(type=standard_artifacts.Examples))
        )


def ingestion(config: RunConfig, parts: Sequence[Ingestion], name: str = "") -> list[BaseNode]:
    """What reads the corpora; the last one puts out `examples`. Without parts all is read at once. `name`: of
    this one of several ingestions of a run.

    Raises:
        ConfigurationError: as `read_tasks`.
    """
    ending = f"-{name}" if name else ""
    if not parts:
        return [CorpusExampleGen(config).with_id(f"{_INGEST}{ending}")]
    readers = [CorpusExampleGen(config, part=part).with_id(_name(part, ending)) for part in parts]
    window = SpanWindow(channel_utils.union([reader.outputs["examples"] for reader in readers]))
    return [*readers, window.with_id(f"{window.id}{ending}")]


def _name(part: Ingestion, ending: str) -> str:
    """The same for the same span in every run, which the cache asks for."""
    number = "" if part.span is None else f"-{part.span}"
    return f"{_INGEST}{ending}{'-span' if ending and number else ''}{number}"


def _span(uri: str) -> int:
    """Of an artifact ARTIFACTS/COMPONENT/examples/EXECUTION; what has no span comes first."""
    number = _NUMBERED.fullmatch(Path(uri).parents[1].name)
    return int(number["span"]) if number else -1
