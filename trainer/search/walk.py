"""One hypothesis for each sentence, piece by piece: what greedy search and sampling have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.search.beam import hypotheses
from trainer.search.interface import Constraint, Decoder, Hypotheses
from trainer.search.penalties import coverage_penalty, normalized
from trainer.search.rounds import search_all

Choice = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""Logits [B, C], the time and the sentences' places in the whole batch [B] → candidates' places [B] int32."""


class Walk(NamedTuple):
    """The sentences that have not ended."""

    time: tf.Tensor
    """int32: steps made."""
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
    """int32: the time up to which the state has room (`Decoder.reserve`)."""
    state: Any


class Walker(NamedTuple):
    """What does not change in a walk."""

    decoder: Decoder
    choose: Choice
    end: int
    alpha: float
    beta: float
    constraints: Sequence[Constraint]

    def begin(self, state: Any, start: int, limits: tf.Tensor, source_lengths: tf.Tensor) -> Walk:
        """All sentences, before the first step."""
        batch = tf.shape(limits)[0]
        longest = tf.reduce_max(tf.concat([limits, [0]], 0))
        state, room = self.decoder.reserve(state, tf.constant(0))
        return Walk(
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

    def advance(self, walk: Walk) -> Walk:
        """One piece more for every sentence that has not ended."""
        step, state = self.decoder.step(walk.tokens[:, None], walk.state, walk.time)
        candidates = step.candidates
        for constraint in self.constraints:
            candidates = constraint.apply(candidates, walk.sequences[:, None], walk.time, walk.rows)
        logits = candidates.logits[:, 0]
        exhausted = walk.limits <= walk.time + 1
        places = self.choose(logits, walk.time, walk.rows)
        named = candidates.ids is not None
        pieces = candidates.named(places[:, None, None])[:, 0, 0] if named else places
        tokens = tf.where(exhausted, self.end, pieces)
        # No constraint forbids the end at the limit: nothing else can come there.
        chosen = tf.gather(logits, places, batch_dims=1)
        last = step.candidates.of(self.end)[:, 0]
        gained = tf.where(exhausted, last, chosen) - step.log_normalizer[:, 0]
        live = ~walk.done
        here = (tf.range(tf.shape(walk.sequences)[1]) == walk.time) & live[:, None]
        coverage = walk.coverage
        if self.beta:
            coverage = tf.where(live[:, None], coverage + step.attention[:, 0], coverage)
        return walk._replace(
            time=walk.time + 1,
            tokens=tokens,
            sequences=tf.where(here, tokens[:, None], walk.sequences),
            lengths=walk.lengths + tf.cast(live, tf.int32),
            log_probabilities=tf.where(live, walk.log_probabilities + gained, walk.log_probabilities),
            coverage=coverage,
            done=walk.done | (tokens == self.end),
            state=state,
        )

    def score(self, walk: Walk) -> tf.Tensor:
        """Scores [B] of what the sentences have so far."""
        scores = normalized(walk.log_probabilities, walk.lengths, self.alpha)
        if self.beta:
            scores += coverage_penalty(walk.coverage[:, None], walk.source_lengths, self.beta)[:, 0]
        return scores


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

    Args: as of `beam_search`; `choose` picks the next piece among the candidates.
    """
    walker = Walker(decoder, choose, end, length_alpha, coverage_beta, constraints)
    first = walker.begin(state, start, limits, source_lengths)
    sequences, scores = search_all(
        decoder, first, walker.advance, lambda ended: (ended.sequences, walker.score(ended))
    )
    return hypotheses(sequences[:, None], scores[:, None], end)
