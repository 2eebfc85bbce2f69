"""Augmenter: the examples with more in the split `train`.

| channel | artifact | content |
|---|---|---|
| in `cleaned_examples` | Examples | cleaned |
| out `training_examples` | Examples | the same splits; in `train` disturbed pairs, each behind its own |

In one process, which has the aligner: workers would each need it, and it is larger than most shards.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts

from contracts.examples import TRAIN
from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.config import RunConfig
from pipeline.examples.artifact import describe_examples
from pipeline.examples.shards import ShardWriter, pairs_of, read_batches, shards
from pipeline.steps.augment.augmenting import Augmenting, AugmentPlan, as_texts, source_key
from pipeline.steps.augment.word_links import WordLinks
from pipeline.workspace.trees import link_tree

_ALIGNED_PAIRS = 50_000
"""From which the aligner is learned, drawn: half a minute."""


class AugmenterSpec(component_spec.ComponentSpec):
    """Channels and parameters of Augmenter."""

    PARAMETERS = {"plan": component_spec.ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {  # noqa: RUF012
        "cleaned_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }
    OUTPUTS = {  # noqa: RUF012
        "training_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }


class Executor(base_executor.BaseExecutor):
    """Executor of Augmenter."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `train` anew, and link the other splits."""
        plan = AugmentPlan.model_validate_json(exec_properties["plan"])
        cleaned = artifact_utils.get_single_instance(input_dict["cleaned_examples"])
        training = artifact_utils.get_single_instance(output_dict["training_examples"])
        splits = artifact_utils.decode_split_names(cleaned.split_names)
        describe_examples(training, splits)
        training.span = cleaned.span
        folders = {split: artifact_utils.get_split_uri([cleaned], split) for split in splits}
        held_out = {
            source_key(pair.source)
            for split in splits
            if split != TRAIN
            for pair in pairs_of([folders[split]])
        }
        augmenting = Augmenting(plan, held_out, _links(plan, folders[TRAIN]))
        for split in splits:
            written = artifact_utils.get_split_uri([training], split)
            if split == TRAIN:
                _write(augmenting, folders[split], written)
                continue
            os.makedirs(written, exist_ok=True)
            if os.path.isdir(folders[split]):  # Else there is no sentence in it.
                link_tree(Path(folders[split]), Path(written))
        training.set_string_custom_property("added", json.dumps(augmenting.added))


class Augmenter(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = AugmenterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, cleaned_examples: types.BaseChannel, config: RunConfig) -> None:
        plan = AugmentPlan(augmentation=config.augmentation, protected=config.vocabulary.protected)
        spec = AugmenterSpec(
            cleaned_examples=cleaned_examples,
            plan=effective_json(plan),
            training_examples=types.Channel(type=standard_artifacts.Examples),
        )
        super().__init__(spec=spec)
        uses(self, plan)


def _links(plan: AugmentPlan, folder: str) -> WordLinks | None:
    """Learned where a disturbance asks for it; None of pairs without words."""
    from trainer.data import draw  # with TensorFlow Text, and so with Keras

    if not any(disturbance.aligns for disturbance in plan.augmentation.disturbances):
        return None
    texts = (as_texts(pair) for pair in pairs_of([folder]))
    return WordLinks.learn(draw(texts, _ALIGNED_PAIRS, plan.augmentation.seed))


def _write(augmenting: Augmenting, folder: str, written: str) -> None:
    """Each shard of `train` becomes one of the same name, or several where it grows too long."""
    for shard in shards(folder):
        pairs = (pair for batch in read_batches(shard) for pair in batch.pairs())
        with ShardWriter(written, os.path.basename(shard).removesuffix(".gz")) as writer:
            for pair in augmenting.pairs(pairs):
                writer.write(pair)
