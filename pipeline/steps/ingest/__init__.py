"""Corpora become examples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Planned, Run, Step

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Ingest(Step):
    """All corpora into one Examples artifact, span by span where there are spans."""

    gives = ("examples",)
    sections = ("ingest",)
    on_engine = True

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.ingest.window import ingestion

        del channels
        readers = ingestion(run.config, run.parts, run.name)
        return Components(tuple(readers), {"examples": readers[-1].outputs["examples"]})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.ingest.files import corpus_files

        return corpus_files(run.config, run.parts)

    def preview(self, run: Run) -> None:
        from pipeline.steps.ingest.files import tasks_now
        from pipeline.steps.ingest.preview import refuse_without_fields

        refuse_without_fields(run.config, tasks_now(run.config, run.parts))

    def plan(self, run: Run) -> Planned:
        from pipeline.steps.ingest.files import corpus_files

        files = {str(path): path.stat().st_size for path in corpus_files(run.config, run.parts)}
        return Planned({"files": files}, [f"reads {path} ({size:,} bytes)" for path, size in files.items()])


STEP = Ingest()
