"""SentencePiece models of the training sentences, or those that the initial weights were trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Run, Step

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Vocabulary(Step):
    """Weights mean nothing without the pieces that they were trained on: with them comes their vocabulary."""

    takes = ("cleaned_examples",)
    gives = ("vocabulary",)
    sections = ("vocabulary",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.config import targets_of
        from pipeline.steps.vocabulary.component import Tokenizer, vocabulary_importer

        stored = _stored(run)
        if stored:
            node = vocabulary_importer(stored).with_id(run.component("Vocabulary"))
            return Components((node,), {"vocabulary": node.outputs["result"]})
        directions = run.config.directions
        tokenizer = Tokenizer(
            channels["cleaned_examples"],
            run.config.vocabulary,
            targets_of(run.config.several_directions),
            directions.temperature if directions else 1.0,
        )
        learned = tokenizer.with_id(run.component("Tokenizer"))
        return Components((learned,), {"vocabulary": learned.outputs["vocabulary"]})

    def preview(self, run: Run) -> None:
        from pipeline.steps.ingest.files import tasks_now
        from pipeline.steps.ingest.preview import refuse_large_vocabulary
        from trainer.segmenters import require_segmenter

        if _stored(run) is None:
            for side in ("source", "target"):
                require_segmenter(run.config.vocabulary.side(side).segmenter)
            refuse_large_vocabulary(run.config, tasks_now(run.config, run.parts))


def _stored(run: Run) -> Path | None:
    from pipeline.steps.baseline.baseline import baseline
    from pipeline.steps.baseline.initial import initial_translator

    return initial_translator(run.config, baseline(run.config, run.before))


STEP = Vocabulary()
