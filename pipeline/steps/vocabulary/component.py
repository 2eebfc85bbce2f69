"""The Tokenizer: SentencePiece models learned from the accepted training sentences.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | cleaned; only the split `train` is read |
| out `vocabulary` | Vocabulary | the folder of docs/contracts.md |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.components.common.importer import Importer
from tfx.types import artifact, artifact_utils, component_spec, standard_artifacts

from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.examples.shards import read_batches, shards
from trainer.config import VocabularyConfig
from trainer.vocabulary import learn_vocabulary


class VocabularyArtifact(artifact.Artifact):
    """A folder with `source.model`, `target.model` and `vocabulary.json`."""

    TYPE_NAME = "dragoman.Vocabulary"  # Kubeflow wants a prefix


class TokenizerSpec(component_spec.ComponentSpec):
    """Channels and parameters of the Tokenizer."""

    PARAMETERS = {  # noqa: RUF012
        "config": component_spec.ExecutionParameter(type=str),
        "targets": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}  # noqa: RUF012
    OUTPUTS = {"vocabulary": component_spec.ChannelParameter(type=VocabularyArtifact)}  # noqa: RUF012


class Executor(base_executor.BaseExecutor):
    """Streams the sentences to the trainer's SentencePiece."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Learn the pieces."""
        config = VocabularyConfig.model_validate_json(exec_properties["config"])
        folder = Path(artifact_utils.get_single_uri(output_dict["vocabulary"]))
        uris = artifact_utils.get_split_uris(input_dict["examples"], "train")
        targets = json.loads(exec_properties.get("targets") or "[]")
        # Two passes over the files rather than one side held in memory.
        learn_vocabulary(config, _texts(uris, "source"), _texts(uris, "target"), targets).save(folder)


def _texts(uris: list[str], side: Literal["source", "target"]) -> Iterator[str]:
    """One side of every pair, in order."""
    for uri in uris:
        for shard in shards(uri):
            for batch in read_batches(shard):
                for text in getattr(batch, side):
                    yield text.decode("utf-8")


class Tokenizer(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = TokenizerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self, examples: types.BaseChannel, config: VocabularyConfig, targets: Sequence[str] = ()
    ) -> None:
        """`targets`: see `trainer.vocabulary.Vocabulary`."""
        spec = TokenizerSpec(
            examples=examples,
            config=effective_json(config),
            targets=json.dumps(targets) if targets else None,
            vocabulary=types.Channel(type=VocabularyArtifact),
        )
        super().__init__(spec=spec)
        uses(self, config)


def vocabulary_importer(translator: Path) -> Importer:
    """A stored translator's vocabulary, under the key `result`."""
    return Importer(source_uri=str(translator / "vocabulary"), artifact_type=VocabularyArtifact).with_id(
        "Vocabulary"
    )
