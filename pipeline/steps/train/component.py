"""The Trainer: TFX's own, with one input more (the vocabulary); what it does is in `training`.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | cleaned; splits `train` and `dev` |
| in `vocabulary` | Vocabulary | the folder of docs/contracts.md |
| in `base_model` | Model | the served version, where training goes on from its weights |
| out `model` | Model | `Format-Serving`: the exported SavedModel, checked in a fresh process |
| out `model_run` | ModelRun | `translator`; `training` (`history.json`, TensorBoard); `seconds.json` |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx import types
from tfx.components.trainer import executor as tfx_trainer
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import trainer_pb2
from tfx.types import artifact_utils, component_spec, standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from contracts.examples import DEV, TRAIN
from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.config import RunConfig
from pipeline.fingerprint import fingerprint
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.vocabulary.component import VocabularyArtifact

if TYPE_CHECKING:
    # What it runs, and so part of its code's version (`pipeline.code`); with Keras, so loaded when it runs.
    from pipeline.steps.train import training  # noqa: F401

_RUN_FN = "pipeline.steps.train.training.run_fn"


class TrainerSpec(component_spec.ComponentSpec):
    """TFX's channels and parameters, and the vocabulary."""

    PARAMETERS = standard_component_specs.TrainerSpec.PARAMETERS
    INPUTS = {  # noqa: RUF012
        **standard_component_specs.TrainerSpec.INPUTS,
        "vocabulary": component_spec.ChannelParameter(type=VocabularyArtifact),
    }
    OUTPUTS = standard_component_specs.TrainerSpec.OUTPUTS
    TYPE_ANNOTATION = standard_component_specs.TrainerSpec.TYPE_ANNOTATION


class Executor(tfx_trainer.GenericExecutor):
    """TFX's, which calls `run_fn`; the vocabulary's folder goes into `custom_config`."""

    def _GetFnArgs(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> FnArgs:
        arguments = super()._GetFnArgs(input_dict, output_dict, exec_properties)
        if input_dict.get("base_model"):
            arguments.custom_config["base_model"] = artifact_utils.get_single_uri(input_dict["base_model"])
        arguments.custom_config["vocabulary"] = artifact_utils.get_single_uri(input_dict["vocabulary"])
        return arguments


class Trainer(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = TrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        vocabulary: types.BaseChannel,
        config: RunConfig,
        checkpoints: Path,
        base_model: types.BaseChannel | None = None,
        init_from: Path | None = None,
    ) -> None:
        settings = TrainerSettings(
            languages=config.languages,
            model=config.model,
            training=config.training,
            search=config.search,
            export=config.export,
            tokenize=config.evaluation.tokenize,
            weights={corpus.name: corpus.weight for corpus in config.corpora if corpus.weight != 1},
            directions=config.several_directions,
            temperature=config.directions.temperature if config.directions else 1.0,
        )
        spec = TrainerSpec(
            examples=examples,
            vocabulary=vocabulary,
            run_fn=_RUN_FN,
            train_args=trainer_pb2.TrainArgs(splits=[TRAIN]),
            eval_args=trainer_pb2.EvalArgs(splits=[DEV]),
            base_model=base_model,
            custom_config=json_utils.dumps(
                {
                    "settings": effective_json(settings),
                    "checkpoints": str(checkpoints),
                    # With its content, which the cache does not look at.
                    **({"init_from": [str(init_from), fingerprint([init_from])]} if init_from else {}),
                }
            ),
            model=types.Channel(type=standard_artifacts.Model),
            model_run=types.Channel(type=standard_artifacts.ModelRun),
        )
        super().__init__(spec=spec)
        uses(self, settings)
