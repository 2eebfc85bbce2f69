"""Where in the source each piece of a translation was looked for."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from contracts.attention import AligningHead
from trainer.errors import ExportError
from trainer.search.interface import Hypotheses, StartingDecoder, Step, loose_shapes
from trainer.vocabulary import BOS


def read_attention(
    decoder: StartingDecoder, source: tf.Tensor, hypotheses: Hypotheses, aligning: AligningHead | None = None
) -> tf.Tensor:
    """Attention [B, T, S] of each piece of the best hypotheses; 0 at padding.

    Args:
        source: ids [B, S].
        aligning: whose attention; None: what explains each step.

    Raises:
        ExportError: the decoder tells of no such head.
    """
    target = hypotheses.sequences[:, 0]
    shape = tf.shape(target)
    previous = tf.pad(target, [[0, 0], [1, 0]], constant_values=BOS)

    def look(time: tf.Tensor, state: Any, seen: tf.TensorArray) -> tuple[Any, ...]:
        step, state = decoder.step(previous[:, time][:, None], state, time)
        return time + 1, state, seen.write(time, _looked(step, aligning))

    state, _ = decoder.reserve(decoder.start(source, 1), shape[1] - 1)
    seen = tf.TensorArray(tf.float32, size=shape[1], element_shape=[None, None])
    *_, seen = tf.while_loop(
        lambda time, *_: time < shape[1],
        look,
        (tf.constant(0), state, seen),
        (tf.TensorShape([]), loose_shapes(state), None),
        parallel_iterations=1,
    )
    attention = tf.cond(
        shape[1] > 0,
        lambda: tf.transpose(seen.stack(), [1, 0, 2]),
        lambda: tf.zeros([shape[0], 0, tf.shape(source)[1]]),
    )
    real = tf.sequence_mask(hypotheses.lengths[:, 0], shape[1], tf.float32)
    attention *= real[:, :, None]
    if aligning is None or not aligning.ahead:
        return attention
    return tf.pad(attention, [[0, 0], [0, 1], [0, 0]])[:, 1:]


def _looked(step: Step, aligning: AligningHead | None) -> tf.Tensor:
    """Where the only hypothesis of each row looked, [B, S]."""
    if aligning is None:
        return step.attention[:, 0]
    layers = step.heads or (step.attention[:, None],)
    if aligning.layer >= len(layers):
        raise ExportError(
            f"links are to be read from {aligning}, of which the exported decoder tells nothing: let "
            "the `BodyOutput` of the architecture's fast_body have `heads`, or leave align out of "
            "export.signatures"
        )
    heads = layers[aligning.layer][:, :, 0]
    return tf.reduce_mean(heads, axis=1) if aligning.head is None else heads[:, aligning.head]
