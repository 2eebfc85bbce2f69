"""What must stay the same for a training to go on from a checkpoint: model, settings, vocabulary, machines.

Keys that are not set do not count (`contracts.settings`), so that one which is added later parts no training
from its checkpoint. Checkpoints written before that was so hold a digest of all keys of their day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pydantic_core import to_json

from contracts.settings import as_of, effective_json
from trainer.config import LIMITS, ModelConfig, TrainingConfig
from trainer.vocabulary import Vocabulary

MODEL_KEYS = (
    *("preset", "encoder_layers", "decoder_layers", "width", "feed_forward", "heads", "norm", "dropout"),
    "tied_embeddings",
)
"""All keys of `ModelConfig`, in their order, while checkpoints were known by all keys: never add to them."""
TRAINING_KEYS = (
    *("batch_tokens", "accumulate", "learning_rate", "warmup_steps", "cooldown", "beta_2"),
    *("label_smoothing", "clip_norm", "precision", "average_last", "evaluate_every", "evaluate_sentences"),
    *("max_length", "seed", "strategy"),
)
"""Those of `TrainingConfig`, but its limits."""
PRESET = "preset"
"""A name for sizes, which are in the identity themselves."""


def identity(model: ModelConfig, training: TrainingConfig, vocabulary: Vocabulary, replicas: int) -> str:
    """A digest of what must stay the same; the limits may change.

    Args:
        replicas: devices that share each batch.
    """
    said = [effective_json(model, frozenset({PRESET})), effective_json(training, LIMITS)]
    return _digest(said, vocabulary, replicas)


def earlier_identity(
    model: ModelConfig, training: TrainingConfig, vocabulary: Vocabulary, replicas: int
) -> str | None:
    """The same as it was written while all keys counted; None where there was no such training."""
    dumped = [as_of(model, MODEL_KEYS), as_of(training, TRAINING_KEYS, LIMITS)]
    if None in dumped:
        return None
    return _digest([to_json(one).decode() for one in dumped], vocabulary, replicas)


def _digest(settings: Sequence[str], vocabulary: Vocabulary, replicas: int) -> str:
    digest = hashlib.sha256("\n".join([*settings, str(replicas)]).encode())
    for model in (vocabulary.source_model, vocabulary.target_model):
        digest.update(hashlib.sha256(model).digest())
    return digest.hexdigest()
