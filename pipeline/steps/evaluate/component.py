"""The Evaluator: translate the test split with candidate and baseline, let TFMA score and bless, compare.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | the split `test` of the cleaned examples; `dev` for `evaluation.disturbed` |
| in `model` | Model | the candidate, an exported SavedModel |
| in `baseline_model` (optional) | Model | what `stable` serves now: MODEL_ROOT/NAME/VERSION |
| out `evaluation` | ModelEvaluation | TFMA's own files |
| out `blessing` | ModelBlessing | `BLESSED` or `NOT_BLESSED`, as TFX's Pusher reads it |
| out `translations` | Examples | the test split with the translations (`translations.py`) |
| out `scores` | EvaluationScores | `scores.json` (`contracts.scores.Scores`) |
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pydantic import TypeAdapter
from tfx import types
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as tfx_evaluator
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.proto import example_gen_pb2
from tfx.types import artifact, artifact_utils, component_spec, standard_artifacts, standard_component_specs

from contracts.directions import Direction
from contracts.examples import DEV
from contracts.scores import DisturbedScores, System
from contracts.settings import effective_json, things
from pipeline.code import uses
from pipeline.config import EvaluationConfig, Languages
from pipeline.examples.shards import Pair, ShardWriter, pairs_of, read_batches, shards
from pipeline.steps.evaluate.disturbed import judged, score_disturbed, spread
from pipeline.steps.evaluate.translations import (
    read_sentences,
    read_translations,
    write_translations,
)
from pipeline.steps.translate.corpus import TranslateShard, translate_shards
from pipeline.steps.translate.exported import ExportedModel, pushed_version, saved_model_folder
from texts.disturbances.base import DISTURBANCES

SPLIT = "test"
_DIRECTIONS = TypeAdapter(tuple[Direction, ...])


class EvaluationScores(artifact.Artifact):
    """A folder with `scores.json`."""

    TYPE_NAME = "dragoman.EvaluationScores"


class EvaluatorSpec(component_spec.ComponentSpec):
    """Channels and parameters of the Evaluator."""

    PARAMETERS = {  # noqa: RUF012
        "config": component_spec.ExecutionParameter(type=str),
        "languages": component_spec.ExecutionParameter(type=str),
        "directions": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {  # noqa: RUF012
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS = {  # noqa: RUF012
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "translations": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "scores": component_spec.ChannelParameter(type=EvaluationScores),
    }


class Executor(tfx_evaluator.Executor):
    """TFX's Evaluator, given the test split with its translations in it."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        # TFMA with all its metrics, which nothing needs before it runs.
        from pipeline.steps.evaluate import extractors
        from pipeline.steps.evaluate.gate import complete_tfma, eval_config, gated_parts
        from pipeline.steps.evaluate.results import assemble

        config = EvaluationConfig.model_validate_json(exec_properties["config"])
        languages = Languages.model_validate_json(exec_properties["languages"])
        directions = _DIRECTIONS.validate_json(exec_properties.get("directions") or "[]")
        models = {name: input_dict[name] for name in ("model", "baseline_model") if input_dict.get(name)}
        baseline = models["baseline_model"][0] if "baseline_model" in models else None

        complete_tfma()
        translated = artifact_utils.get_single_instance(output_dict["translations"])
        folder = Path(_prepare(translated))
        split = artifact_utils.get_split_uris(input_dict["examples"], SPLIT)
        self._write_translations(folder, split, config, models["model"][0], baseline, directions)

        translations = read_translations(folder)
        parts = gated_parts(config, translations, directions)
        gate = eval_config(config, parts, has_baseline=baseline is not None, directions=directions)
        evaluator_properties = {
            standard_component_specs.EVAL_CONFIG_KEY: json_format.MessageToJson(
                gate, preserving_proto_field_name=True
            ),
            standard_component_specs.EXAMPLE_SPLITS_KEY: json.dumps([SPLIT]),
            standard_component_specs.MODULE_PATH_KEY: extractors.__name__,
        }
        super().Do({**models, "examples": [translated]}, output_dict, evaluator_properties)

        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        scores = assemble(
            evaluation_uri=artifact_utils.get_single_uri(output_dict["evaluation"]),
            blessed=(Path(blessing.uri) / constants.BLESSED_FILE_NAME).exists(),
            translations=translations,
            config=config,
            languages=languages,
            split=SPLIT,
            candidate=_system(models["model"][0]),
            baseline=None if baseline is None else _system(baseline),
            directions=directions,
        )
        if config.disturbed:
            disturbed = self._disturbed(input_dict["examples"], models["model"][0], config)
            verdict = judged(scores.verdict, disturbed)
            scores = scores.model_copy(update={"disturbed": disturbed, "verdict": verdict})
            if not verdict.blessed:
                _refuse(blessing)
        scores.save(artifact_utils.get_single_uri(output_dict["scores"]))
        for artifacts in output_dict.values():
            # TFMA's own files have no place for them.
            output = artifact_utils.get_single_instance(artifacts)
            output.set_string_custom_property("bleu_signature", scores.signatures.bleu)
            output.set_string_custom_property("chrf_signature", scores.signatures.chrf)

    def _write_translations(
        self,
        folder: Path,
        split: list[str],
        config: EvaluationConfig,
        candidate: types.Artifact,
        baseline: types.Artifact | None,
        directions: Sequence[Direction],
    ) -> None:
        """The split with both models' translations; none of the baseline's into languages that it refuses."""
        asked = [direction.target_language for direction in directions]
        refused = ExportedModel(baseline.uri).refused(asked) if baseline is not None else frozenset()
        write_translations(
            folder,
            read_sentences(split),
            self._translate(candidate.uri, split, config),
            None if baseline is None else self._translate(baseline.uri, split, config, refused),
            config.length_slices,
            refused,
        )

    def _disturbed(
        self, examples: list[types.Artifact], candidate: types.Artifact, config: EvaluationConfig
    ) -> tuple[DisturbedScores, ...]:
        def translate(pairs: Sequence[Pair]) -> list[bytes]:
            with tempfile.TemporaryDirectory() as folder:
                with ShardWriter(folder, "disturbed") as writer:
                    for pair in pairs:
                        writer.write(pair)
                return self._translate(candidate.uri, [folder], config)

        pairs = list(pairs_of(artifact_utils.get_split_uris(examples, DEV)))
        return score_disturbed(spread(pairs), translate, config)

    def _translate(
        self, uri: str, folders: list[str], config: EvaluationConfig, without: Collection[str] = ()
    ) -> list[bytes]:
        """The model's translations of the split, in its order; empty ones into languages `without`."""
        files = [shard for folder in folders for shard in shards(folder)]
        with tempfile.TemporaryDirectory() as folder:
            translate = TranslateShard(uri, config.batch_sentences, folder, without=without)
            with self._make_beam_pipeline() as pipeline:
                translate_shards(pipeline, "", files, translate)
            batches = (batch for file in shards(folder) for batch in read_batches(file))
            return [target for batch in batches for target in batch.target]


