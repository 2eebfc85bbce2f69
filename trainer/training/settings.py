"""What must stay the same for a training to go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from contracts.sections import Chosen, Section
from contracts.settings import as_of
from trainer.config import LIMITS, TrainingConfig
from trainer.models.base import ArchitectureConfig
from trainer.vocabulary import Vocabulary

MODEL_KEYS = (
    *("preset", "encoder_layers", "decoder_layers", "width", "feed_forward", "heads", "norm", "dropout"),
    "tied_embeddings",
)
TRAINING_KEYS = (
    *("batch_tokens", "accumulate", "learning_rate", "warmup_steps", "cooldown", "beta_2"),
    *("label_smoothing", "clip_norm", "precision", "average_last", "evaluate_every", "evaluate_sentences"),
    *("max_length", "seed", "strategy"),
)
"""All keys but limits, in their order, while checkpoints held a digest of the settings: never add to them."""
PRESET = "preset"
"""A name for sizes, which are keys of their own."""


@dataclass(frozen=True)
class TrainingSettings:
    """Of a training; its limits are no part of what must stay the same."""

    model: ArchitectureConfig
    training: TrainingConfig
    vocabulary: Vocabulary
    replicas: int
    """Of the weights: devices, on all machines together."""

    def saved(self) -> dict[str, Any]:
        """As checkpoints hold them: readable years later."""
        return {
            "model": _dump(self.model),
            "training": _dump(self.training),
            "vocabulary": self._vocabulary_digest(),
            "replicas": self.replicas,
        }

    def differences(self, saved: Mapping[str, Any] | str) -> list[str]:
        """What is not as it was saved, in words; a key that has come since then was at its default.

        Args:
            saved: what `saved` gave; or a digest, of checkpoints from before there were objectives.
        """
        if isinstance(saved, str):
            return [] if saved == self.digest() else ["some of them"]
        changes = [
            *_changes("model", ArchitectureConfig, self.model, saved["model"]),
            *_changes("training", TrainingConfig, self.training, saved["training"]),
        ]
        if saved["vocabulary"] != self._vocabulary_digest():
            changes.append("the vocabulary")
        if saved["replicas"] != self.replicas:
            changes.append(f"{self.replicas} devices, were {saved['replicas']}")
        return changes

    def _vocabulary_digest(self) -> str:
        digest = hashlib.sha256()
        for model in (self.vocabulary.source_model, self.vocabulary.target_model):
            digest.update(hashlib.sha256(model).digest())
        return digest.hexdigest()

    def digest(self) -> str | None:
        """The digest that checkpoints held before; None where what is set could not be set then."""
        dumped = [as_of(self.model, MODEL_KEYS), as_of(self.training, TRAINING_KEYS, LIMITS)]
        if None in dumped:
            return None
        parts = [*(to_json(section).decode() for section in dumped), str(self.replicas)]
        digest = hashlib.sha256("\n".join(parts).encode())
        for model in (self.vocabulary.source_model, self.vocabulary.target_model):
            digest.update(hashlib.sha256(model).digest())
        return digest.hexdigest()


def _dump(config: BaseModel) -> dict[str, Any]:
    values = config.model_dump(mode="json", exclude=set(LIMITS))
    return {config.word: getattr(config, config.word), **values} if isinstance(config, Chosen) else values


def _changes(section: str, kind: type[Section], config: BaseModel, saved: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a section, which validates as `kind`, that are not as they were."""
    now = _dump(config)
    try:
        then = _dump(kind.stored(saved))
    except ValidationError:
        then = dict(saved)
    for key in sorted({*now, *then} - {PRESET}):
        if now.get(key) != then.get(key):
            yield f"{section}.{key} {_as_yaml(now, key)}, was {_as_yaml(then, key)}"


def _as_yaml(values: Mapping[str, Any], key: str) -> str:
    """As it could stand in a run's file."""
    if key not in values:
        return "not set"
    value = values[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
