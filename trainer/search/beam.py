"""Beam search with the penalties of Wu et al. 2016 (https://arxiv.org/abs/1609.08144, section 7).

At each step the K best continuations stay live, and a live hypothesis may end if its end is one of the K best
pieces of the sentence, continuations counted, or if the limit leaves nothing else: that end is scored and
competes for the N places of the finished ones. An end of little probability is not taken, though a short
hypothesis has few factors: without a length penalty it would often be the best of all, and a bad translation
(Stahlberg and Byrne 2019, https://arxiv.org/abs/1908.10090). A finished hypothesis is never touched again.

Early stop. A sentence is done when no live hypothesis can still enter its N finished ones, and this changes
nothing: let a live hypothesis have log-probability p <= 0. No candidate of a head has a log-probability above
0, and no constraint raises one: every continuation has a log-probability q <= p, a length L <= limit and a
coverage penalty <= 0, so its score q / lp(L) + cp <= p / lp(L) <= p / lp(limit), because lp grows with the
length and p <= 0. When the worst of the N finished scores is at least max over live of p / lp(limit), no
continuation is better than any of them; an equal one would not displace them either, for earlier ones win
ties. At the limit only the end may follow, and it is among the candidates, so every sentence has a finished
hypothesis.

With patience (Kasai et al. 2022, https://arxiv.org/abs/2204.05424, as CTranslate2 counts it) a sentence is
also done when K times the patience of its hypotheses have ended, however good those are that still live:
fewer steps, above all under a length penalty, whose bound is loose; and the best of all may be missed.

Of one beginning the lowest piece of equals comes first, since candidates ascend, and top-k takes the earlier
of equals.

Which continuations stay live is a `Selection`'s matter: the best of all, or others for the sake of what has
to be in a translation, or of variety.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN
from trainer.search.interface import Constraint, Decoder, Hypotheses
from trainer.search.penalties import coverage_penalty, normalized
from trainer.search.rounds import search_all
from trainer.search.selection import BestContinuations, Frontier, Selection


class Beam(NamedTuple):
    """The sentences that are still searched."""

    time: tf.Tensor
    """Pieces that the live hypotheses have."""
    rows: tf.Tensor
    """[B] int32: places in the whole batch."""
    limits: tf.Tensor
    """[B] int32: no hypothesis is longer, the end counted."""
    source_lengths: tf.Tensor
    """[B] int32"""
    tokens: tf.Tensor
    """[B, K] int32: the last pieces."""
    sequences: tf.Tensor
    """[B, K, T] int32: the live hypotheses."""
    log_probabilities: tf.Tensor
    """[B, K]; minus infinity: not live."""
    coverage: tf.Tensor
    """[B, K, S]: attention that the source has received; S is 1 without a coverage penalty."""
    finished: tf.Tensor
    """[B, N, T] int32"""
    scores: tf.Tensor
    """[B, N]"""
    ended: tf.Tensor
    """[B] int32: hypotheses that have ended, kept or not."""
    done: tf.Tensor
    """[B] bool"""
    room: tf.Tensor
    """The time up to which the decoder's state suffices."""
    memory: Any
    """The selection's."""
    state: Any
    """The decoder's."""


