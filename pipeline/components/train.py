"""The Trainer: TFX's own, with one input more (the vocabulary), and a `run_fn` that can be killed at any
moment.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | cleaned; splits `train` and `dev` |
| in `vocabulary` | Vocabulary | the folder of docs/contracts.md |
| out `model` | Model | `Format-Serving`: the exported SavedModel, checked in a fresh process |
| out `model_run` | ModelRun | `translator`; `training` (checkpoints, `history.json`, TensorBoard); |

TFX gives every execution an empty output folder, so an interrupted training could not find its checkpoints
there. It works in CHECKPOINTS/FINGERPRINT instead, the fingerprint being that of the examples, the vocabulary
and the configuration: the next run goes on where it was, and what was trained to the end is not trained
again, even where only the search changes. The outputs are hard links, so that the folder costs nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.trainer import executor as tfx_trainer
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import trainer_pb2
from tfx.types import artifact_utils, component_spec, standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from pipeline.components.examples_io import shards
from pipeline.components.tokenizer import VocabularyArtifact
from pipeline.config import Languages, RunConfig
from pipeline.fingerprint import fingerprint
from pipeline.machines import train_as_chief
from pipeline.trees import link_tree
from pipeline.watch import Noting
from trainer.config import LIMITS, ModelConfig, SearchConfig, Section, TrainingConfig
from trainer.data import as_pairs, read_examples
from trainer.export import check_export, export_translator, translate
from trainer.store import load_translator, save_translator
from trainer.training.task import TrainingTask
from trainer.training.train import train
from trainer.vocabulary import Vocabulary

SPLITS = ("train", "dev")
TRANSLATOR = "translator"
_CHECKED_SENTENCES = 8


class TrainerSettings(Section):
    """What the training needs of the run's configuration; its JSON is part of the cache key."""

    languages: Languages
    model: ModelConfig
    training: TrainingConfig
    search: SearchConfig
    tokenize: str


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
        arguments.custom_config["vocabulary"] = artifact_utils.get_single_uri(input_dict["vocabulary"])
        return arguments


class Trainer(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = TrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self, examples: types.BaseChannel, vocabulary: types.BaseChannel, config: RunConfig, checkpoints: Path
    ) -> None:
        settings = TrainerSettings(
            languages=config.languages,
            model=config.model,
            training=config.training,
            search=config.search,
            tokenize=config.evaluation.tokenize,
        )
        spec = TrainerSpec(
            examples=examples,
            vocabulary=vocabulary,
            run_fn=f"{run_fn.__module__}.{run_fn.__name__}",
            train_args=trainer_pb2.TrainArgs(splits=[SPLITS[0]]),
            eval_args=trainer_pb2.EvalArgs(splits=[SPLITS[1]]),
            custom_config=json_utils.dumps(
                {"settings": settings.model_dump_json(), "checkpoints": str(checkpoints)}
            ),
            model=types.Channel(type=standard_artifacts.Model),
            model_run=types.Channel(type=standard_artifacts.ModelRun),
        )
        super().__init__(spec=spec)


def run_fn(arguments: FnArgs) -> None:
    """Train or go on training, export, and check the export; called by TFX's executor.

    Raises:
        TrainerError: see trainer/errors.py.
    """
    settings = TrainerSettings.model_validate_json(arguments.custom_config["settings"])
    vocabulary_folder = Path(arguments.custom_config["vocabulary"])
    files = {split: _files(patterns) for split, patterns in zip(SPLITS, _patterns(arguments), strict=True)}
    key = fingerprint(
        [vocabulary_folder, *(Path(one).parent for patterns in _patterns(arguments) for one in patterns)],
        settings.model_dump_json(exclude={"search": True, "training": set(LIMITS)}),
    )
    work = Path(arguments.custom_config["checkpoints"]) / key
    run = Path(arguments.model_run_dir)
    with contextlib.redirect_stderr(Noting(sys.stderr)):
        if settings.training.strategy == "multi_worker":
            task = TrainingTask(
                model=settings.model,
                training=settings.training,
                vocabulary=vocabulary_folder,
                train_files=tuple(files["train"]),
                dev_files=tuple(files["dev"]),
                folder=work,
                tokenize=settings.tokenize,
            )
            train_as_chief(task, work.parent, run / TRANSLATOR)
        else:
            vocabulary = Vocabulary.load(vocabulary_folder)
            translator, _ = train(
                settings.model,
                settings.training,
                vocabulary,
                read_examples(files["train"]),
                read_examples(files["dev"]),
                work,
                bleu_tokenize=settings.tokenize,
            )
            save_translator(translator, vocabulary, run / TRANSLATOR)
    link_tree(work, run / "training")
    sources = [source for source, _ in as_pairs(read_examples(files["dev"]), _CHECKED_SENTENCES)]
    _export(run / TRANSLATOR, settings.search, sources, Path(arguments.serving_model_dir))


def _export(stored: Path, search: SearchConfig, sources: list[str], folder: Path) -> None:
    """Export what was stored (float32, whatever the precision of the training was), and check the export."""
    translator, vocabulary = load_translator(stored)
    export_translator(translator, vocabulary, search, folder)
    checked = ["", *sources]
    expected = [one.text for one in translate(translator, vocabulary, checked, search)]
    check_export(folder, checked, expected)


def _patterns(arguments: FnArgs) -> tuple[list[str], list[str]]:
    """The file patterns of both splits, `FOLDER/*`."""
    return list(arguments.train_files), list(arguments.eval_files)


def _files(patterns: list[str]) -> list[Path]:
    return [Path(shard) for pattern in patterns for shard in shards(os.path.dirname(pattern))]
