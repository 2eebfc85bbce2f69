"""What must stay the same for a training to go on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from contracts.sections import Chosen
from trainer.config import LIMITS, TrainingConfig
from trainer.models.base import ArchitectureConfig
from trainer.vocabulary import Vocabulary

_MODEL_KEYS_OF_DIGESTS = frozenset(
    {
        *("preset", "encoder_layers", "decoder_layers", "width", "feed_forward", "heads", "norm"),
        *("dropout", "tied_embeddings"),
    }
)
_TRAINING_KEYS_OF_DIGESTS = frozenset(
    {
        *("batch_tokens", "accumulate", "learning_rate", "warmup_steps", "cooldown", "beta_2"),
        *("label_smoothing", "clip_norm", "precision", "average_last", "evaluate_every"),
        *("evaluate_sentences", "max_length", "seed", "strategy"),
    }
)
"""The keys that there were when checkpoints held a digest of the settings. No key is ever added."""


@dataclass(frozen=True)
class Settings:
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
            # There was one architecture.
            same = self.model.architecture == ArchitectureConfig.default and saved == self._digest()
            return [] if same else ["some of them"]
        found = [
            *_changes("model", ArchitectureConfig, self.model, saved["model"]),
            *_changes("training", TrainingConfig, self.training, saved["training"]),
        ]
        if saved["vocabulary"] != self._vocabulary_digest():
            found.append("the vocabulary")
        if saved["replicas"] != self.replicas:
            found.append(f"{self.replicas} devices, were {saved['replicas']}")
        return found

    def _vocabulary_digest(self) -> str:
        digest = hashlib.sha256()
        for model in (self.vocabulary.source_model, self.vocabulary.target_model):
            digest.update(hashlib.sha256(model).digest())
        return digest.hexdigest()

    def _digest(self) -> str:
        """The digest of that time; of no checkpoint, where a key that came later is not at its default."""
        parts = [
            _dump_then(self.model, _MODEL_KEYS_OF_DIGESTS),
            _dump_then(self.training, _TRAINING_KEYS_OF_DIGESTS),
            str(self.replicas),
        ]
        digest = hashlib.sha256("\n".join(parts).encode())
        for model in (self.vocabulary.source_model, self.vocabulary.target_model):
            digest.update(hashlib.sha256(model).digest())
        return digest.hexdigest()


def _dump(config: BaseModel) -> dict[str, Any]:
    values = config.model_dump(mode="json", exclude=set(LIMITS))
    return {config.word: getattr(config, config.word), **values} if isinstance(config, Chosen) else values


def _dump_then(config: BaseModel, keys: frozenset[str]) -> str:
    """The JSON with these keys alone; nothing where others say something."""
    with_defaults = type(config).model_validate(config.model_dump(include=set(keys)))
    return config.model_dump_json(include=set(keys)) if _dump(with_defaults) == _dump(config) else ""


def _changes(
    section: str, kind: type[BaseModel], config: BaseModel, saved: Mapping[str, Any]
) -> Iterator[str]:
    """The keys of a section, which validates as `kind`, that are not as they were."""
    now = _dump(config)
    try:
        then = _dump(kind.model_validate(saved))
    except ValidationError:
        then = dict(saved)
    for key in sorted({*now, *then}):
        if now.get(key) != then.get(key):
            yield f"{section}.{key} {now.get(key)}, was {then.get(key)}"
