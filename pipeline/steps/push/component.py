"""Push: a candidate that the gate and the serving check let through becomes the next version, with its card.

| channel | artifact | content |
|---|---|---|
| in `model` | Model | the candidate, an exported SavedModel |
| in `model_blessing` | ModelBlessing | the Evaluator's |
| in `infra_blessing` | InfraBlessing | the serving check's |
| in `scores` | EvaluationScores | `scores.json`, for the card |
| in `examples` | Examples | cleaned: fingerprint and counts for the card, dev sentences for the warm-up |
| out `pushed_model` | PushedModel | `pushed` (1 or 0), `pushed_destination`, `pushed_version`: TFX's; `new` |

What is not blessed is not pushed: that is no error; `reason` says why. A candidate that is a version already
keeps it: `pushed` is 1 and `new` is 0.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
from absl import logging
from tfx import types
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.utils import path_utils

from contracts.attention import AligningHead
from contracts.card import EXTRA, ModelCard
from contracts.confidence import Confidence
from contracts.protection import ProtectedPieces
from contracts.scores import Scores
from contracts.settings import effective_json
from contracts.signatures import OPTIONAL
from pipeline.config import ELSEWHERE, RunConfig
from pipeline.examples.probes import SPLIT, draw_probes
from pipeline.examples.shards import shards
from pipeline.fingerprint import fingerprint
from pipeline.steps.evaluate.component import EvaluationScores
from pipeline.steps.push.atomic import push
from pipeline.steps.push.describe import describe
from pipeline.steps.push.warmup import text_signatures
from pipeline.workspace.progress import Noting


class PushSpec(component_spec.ComponentSpec):
    """Channels and parameters of the push."""

    PARAMETERS = {"config": component_spec.ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {  # noqa: RUF012
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "infra_blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
        "scores": component_spec.ChannelParameter(type=EvaluationScores),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {  # noqa: RUF012
        "pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)
    }


class Executor(base_executor.BaseExecutor):
    """Asks the two blessings, then pushes."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push, or say why not.

        Raises:
            PushError: the candidate was let through and could not be pushed.
        """
        config = RunConfig.model_validate_json(exec_properties["config"])
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        scores = Scores.load(artifact_utils.get_single_uri(input_dict["scores"]))
        refusal = _refusal(input_dict, scores)
        if refusal:
            print(f"nothing is pushed: {refusal}", file=Noting(sys.stderr))
            pushed.set_int_custom_property("pushed", 0)
            pushed.set_string_custom_property("reason", refusal)
            return
        saved_model = Path(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"])))
        name = config.pushed_name
        card = _card(name, saved_model, input_dict["examples"], scores, config)
        uris = artifact_utils.get_split_uris(input_dict["examples"], SPLIT)
        probes = draw_probes(uris, config.serving_check)
        sentences, languages = [probe.source for probe in probes], [probe.language for probe in probes]
        version, new = push(saved_model, config.push.model_root, name, card, sentences, languages)
        destination = config.push.model_root / name / str(version)
        logging.info("pushed %s" if new else "already there: %s", destination)
        pushed.set_int_custom_property("pushed", 1)
        pushed.set_string_custom_property("pushed_destination", str(destination))
        pushed.set_string_custom_property("pushed_version", str(version))
        pushed.set_int_custom_property("new", int(new))


class Push(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = PushSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        scores: types.BaseChannel,
        examples: types.BaseChannel,
        config: RunConfig,
    ) -> None:
        # The model root is taken from the folder where the run is started, whoever executes the component.
        root = config.push.model_root.absolute()
        absolute = config.model_copy(update={"push": config.push.model_copy(update={"model_root": root})})
        spec = PushSpec(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            scores=scores,
            examples=examples,
            config=effective_json(absolute, ELSEWHERE),
            pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)


def _refusal(inputs: dict[str, list[types.Artifact]], scores: Scores) -> str | None:
    """Who refused the candidate, and why; None where nobody did."""
    if not model_utils.is_model_blessed(artifact_utils.get_single_instance(inputs["model_blessing"])):
        return f"the gate refused the candidate: {scores.verdict.text}"
    if not model_utils.is_infra_validated(artifact_utils.get_single_instance(inputs["infra_blessing"])):
        return "the serving check refused the candidate: its check.json says why"
    return None


def _card(
    name: str, saved_model: Path, examples: list[types.Artifact], scores: Scores, config: RunConfig
) -> ModelCard:
    splits = artifact_utils.decode_split_names(artifact_utils.get_single_instance(examples).split_names)
    folders = {split: artifact_utils.get_split_uris(examples, split) for split in splits}
    return describe(
        model_name=name,
        scores=scores,
        candidate_fingerprint=fingerprint([saved_model]),
        data_fingerprint=fingerprint([Path(uri) for uris in folders.values() for uri in uris]),
        pairs={split: _count(uris) for split, uris in folders.items()},
        configuration=config.shown(),
        optional_signatures=[
            signature.name for signature in OPTIONAL if signature.name in text_signatures(saved_model)
        ],
        directions=config.several_directions,
        aligning_head=AligningHead.of(saved_model / EXTRA),
        protected_pieces=ProtectedPieces.of(saved_model / EXTRA),
        confidence=Confidence.of(saved_model / EXTRA),
        context=int(config.vocabulary.context),
    )


def _count(uris: list[str]) -> int:
    """The examples of a split, counted without parsing them."""
    files = [shard for uri in uris for shard in shards(uri)]
    if not files:
        return 0
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    return int(records.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))
