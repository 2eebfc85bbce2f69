"""One self-contained HTML page per run: what went in, what was learned, what the gate decided and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Done, Run, Step, Summary

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class WriteReport(Step):
    """Also of a refused candidate."""

    takes = ("scores",)
    may_take = (
        "translations",
        "examples",
        "cleaning_report",
        "model_run",
        "model",
        "infra_blessing",
        "pushed_model",
    )
    gives = ("run_report",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.report.component import Report

        report = Report(run.config, channels, run.reported).with_id(run.component("Report"))
        return Components((report,), {"run_report": report.outputs["report"]})

    def summary(self, run: Run, done: Done) -> Summary:
        del run
        page = next(done.folders["run_report"].glob("*.html"))
        return Summary({"report": str(page)}, places={"report": str(page)}, report=page)


STEP = WriteReport()
