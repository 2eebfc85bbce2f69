"""A SavedModel with the signatures of docs/contracts.md, of stock TensorFlow operations: `vN:SOURCE`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import tensorflow as tf

HYPOTHESES = 4
LIMIT = 1000  # bytes of a source, beyond which it is marked as truncated
_SOURCE = [tf.TensorSpec([None], tf.string, name="source")]


class ToyTranslator(tf.Module):
    """Answers with its version before the source; empty in, empty out."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = tf.Variable(version, dtype=tf.int64)

    def _translation(self, source: tf.Tensor) -> tf.Tensor:
        answer = tf.strings.join([b"v", tf.strings.as_string(self.version), b":", source])
        return tf.where(tf.equal(source, b""), b"", answer)

    @tf.function(input_signature=_SOURCE)
    def translate(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        score = -tf.cast(tf.strings.length(source), tf.float32)
        return {"translation": self._translation(source), "score": score, "truncated": _truncated(source)}

    @tf.function(input_signature=_SOURCE)
    def n_best(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        best = self._translation(source)
        texts = tf.stack([tf.strings.join([best, f"#{n}".encode()]) for n in range(HYPOTHESES)], axis=1)
        scores = tf.zeros([tf.shape(source)[0], 1]) - tf.range(HYPOTHESES, dtype=tf.float32)
        return {"translations": texts, "scores": scores, "truncated": _truncated(source)}


def _truncated(source: tf.Tensor) -> tf.Tensor:
    return tf.greater(tf.strings.length(source), LIMIT)


def save(folder: Path, version: int) -> Path:
    """Write the SavedModel of a version into `folder`."""
    toy = ToyTranslator(version)
    tf.saved_model.save(toy, str(folder), signatures={"serving_default": toy.translate, "n_best": toy.n_best})
    return folder


def push(model_folder: Path, version: int) -> Path:
    """Add a version to a model's folder, by one rename, with a small model card."""
    temporary = save(model_folder / f".pushing-{version}", version)
    extra = temporary / "assets.extra"
    extra.mkdir()
    card = {
        "created": f"2026-01-{version:02d}T12:00:00Z",
        "overall": {"bleu": 30.0 + version, "chrf": 50.5},
        "signatures": {"bleu": "nrefs:1|tok:13a", "chrf": "nrefs:1|nc:6"},
    }
    (extra / "model_card.json").write_text(json.dumps(card))
    os.rename(temporary, model_folder / str(version))
    return model_folder / str(version)
