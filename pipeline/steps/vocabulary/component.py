"""The Tokenizer: SentencePiece models learned from the accepted training sentences.

Of several directions those with few pairs are read more often, at the temperature at which they are trained,
so that their languages have pieces, too (Arivazhagan et al. 2019, https://arxiv.org/abs/1907.05019).

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | cleaned; only the split `train` is read |
| out `vocabulary` | Vocabulary | the folder of docs/contracts.md |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.components.common.importer import Importer
from tfx.types import artifact, artifact_utils, component_spec, standard_artifacts

from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.examples.shards import pairs_of
from trainer.config import VocabularyConfig
from trainer.directions import sampling_weights
from trainer.facts import VOCABULARY
from trainer.vocabulary import learn_vocabulary


class VocabularyArtifact(artifact.Artifact):
    """A folder with `source.model`, `target.model` and `vocabulary.json`."""

    TYPE_NAME = "dragoman.Vocabulary"  # Kubeflow wants a prefix


class TokenizerSpec(component_spec.ComponentSpec):
    """Channels and parameters of the Tokenizer."""

    PARAMETERS = {  # noqa: RUF012
        "config": component_spec.ExecutionParameter(type=str),
        "targets": component_spec.ExecutionParameter(type=str, optional=True),
        "temperature": component_spec.ExecutionParameter(type=float, optional=True),
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
        weights = _weights(uris, exec_properties.get("temperature") or 1.0)
        # Two passes over the files rather than one side held in memory.
        sides = _texts(uris, "source", weights), _texts(uris, "target", weights)
        learn_vocabulary(config, *sides, targets).save(folder)


def _weights(uris: list[str], temperature: float) -> dict[str, float]:
    """How often each pair of a direction is read; of a direction that is not named, once."""
    if temperature == 1.0:
        return {}
    return sampling_weights(Counter(pair.direction for pair in pairs_of(uris)), temperature)


def _texts(uris: list[str], side: Literal["source", "target"], weights: Mapping[str, float]) -> Iterator[str]:
    """One side of every pair, in order, each as often as its direction's weight says: of 1.5 every second one
    twice.
    """
    owed = dict.fromkeys(weights, 0.0)
    for pair in pairs_of(uris):
        text, times = getattr(pair, side).decode("utf-8"), 1
        if weights:
            owed[pair.direction] += weights[pair.direction]
            times = int(owed[pair.direction])
            owed[pair.direction] -= times
        yield from repeat(text, times)


class Tokenizer(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = TokenizerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        config: VocabularyConfig,
        targets: Sequence[str] = (),
        temperature: float = 1.0,
    ) -> None:
        """`targets`: see `trainer.vocabulary.Vocabulary`; `temperature`: of `directions`."""
        spec = TokenizerSpec(
            examples=examples,
            config=effective_json(config),
            targets=json.dumps(targets) if targets else None,
            temperature=None if temperature == 1.0 else temperature,
            vocabulary=types.Channel(type=VocabularyArtifact),
        )
        super().__init__(spec=spec)
        uses(self, config)


def vocabulary_importer(translator: Path) -> Importer:
    """A stored translator's vocabulary, under the key `result`."""
    return Importer(source_uri=str(translator / VOCABULARY), artifact_type=VocabularyArtifact).with_id(
        "Vocabulary"
    )
