"""A corpus is translated with an exported model, as for a student that learns from its teacher
(sequence-level distillation: Kim and Rush 2016, arXiv 1606.07947).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Done, Planned, Run, Step, Summary, SummaryLine
from pipeline.steps.translate.settings import TranslateSettings

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Translate(Step):
    """On the engine of the section `beam`, in a memory that does not grow; a killed run goes on."""

    takes = ("cleaned_examples", "model")
    gives = ("translated_examples",)
    settings = TranslateSettings
    reported = "translated_examples"
    on_engine = True

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.translate.component import CorpusTranslator

        assert isinstance(run.settings, TranslateSettings)
        id_ = run.component("CorpusTranslator")
        node = CorpusTranslator(
            channels["cleaned_examples"], channels["model"], run.settings, run.workspace.work / id_
        ).with_id(id_)
        return Components((node,), {"translated_examples": node.outputs["translated_examples"]})

    def plan(self, run: Run) -> Planned:
        assert isinstance(run.settings, TranslateSettings)
        splits = list(run.settings.splits)
        said = f"translates {', '.join(splits)} with the model before it: the translations are targets"
        return Planned({"translate": {"splits": splits}}, [said])

    def summary(self, run: Run, done: Done) -> Summary:
        from pipeline.steps.translate.report import read_translation_report

        del run
        splits = read_translation_report(done.folders["translated_examples"]).splits
        facts = {name: split.model_dump(include={"sentences", "empty"}) for name, split in splits.items()}
        text = "; ".join(f"{name}, {split.text}" for name, split in splits.items())
        return Summary({"translated": facts}, [SummaryLine("translated", text)])

    def report(self, folder: Path) -> Sequence[tuple[str, str]]:
        from pipeline.steps.translate.report import read_translation_report

        splits = read_translation_report(folder).splits
        return [
            row
            for name, split in splits.items()
            for row in ((f"translated, {name}", split.text), *split.samples)
        ]


STEP = Translate()
