"""Search for translations that begin with a text and contain phrases.

Dynamic beam allocation (Post and Vilar 2018, https://arxiv.org/abs/1804.06609): the beam is shared out among
banks, one for each number of the phrases' pieces that a hypothesis has, so that one that has many of them
need not compete with one that has none. What a bank leaves unused goes to the best of all others.

A hypothesis ends when it has all phrases, and never lets the room for them run out: with m pieces of phrases
still missing, all of them counted, a piece that does not take it further in one may come only if m others fit
behind it. So phrases that fit together are always met. They count as if they shared no piece.

What a sentence has to contain stands above the configured rules: these forbid no piece of it.

Notation: `B` sentences, `K` beams, `P` phrases, `L` pieces of the longest, `Q` pieces of all phrases of the
sentence with the most, `W` pieces considered of a hypothesis, `C` candidates, `M` places of banks.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN, Candidates
from trainer.search.phrases import PhraseProgress, Phrases
from trainer.search.prefix import Prefixes
from trainer.search.selection import Continuations, Frontier
from trainer.search.topk import at_most


class Memory(NamedTuple):
    """Of every hypothesis."""

    progress: PhraseProgress
    within: tf.Tensor
    """[B, K] bool: it is the prefix's pieces so far, and nothing else."""


class LexicalSelection:
    """`Selection` of hypotheses on their way to what they have to contain."""

    groups = 1

    def __init__(self, prefixes: Prefixes, phrases: Phrases, beams: int, end: int) -> None:
        """`phrases`: those that fit between the prefix and the limit, see `fitting`."""
        self._prefixes, self._phrases, self._beams, self._end = prefixes, phrases, beams, end

    def start(self, rows: tf.Tensor) -> Memory:
        """See `Selection.start`."""
        within = tf.fill([tf.shape(rows)[0], self._beams], True)
        return Memory(self._phrases.of(rows).start(self._beams), within)

    def select(self, frontier: Frontier) -> Continuations:
        """See `Selection.select`."""
        memory: Memory = frontier.memory
        prefixes, phrases = self._prefixes.of(frontier.rows), self._phrases.of(frontier.rows)
        shape = tf.shape(frontier.given.logits)
        total = tf.reduce_sum(phrases.lengths, axis=1)
        wanted = tf.reshape(phrases.pieces, [shape[0], -1])
        # What is no piece of a phrase stands behind, and is left out: the cost grows with the square of Q.
        order = tf.argsort(tf.where(wanted < 0, 1, 0), stable=True)[
            :, : tf.reduce_max(tf.pad(total, [[0, 1]]))
        ]
        steps = tf.range(tf.shape(phrases.pieces)[2]) + 1  # that a phrase is further after each of its pieces
        further = phrases.go_on(memory.progress)
        gains = tf.reshape(tf.where(further, steps, 0), [shape[0], shape[1], tf.shape(wanted)[1]])
        gains = tf.gather(gains, order, axis=2, batch_dims=1)
        wanted = tf.gather(wanted, order, batch_dims=1)[:, None]
        wanted = tf.broadcast_to(wanted, tf.shape(gains))
        missing = phrases.missing(memory.progress)
        candidates, usable = self._allow(frontier, prefixes, wanted, gains, missing)

        values, pieces = self._consider(candidates, wanted, usable)
        values += frontier.offsets[:, :, None]
        taken = tf.where(pieces[:, :, :, None] == wanted[:, :, None, :], gains[:, :, None, :], 0)
        # Without a phrase in the batch there is no place to take the largest of.
        taken = tf.reduce_max(tf.pad(taken, [[0, 0], [0, 0], [0, 0], [0, 1]]), axis=3)
        banks = total[:, None, None] - missing[:, :, None] + taken
        ends = self._end_with(frontier, candidates, values, missing)
        values = tf.where(pieces == self._end, FORBIDDEN, values)

        width = tf.shape(values)[2]
        flat = [shape[0], self._beams * width]
        places, kept = self._allocate(tf.reshape(values, flat), tf.reshape(banks, flat), total)
        parents = places // width
        tokens = tf.gather(tf.reshape(pieces, flat), places, batch_dims=1)
        inherited = tf.nest.map_structure(lambda part: tf.gather(part, parents, axis=1, batch_dims=1), memory)
        place = tf.minimum(frontier.time, tf.shape(prefixes.pieces)[1] - 1)
        within = inherited.within & (
            (tokens == prefixes.pieces[:, place][:, None]) & (frontier.time < prefixes.lengths)[:, None]
        )
        return Continuations(
            parents, tokens, kept, ends, Memory(phrases.after(inherited.progress, tokens), within)
        )

    def _allow(
        self,
        frontier: Frontier,
        prefixes: Prefixes,
        wanted: tf.Tensor,
        gains: tf.Tensor,
        missing: tf.Tensor,
    ) -> tuple[Candidates, tf.Tensor]:
        """What may come next, and which of the phrases' pieces may [B, K, Q] bool."""
        given, time = frontier.given, frontier.time
        within = frontier.memory.within & ~prefixes.are_over(time)[:, None]
        room = (frontier.limits - time - 2)[:, None]  # for pieces behind this one, the end not counted
        usable = (gains > 0) & (missing[:, :, None] - gains <= room[:, :, None])
        tight = missing > room
        is_wanted = given.among(tf.maximum(wanted, 0), usable)
        is_asked = is_wanted | within[:, :, None]
        logits = tf.where(is_asked, given.logits, frontier.allowed.logits)
        logits = tf.where(tight[:, :, None] & ~is_wanted, FORBIDDEN, logits)
        logits = tf.where((missing > 0)[:, :, None] & (given.pieces == self._end), FORBIDDEN, logits)
        logits = tf.cond(
            tf.reduce_any(within),
            lambda: tf.where(within[:, :, None] & ~prefixes.allow(given, time, self._end), FORBIDDEN, logits),
            lambda: logits,
        )
        return given._replace(logits=logits), usable

    def _consider(
        self, candidates: Candidates, wanted: tf.Tensor, usable: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits and pieces [B, K, W] of the K + 1 likeliest of each hypothesis, and of the phrases' pieces;
        minus infinity where a piece came before.
        """
        width = at_most(self._beams + 1, candidates.logits)
        likeliest, pieces = candidates.best(width)
        before = tf.concat([pieces, tf.where(usable, wanted, -1)], axis=2)
        same = before[:, :, None, :] == wanted[:, :, :, None]
        earlier = tf.range(tf.shape(before)[2]) < width + tf.range(tf.shape(wanted)[2])[:, None]
        new = usable & ~tf.reduce_any(same & earlier, axis=3)
        # What is no piece has no value, but the model reads it all the same.
        needed = tf.maximum(wanted, 0)
        values = tf.where(new, candidates.at(needed), FORBIDDEN)
        return tf.concat([likeliest, values], axis=2), tf.concat([pieces, needed], axis=2)

    def _end_with(
        self, frontier: Frontier, candidates: Candidates, values: tf.Tensor, missing: tf.Tensor
    ) -> tf.Tensor:
        """Log-probabilities [B, K] of the ends: of hypotheses that miss nothing, whose end is one of the K
        best continuations of them all.
        """
        whole = (missing == 0)[:, :, None]
        flat = tf.reshape(tf.where(whole, values, FORBIDDEN), [tf.shape(values)[0], -1])
        least = tf.math.top_k(flat, self._beams).values[:, -1:]
        ends = frontier.offsets + candidates.of(self._end)
        return tf.where(whole[:, :, 0] & (ends >= least), ends, FORBIDDEN)

    def _allocate(self, values: tf.Tensor, banks: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Places [B, K] of the continuations [B, K x W] that stay, and their log-probabilities."""
        count = tf.shape(values)[1]
        ordered, order = tf.math.top_k(values, count)
        banks = tf.gather(banks, order, batch_dims=1)
        many = tf.reduce_max(tf.concat([total, [0]], 0)) + 1
        is_in = tf.one_hot(banks, many, dtype=tf.int32)  # [B, K x W, M]
        rank = tf.reduce_sum(is_in * tf.cumsum(is_in, axis=1, exclusive=True), axis=2)
        share = self._beams // (total + 1)
        rest = tf.where(share > 0, self._beams - share * (total + 1), 0)
        quota = tf.maximum(share, 1)[:, None] + tf.where(banks == total[:, None], rest[:, None], 0)
        # First what a bank has a place for, then the others, then what is none: each in the order of values.
        tier = tf.where(tf.math.is_finite(ordered), tf.where(rank < quota, 0, 1), 2)
        _, chosen = tf.math.top_k(-(tier * count + tf.range(count)), self._beams)
        return tf.gather(order, chosen, batch_dims=1), tf.gather(ordered, chosen, batch_dims=1)