def _prepare(translated: types.Artifact) -> str:
    """Makes the output an Examples artifact with one split; returns the split's folder."""
    translated.split_names = artifact_utils.encode_split_names([SPLIT])
    examples_utils.set_payload_format(translated, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
    return artifact_utils.get_split_uri([translated], SPLIT)


def _refuse(blessing: types.Artifact) -> None:
    """What TFMA has blessed."""
    folder = Path(blessing.uri)
    (folder / constants.BLESSED_FILE_NAME).unlink(missing_ok=True)
    (folder / constants.NOT_BLESSED_FILE_NAME).touch()
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, constants.NOT_BLESSED_VALUE)


def _system(model: types.Artifact) -> System:
    return System(uri=str(saved_model_folder(model.uri)), version=pushed_version(model.uri))


class Evaluator(base_beam_component.BaseBeamComponent):
    """See the table of channels above."""

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        config: EvaluationConfig,
        languages: Languages,
        baseline_model: types.BaseChannel | None = None,
        directions: Sequence[Direction] = (),
    ) -> None:
        """`directions`: where there are several."""
        spec = EvaluatorSpec(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            config=effective_json(config),
            languages=effective_json(languages),
            directions=_DIRECTIONS.dump_json(tuple(directions)).decode() if directions else None,
            evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
            blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            translations=types.Channel(type=standard_artifacts.Examples),
            scores=types.Channel(type=EvaluationScores),
        )
        super().__init__(spec=spec)
        uses(self, config)
        self.things = (*things(config), *((DISTURBANCES, name) for name in config.disturbed))
        """What it finds by name: code that it runs (see `pipeline.code`)."""
