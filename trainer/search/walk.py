"""One hypothesis for each sentence, piece by piece: what greedy search and sampling have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.search.beam import hypotheses
from trainer.search.constraints import Constraint
from trainer.search.interface import Decoder, Hypotheses, loose_shapes
from trainer.search.penalties import coverage_penalty, length_penalty

Choice = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""Logits [B, V], the time and the sentences' places in the whole batch [B] → pieces [B] int32."""


class Walk(NamedTuple):
    """The sentences that have not ended."""

    time: tf.Tensor
    rows: tf.Tensor
    """[B] int32: places in the whole batch."""
    limits: tf.Tensor
    """[B] int32: pieces at most, the end counted."""
    source_lengths: tf.Tensor
    """[B] int32"""
    tokens: tf.Tensor
    """[B] int32: the last pieces."""
    sequences: tf.Tensor
    """[B, T] int32"""
    lengths: tf.Tensor
    """[B] int32: pieces so far, the end among them."""
    log_probabilities: tf.Tensor
    """[B]"""
    coverage: tf.Tensor
    """[B, S]; S is 1 without a coverage penalty."""
    done: tf.Tensor
    """[B] bool"""
    room: tf.Tensor
    state: Any


def walk(
    decoder: Decoder,
    state: Any,
    choose: Choice,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    source_lengths: tf.Tensor,
    length_alpha: float = 0.0,
    coverage_beta: float = 0.0,
    constraints: Sequence[Constraint] = (),
) -> Hypotheses:
    """One hypothesis [B, 1, T] for each sentence, scored as beam search scores; the last allowed piece is
    the end.

    Args: as of `beam_search`; `choose` picks the next piece.
    """

    def advance(state: Walk) -> tuple[Walk]:
        step, decoder_state = decoder.step(state.tokens[:, None], state.state, state.time)
        logits = step.logits
        for constraint in constraints:
            logits = constraint.apply(logits, state.sequences[:, None], state.time, state.rows)
        logits = logits[:, 0]
        tokens = choose(logits, state.time, state.rows)
        tokens = tf.where(state.limits <= state.time + 1, end, tokens)
        gained = tf.gather(logits, tokens, batch_dims=1) - step.log_normalizer[:, 0]
        live = ~state.done
        here = (tf.range(tf.shape(state.sequences)[1]) == state.time) & live[:, None]
        return (
            state._replace(
                time=state.time + 1,
                tokens=tokens,
                sequences=tf.where(here, tokens[:, None], state.sequences),
                lengths=state.lengths + tf.cast(live, tf.int32),
                log_probabilities=tf.where(live, state.log_probabilities + gained, state.log_probabilities),
                coverage=tf.where(live[:, None], state.coverage + step.attention[:, 0], state.coverage)
                if coverage_beta
                else state.coverage,
                done=state.done | (tokens == end),
                state=decoder_state,
            ),
        )

    def some_live(state: Walk) -> tf.Tensor:
        enough = tf.maximum(1, (tf.shape(state.rows)[0] + 2) // 3)
        return (tf.math.count_nonzero(state.done, dtype=tf.int32) < enough) & (state.time < state.room)

    def rest(state: Walk, *_: tf.Tensor) -> tf.Tensor:
        return tf.size(state.rows) > 0

    def round_(state: Walk, sequences: tf.Tensor, scores: tf.Tensor) -> tuple[Walk, tf.Tensor, tf.Tensor]:
        (state,) = tf.while_loop(some_live, advance, (state,), loose_shapes((state,)), parallel_iterations=1)
        reached = state.log_probabilities / length_penalty(state.lengths, length_alpha)
        if coverage_beta:
            reached += coverage_penalty(state.coverage[:, None], state.source_lengths, coverage_beta)[:, 0]
        places = state.rows[:, None]
        sequences = tf.tensor_scatter_nd_update(sequences, places, state.sequences)
        scores = tf.tensor_scatter_nd_update(scores, places, reached)
        rows = tf.cast(tf.where(~state.done)[:, 0], tf.int32)
        kept = tf.nest.map_structure(
            lambda part: tf.gather(part, rows), state._replace(time=(), room=(), state=())
        )
        decoder_state, room = decoder.reserve(decoder.select(state.state, rows), state.time)
        return kept._replace(time=state.time, room=room, state=decoder_state), sequences, scores

    batch = tf.shape(limits)[0]
    longest = tf.reduce_max(tf.concat([limits, [0]], 0))
    state, room = decoder.reserve(state, tf.constant(0))
    first = Walk(
        time=tf.constant(0),
        rows=tf.range(batch),
        limits=limits,
        source_lengths=source_lengths,
        tokens=tf.fill([batch], start),
        sequences=tf.zeros([batch, longest], tf.int32),
        lengths=tf.zeros([batch], tf.int32),
        log_probabilities=tf.zeros([batch]),
        # A place for all of the source: the first attention that is added gives it its length.
        coverage=tf.zeros([batch, 1]),
        done=tf.zeros([batch], tf.bool),
        room=room,
        state=state,
    )
    loop = (first, first.sequences, first.log_probabilities)
    _, sequences, scores = tf.while_loop(rest, round_, loop, loose_shapes(loop), parallel_iterations=1)
    return hypotheses(sequences[:, None], scores[:, None], end)
