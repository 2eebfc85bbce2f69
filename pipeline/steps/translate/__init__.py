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

    from pipeline.steps.translate.counts import SplitTranslations


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
        from pipeline.steps.translate.counts import read_counts

        del run
        splits = read_counts(done.folders["translated_examples"]).splits
        facts = {name: split.model_dump(include={"sentences", "empty"}) for name, split in splits.items()}
        text = "; ".join(f"{name}: {_describe(split)}" for name, split in splits.items())
        return Summary({"translated": facts}, [SummaryLine("translated", text)])

    def report(self, folder: Path) -> Sequence[tuple[str, str]]:
        from pipeline.steps.translate.counts import read_counts

        splits = read_counts(folder).splits
        rows: list[tuple[str, str]] = []
        for name, split in splits.items():
            rows.append((f"translated, {name}", _describe(split)))
            rows += [(f"“{source}”", f"“{translation}”") for source, translation in split.samples]
        return rows


def _describe(split: SplitTranslations) -> str:
    said = f"{split.sentences:,} sentence{'' if split.sentences == 1 else 's'}"
    return f"{said}, nothing was said to {split.empty:,} of them" if split.empty else said


STEP = Translate()
