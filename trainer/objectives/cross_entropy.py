"""Label-smoothed cross entropy (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7), and that
of target sentences under teacher forcing.

Notation: `B` batch, `S` source length, `T` target length, `N` labels, `V` vocabulary.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras import ops

from trainer.models.base import Translator
from trainer.vocabulary import PAD


def smoothed_cross_entropy(logits: Any, labels: Any, smoothing: float) -> Any:
    """Logits [N, V] and piece ids [N] → loss of each piece [N], in nats.

    The smoothed labels are `1 - e + e / V` at the label and `e / V` elsewhere, so the loss is
    `log Σ exp(z) - (1 - e) z[label] - e mean(z)` and its gradient the softmax minus those labels. Both come
    from one softmax: on a CPU the derived gradient of the same loss takes seven times as long.
    """
    rest = smoothing / logits.shape[-1]

    @ops.custom_gradient
    def loss_of(logits: Any) -> tuple[Any, Any]:
        probabilities = ops.softmax(logits, axis=-1)
        # The greatest probability is at least 1 / V: its logarithm never underflows, as the label's may.
        log_sum = ops.max(logits, axis=-1) - ops.log(ops.max(probabilities, axis=-1))
        at_label = ops.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
        losses = log_sum - (1.0 - smoothing) * at_label - smoothing * ops.mean(logits, axis=-1)

        def gradient(upstream: Any) -> Any:
            right = ops.take_along_axis(probabilities, labels[:, None], axis=-1)[:, 0]
            places = ops.stack([ops.arange(ops.shape(labels)[0], dtype=labels.dtype), labels], axis=1)
            elsewhere = (probabilities - rest) * upstream[:, None]
            return ops.scatter_update(elsewhere, places, (right - rest - (1.0 - smoothing)) * upstream)

        return losses, gradient

    return loss_of(logits)


def count_labels(target: tf.Tensor) -> tf.Tensor:
    """Target [B, T] with `BOS` → how many of its pieces are predicted, int64."""
    return tf.math.count_nonzero(target[:, 1:])


def loss_sum(
    translator: Translator, source: tf.Tensor, target: tf.Tensor, smoothing: float, *, training: bool
) -> tf.Tensor:
    """Source [B, S] and target [B, T] with `BOS`, teacher-forced → the sum of the losses of all target
    pieces; the output layer sees no padding.
    """
    memory = translator.encode(source, training=training)
    states = translator.decode(target[:, :-1], memory, training=training)
    return labels_loss(translator, states, target[:, 1:], smoothing)


def labels_loss(translator: Translator, states: tf.Tensor, labels: tf.Tensor, smoothing: float) -> tf.Tensor:
    """States [B, T, D] of a decoder and labels [B, T] that follow them, padded → the sum of their losses."""
    places = tf.where(labels != PAD)
    logits = translator.logits(tf.gather_nd(states, places))
    return tf.reduce_sum(smoothed_cross_entropy(logits, tf.gather_nd(labels, places), smoothing))
