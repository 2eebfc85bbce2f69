"""A corpus is translated with an exported model, as for a student that learns from its teacher
(sequence-level distillation: Kim and Rush 2016, arXiv 1606.07947).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Run, Step
from pipeline.steps.translate.settings import TranslateSettings

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Translate(Step):
    """On the engine of the section `beam`, in a memory that does not grow; a killed run goes on."""

    takes = ("cleaned_examples", "model")
    gives = ("translated_examples",)
    settings = TranslateSettings
    on_engine = True

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.translate.component import CorpusTranslator

        assert isinstance(run.settings, TranslateSettings)
        id_ = run.component("CorpusTranslator")
        node = CorpusTranslator(
            channels["cleaned_examples"], channels["model"], run.settings, run.workspace.work / id_
        ).with_id(id_)
        return Components((node,), {"translated_examples": node.outputs["translated_examples"]})


STEP = Translate()
