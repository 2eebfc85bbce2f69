"""CorpusTranslator: examples whose targets are an exported model's translations of their sources.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | sentence pairs |
| in `model` | Model | an exported SavedModel |
| out `translated_examples` | Examples | the pairs, chosen splits with translations as targets; their counts |

A killed run goes on: what was translated lies in WORK/KEY, the key being that of the model and the examples.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts

from contracts.disk import remove
from contracts.settings import effective_json
from pipeline.errors import ConfigurationError
from pipeline.examples.artifact import describe_examples
from pipeline.examples.shards import pairs_of, shards
from pipeline.fingerprint import fingerprint
from pipeline.steps.translate.corpus import TranslateShard, translate_shards
from pipeline.steps.translate.counts import FILE_NAME, count_translations
from pipeline.steps.translate.exported import saved_model_folder
from pipeline.steps.translate.settings import TranslateSettings
from pipeline.workspace.trees import link_tree


class CorpusTranslatorSpec(component_spec.ComponentSpec):
    """Channels and parameters of CorpusTranslator."""

    PARAMETERS = {  # noqa: RUF012
        "settings": component_spec.ExecutionParameter(type=str),
        "work": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {  # noqa: RUF012
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
    }
    OUTPUTS = {  # noqa: RUF012
        "translated_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executor of CorpusTranslator."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Translate the chosen splits, and link the others.

        Raises:
            ConfigurationError: a chosen split is none of the examples'.
            DataError: the model said nothing to any sentence of a split.
        """
        settings = TranslateSettings.model_validate_json(exec_properties["settings"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        translated = artifact_utils.get_single_instance(output_dict["translated_examples"])
        translated.span = examples.span
        model = saved_model_folder(artifact_utils.get_single_uri(input_dict["model"]))
        work = Path(exec_properties["work"])
        going = work / fingerprint([model, Path(examples.uri)], effective_json(settings))
        splits = artifact_utils.decode_split_names(examples.split_names)
        describe_examples(translated, splits)
        if missing := [split for split in settings.splits if split not in splits]:
            raise ConfigurationError(
                f"translate: `splits` names {missing[0]}, and the examples have {', '.join(splits)}"
            )
        with self._make_beam_pipeline() as pipeline:
            for split in settings.splits:
                translate = TranslateShard(str(model), settings.batch_sentences, str(going / split))
                folder = artifact_utils.get_split_uri([examples], split)
                translate_shards(pipeline, split.title(), shards(folder), translate)
        for split in splits:
            original = Path(artifact_utils.get_split_uri([examples], split))
            source = going / split if split in settings.splits else original
            target = Path(artifact_utils.get_split_uri([translated], split))
            target.mkdir(parents=True, exist_ok=True)
            if source.is_dir():  # Else there is no sentence in it.
                link_tree(source, target)
        counted = count_translations(
            {
                split: pairs_of([artifact_utils.get_split_uri([translated], split)])
                for split in settings.splits
            }
        )
        Path(translated.uri, FILE_NAME).write_text(counted.model_dump_json(), "utf-8")
        if os.path.isdir(work):
            remove(work)


class CorpusTranslator(base_beam_component.BaseBeamComponent):
    """See the table of channels above."""

    SPEC_CLASS = CorpusTranslatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self, examples: types.BaseChannel, model: types.BaseChannel, settings: TranslateSettings, work: Path
    ) -> None:
        spec = CorpusTranslatorSpec(
            examples=examples,
            model=model,
            settings=effective_json(settings),
            work=str(work),
            translated_examples=types.Channel(type=standard_artifacts.Examples),
        )
        super().__init__(spec=spec)
