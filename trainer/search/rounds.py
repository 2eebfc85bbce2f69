"""How every search goes through a batch: in rounds, each until a third of the sentences is done.

Those are dropped from the state then, so that a sentence that is done costs nothing for long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

from trainer.search.interface import Decoder, loose_shapes

# A named tuple of tensors with, among others, `rows` [B] int32 (places in the whole batch), `time`, `done`
# [B] bool, `room` (the time up to which the state suffices) and the decoder's `state`.
Sentences = TypeVar("Sentences", bound=Any)


def search_all(
    decoder: Decoder,
    first: Sentences,
    advance: Callable[[Sentences], Sentences],
    results: Callable[[Sentences], tuple[tf.Tensor, tf.Tensor]],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Advance until all sentences are done.

    Args:
        first: all B sentences, before the first step.
        advance: one step of all.
        results: sequences [B, ...] and scores [B, ...] of the sentences as they stand.

    Returns:
        The results of all sentences, each as it stood in the last round that it was in.
    """

    def rest(sentences: Sentences, *_: tf.Tensor) -> tf.Tensor:
        return tf.size(sentences.rows) > 0

    def round_(
        sentences: Sentences, sequences: tf.Tensor, scores: tf.Tensor
    ) -> tuple[Sentences, tf.Tensor, tf.Tensor]:
        sentences = _run(sentences, advance)
        places = sentences.rows[:, None]
        reached, values = results(sentences)
        sequences = tf.tensor_scatter_nd_update(sequences, places, reached)
        scores = tf.tensor_scatter_nd_update(scores, places, values)
        return _select(decoder, sentences), sequences, scores

    loop = (first, *results(first))
    _, sequences, scores = tf.while_loop(rest, round_, loop, loose_shapes(loop), parallel_iterations=1)
    return sequences, scores


def _run(sentences: Sentences, advance: Callable[[Sentences], Sentences]) -> Sentences:
    """Steps until a third of the sentences is done, or the decoder's state is full."""
    enough = tf.maximum(1, (tf.shape(sentences.rows)[0] + 2) // 3)

    def unfinished(now: Sentences) -> tf.Tensor:
        return (tf.math.count_nonzero(now.done, dtype=tf.int32) < enough) & (now.time < now.room)

    (reached,) = tf.while_loop(
        unfinished,
        lambda now: (advance(now),),
        (sentences,),
        loose_shapes((sentences,)),
        parallel_iterations=1,
    )
    return reached


def _select(decoder: Decoder, sentences: Sentences) -> Sentences:
    """Drop the sentences that are done, and make room for more steps."""
    rows = tf.cast(tf.where(~sentences.done)[:, 0], tf.int32)
    parts = sentences._replace(time=(), room=(), state=())
    kept = tf.nest.map_structure(lambda part: tf.gather(part, rows), parts)
    state, room = decoder.reserve(decoder.select(sentences.state, rows), sentences.time)
    return kept._replace(time=sentences.time, room=room, state=state)
