"""Training pairs a second time as users type them; nothing of it where the section `augmentation` is empty.

A step of its own, before the training and behind the vocabulary: what is made lies in files, so the cache
knows it by its settings, a training that goes on finds the same pairs, several machines read the same, and
the trainer's input stays as fast as it is. The vocabulary is learned from the pairs as they were, since what
nobody writes must not take pieces from what everybody does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Done, Planned, Run, Step, Summary, SummaryLine

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Augment(Step):
    """The cleaned examples, and more in `train`."""

    takes = ("cleaned_examples",)
    gives = ("training_examples",)
    sections = ("augmentation",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.augment.component import Augmenter

        cleaned = channels["cleaned_examples"]
        if not run.config.augmentation.disturbances:
            return Components((), {"training_examples": cleaned})
        node = Augmenter(cleaned, run.config).with_id(run.component("Augmenter"))
        return Components((node,), {"training_examples": node.outputs["training_examples"]})

    def plan(self, run: Run) -> Planned:
        rates = {disturbance.name: disturbance.rate for disturbance in run.config.augmentation.disturbances}
        if not rates:
            return Planned()
        shares = ", ".join(f"{name} {rate:.0%}" for name, rate in rates.items())
        return Planned({"augmentation": rates}, [f"adds training pairs as users type them: {shares}"])

    def summary(self, run: Run, done: Done) -> Summary:
        if not run.config.augmentation.disturbances:
            return Summary()
        added = json.loads(str(done.properties["training_examples"]["added"]))
        parts = ", ".join(f"{name} {count:,}" for name, count in added.items())
        text = f"{sum(added.values()):,} training pairs as users type them: {parts}"
        return Summary({"augmented": added}, [SummaryLine("augmented", text)])


STEP = Augment()
