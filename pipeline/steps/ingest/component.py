"""CorpusExampleGen: all corpora of a run become one Examples artifact with the splits train, dev and test.

Beside the splits, the artifact's folder holds `ingest.json` (see `ingest_report`).
"""

from __future__ import annotations

import os

from google.protobuf import any_pb2, wrappers_pb2
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2

from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.config import RunConfig
from pipeline.examples.tasks import Ingestion, IngestPlan, read_tasks
from pipeline.steps.ingest.driver import CorpusDriver
from pipeline.steps.ingest.executor import CorpusExecutor

# The training goes by it.
_NOT_READ = frozenset({"corpora.weight"})


class CorpusExampleGen(FileBasedExampleGen):
    """TFX's file-based ExampleGen for parallel corpora. Output channel: `examples`."""

    DRIVER_CLASS = CorpusDriver
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(CorpusExecutor)

    def __init__(
        self, config: RunConfig, input_base: str | None = None, part: Ingestion | None = None
    ) -> None:
        """Relative paths of the corpora count from `input_base`, the working folder if it is not given. With
        `part` only its files are read.

        Raises ConfigurationError as `read_tasks` does.
        """
        read_tasks(config.corpora)
        plan = IngestPlan(
            corpora=part.corpora if part else config.corpora,
            languages=config.languages,
            ingest=config.ingest,
            spanned=part.span is not None if part else None,
            directions=config.several_directions,
        )
        # Every file is an input "split" of its own, so that TFX's driver resolves and fingerprints both
        # sides.
        files = [
            example_gen_pb2.Input.Split(name=name, pattern=part.paths[name] if part else pattern)
            for task in plan.tasks()
            for name, pattern in task.file_keys()
        ]
        packed = any_pb2.Any()
        packed.Pack(wrappers_pb2.StringValue(value=effective_json(plan, _NOT_READ)))
        super().__init__(
            input_base=input_base or os.getcwd(),
            input_config=example_gen_pb2.Input(splits=files),
            output_config=example_gen_pb2.Output(),
            custom_config=example_gen_pb2.CustomConfig(custom_config=packed),
        )
        uses(self, plan)
