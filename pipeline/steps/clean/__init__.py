"""Pairs that would harm the training are rejected, by scores and rules; every split is normalised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Done, Run, Step, Summary, SummaryLine

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Clean(Step):
    """The examples without what the section `cleaning` rejects."""

    takes = ("examples",)
    gives = ("cleaned_examples", "cleaning_report")
    sections = ("cleaning",)
    on_engine = True

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.clean.component import Cleaner

        node = Cleaner(channels["examples"], run.config).with_id(run.component("Cleaner"))
        return Components((node,), {name: node.outputs[name] for name in self.gives})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.clean.rules import try_added

        if run.config.cleaning.scores:
            try_added(run.config.cleaning)
        return []

    def summary(self, run: Run, done: Done) -> Summary:
        from pipeline.steps.clean.pairs import pairs

        used = pairs(done.folders["examples"], done.folders["cleaning_report"])
        several = run.config.several_directions
        counted = "; a pair counts in each of its directions" if several else ""
        lines = [
            SummaryLine("data", f"{used.text}{counted}"),
            *(SummaryLine("note", remark) for remark in used.remarks),
        ]
        return Summary({"pairs": used.as_json()}, lines)


STEP = Clean()
