"""Diverse beams (Vijayakumar et al. 2018, https://arxiv.org/abs/1610.02424): groups of hypotheses that avoid
each other's pieces.

At each step the groups choose one after the other. A continuation's rank in its group is its
log-probability, less the penalty for every hypothesis of an earlier group that goes on with the same piece at
this step (equations 4 and 5, Hamming diversity). Scores are the model's, without it, and an end costs
nothing: the first group is a plain beam search of its size.
"""

from __future__ import annotations

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN
from trainer.search.selection import Continuations, Frontier
from trainer.search.topk import at_most


class DiverseGroups:
    """`Selection` of so many groups, which finish apart."""

    def __init__(self, groups: int, penalty: float, beams: int, end: int) -> None:
        """
        Raises:
            ValueError: the beams do not make so many groups of the same size.
        """
        if groups < 1 or beams % groups:
            raise ValueError(f"{beams} beams do not make {groups} groups of the same size")
        self.groups = groups
        self._penalty, self._size, self._end = penalty, beams // groups, end

    def start(self, rows: tf.Tensor) -> tuple[()]:
        """See `Selection.start`."""
        del rows
        return ()

    def select(self, frontier: Frontier) -> Continuations:
        """See `Selection.select`."""
        chosen: list[tuple[tf.Tensor, ...]] = []
        for group in range(self.groups):
            # A hypothesis that is none goes on with no piece.
            earlier = [tf.where(tf.math.is_finite(values), tokens, -1) for _, tokens, values, _ in chosen]
            chosen.append(self._select(frontier, group, earlier))
        parents, tokens, values, ends = (tf.concat(part, axis=1) for part in zip(*chosen, strict=True))
        return Continuations(parents, tokens, values, ends, frontier.memory)

    def _select(
        self, frontier: Frontier, group: int, earlier: list[tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Parents, pieces and log-probabilities of one group's continuations, and its ends, each [B, K / G].

        Its best are among so many of each hypothesis: as many as it keeps, the end, and those that the
        penalty may have put back.
        """
        own = slice(group * self._size, (group + 1) * self._size)
        candidates = frontier.allowed.after(own)
        offsets = frontier.offsets[:, own]
        width = at_most(self._size * (group + 1) + 1, candidates.logits)
        values, pieces = candidates.best(width)
        values = values + offsets[:, :, None]
        ranks = values
        if earlier:
            same = pieces[:, :, :, None] == tf.concat(earlier, axis=1)[:, None, None, :]
            times = tf.math.count_nonzero(same, axis=3, dtype=tf.float32)
            ranks = values - self._penalty * times
        flat = [-1, self._size * width]
        least = tf.math.top_k(tf.reshape(ranks, flat), self._size).values[:, -1:]
        ranks = tf.where(pieces == self._end, FORBIDDEN, ranks)
        ranks, places = tf.math.top_k(tf.reshape(ranks, flat), self._size)
        kept = tf.gather(tf.reshape(values, flat), places, batch_dims=1)
        kept = tf.where(tf.math.is_finite(ranks), kept, FORBIDDEN)
        tokens = tf.gather(tf.reshape(pieces, flat), places, batch_dims=1)
        ends = offsets + candidates.of(self._end)
        ends = tf.where(ends >= least, ends, FORBIDDEN)
        return places // width + group * self._size, tokens, kept, ends