class BeamSearch(NamedTuple):
    """What does not change in a search."""

    decoder: Decoder
    beams: int
    kept: int
    enough: int | None
    """Ended hypotheses with which a sentence is done."""
    alpha: float
    beta: float
    end: int
    constraints: Sequence[Constraint]
    selection: Selection

    def begin(self, state: Any, start: int, limits: tf.Tensor, source_lengths: tf.Tensor) -> Beam:
        """Of every hypothesis the piece in front; the decoder's state makes room for more."""
        batch = tf.shape(limits)[0]
        longest = tf.maximum(0, tf.reduce_max(tf.concat([limits, [0]], 0)))
        groups = self.selection.groups
        state, room = self.decoder.reserve(state, tf.constant(0))
        return Beam(
            time=tf.constant(0),
            rows=tf.range(batch),
            limits=limits,
            source_lengths=source_lengths,
            tokens=tf.fill([batch, self.beams], start),
            sequences=tf.zeros([batch, self.beams, longest], tf.int32),
            # Before the first step all hypotheses of a sentence are the same: one is enough, of each group.
            log_probabilities=tf.tile([[0.0] + [FORBIDDEN] * (self.beams // groups - 1)], [batch, groups]),
            # A place for all of the source: the first attention that is added gives it its length.
            coverage=tf.zeros([batch, self.beams, 1]),
            finished=tf.zeros([batch, self.kept, longest], tf.int32),
            scores=tf.fill([batch, self.kept], FORBIDDEN),
            ended=tf.zeros([batch], tf.int32),
            done=tf.zeros([batch], tf.bool),
            room=room,
            memory=self.selection.start(tf.range(batch)),
            state=state,
        )

    def advance(self, beam: Beam) -> Beam:
        """One piece more for every live hypothesis."""
        step, state = self.decoder.step(beam.tokens, beam.state, beam.time)
        candidates = step.candidates
        for constraint in self.constraints:
            candidates = constraint.apply(candidates, beam.sequences, beam.time, beam.rows)
        offsets = beam.log_probabilities - step.log_normalizer
        coverage = beam.coverage + step.attention if self.beta else beam.coverage
        exhausted = (beam.limits <= beam.time + 1)[:, None]
        frontier = Frontier(
            candidates, step.candidates, offsets, beam.time, beam.rows, beam.limits, beam.memory
        )
        parents, tokens, log_probabilities, ends, memory = self.selection.select(frontier)
        # No rule forbids the end at the limit: nothing else can come there.
        ends = tf.where(exhausted, offsets + step.candidates.of(self.end), ends)
        if self.enough is not None:
            # A sentence that is done waits for others of its round: what it has must not depend on them.
            ends = tf.where(beam.done[:, None], FORBIDDEN, ends)
        finished, scores = self._finish(beam, ends, coverage)
        log_probabilities = tf.where(exhausted, FORBIDDEN, log_probabilities)
        places = tf.range(tf.shape(beam.sequences)[2])
        sequences = tf.gather(beam.sequences, parents, axis=1, batch_dims=1)
        sequences = tf.where(places == beam.time, tokens[:, :, None], sequences)
        if self.beta:
            coverage = tf.gather(coverage, parents, axis=1, batch_dims=1)
        if self.beams > 1:
            state = self.decoder.reorder(state, parents, beam.time)
        best = tf.reduce_max(self._by_group(log_probabilities), axis=2)
        bound = normalized(best, beam.limits[:, None], self.alpha)
        done = tf.reduce_all(self._by_group(scores)[:, :, -1] >= bound, axis=1)
        ended = beam.ended
        if self.enough is not None:
            ended += tf.math.count_nonzero(tf.math.is_finite(ends), axis=1, dtype=tf.int32)
            done |= ended >= self.enough
        return beam._replace(
            time=beam.time + 1,
            tokens=tokens,
            sequences=sequences,
            log_probabilities=log_probabilities,
            coverage=coverage,
            finished=finished,
            scores=scores,
            ended=ended,
            done=done,
            memory=memory,
            state=state,
        )

    def _finish(
        self, beam: Beam, log_probabilities: tf.Tensor, coverage: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Let live hypotheses end with log-probabilities [B, K]; keep the best N, of each group as many,
        earlier ones before equal ones.
        """
        scores = normalized(log_probabilities, beam.time + 1, self.alpha)
        if self.beta:
            scores += coverage_penalty(coverage, beam.source_lengths, self.beta)
        ended = tf.where(tf.range(tf.shape(beam.sequences)[2]) == beam.time, self.end, beam.sequences)
        grouped = tf.concat([self._by_group(beam.scores), self._by_group(scores)], axis=2)
        grouped, places = tf.math.top_k(grouped, self.kept // self.selection.groups)
        sequences = tf.concat([self._by_group(beam.finished), self._by_group(ended)], axis=2)
        finished = tf.gather(sequences, places, axis=2, batch_dims=2)
        return self._joined(finished), self._joined(grouped)

    def _by_group(self, values: tf.Tensor) -> tf.Tensor:
        """[B, N, ...], of all groups one after the other → [B, groups, N / groups, ...]."""
        groups = self.selection.groups
        if groups == 1:
            return tf.expand_dims(values, 1)
        shape = tf.shape(values)
        return tf.reshape(values, tf.concat([[shape[0], groups, shape[1] // groups], shape[2:]], 0))

    def _joined(self, values: tf.Tensor) -> tf.Tensor:
        """What `_by_group` gave, [B, N, ...] again."""
        if self.selection.groups == 1:
            return tf.squeeze(values, 1)
        shape = tf.shape(values)
        return tf.reshape(values, tf.concat([[shape[0], shape[1] * shape[2]], shape[3:]], 0))


def beam_search(
    decoder: Decoder,
    state: Any,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    source_lengths: tf.Tensor,
    beams: int,
    kept: int = 1,
    length_alpha: float = 0.0,
    coverage_beta: float = 0.0,
    patience: float | None = None,
    constraints: Sequence[Constraint] = (),
    selection: Selection | None = None,
) -> Hypotheses:
    """The `kept` best finished hypotheses of each sentence.

    Args:
        state: the decoder's, before the first step, of B sentences with `beams` hypotheses each.
        start, end: the piece in front of every hypothesis, and the piece that ends it.
        limits: [B] int32, from 1: no hypothesis is longer, the end counted.
        source_lengths: [B] int32, for the coverage penalty.
        patience: a sentence is done when `beams` times as many hypotheses have ended, but not before `kept`
            have; None: when it is proven that nothing better can come.
        selection: which continuations stay live; the best of all, if not given.
    """
    selection = selection or BestContinuations(beams, end)
    groups = selection.groups
    places = groups * -(-kept // groups)  # as many for each group
    enough = None if patience is None else max(round(beams * patience), kept)
    search = BeamSearch(
        decoder, beams, places, enough, length_alpha, coverage_beta, end, constraints, selection
    )
    beam = search.begin(state, start, limits, source_lengths)
    sequences, scores = search_all(
        decoder, beam, search.advance, lambda ended: (ended.finished, ended.scores)
    )
    if groups > 1:
        scores, order = tf.math.top_k(scores, kept)
        sequences = tf.gather(sequences, order, axis=1, batch_dims=1)
    return hypotheses(sequences, scores, end)


def hypotheses(sequences: tf.Tensor, scores: tf.Tensor, end: int) -> Hypotheses:
    """Sequences [B, N, T] with their lengths; what stands after the end becomes padding (0)."""
    places = tf.range(tf.shape(sequences)[2])
    ends = tf.where(sequences == end, places, tf.int32.max)
    last = tf.reduce_min(tf.concat([ends, tf.fill(tf.shape(ends[:, :, :1]), tf.int32.max)], 2), axis=2)
    lengths = tf.where(tf.math.is_finite(scores), tf.minimum(last, tf.shape(sequences)[2] - 1) + 1, 0)
    return Hypotheses(tf.where(places < lengths[:, :, None], sequences, 0), scores, lengths)
