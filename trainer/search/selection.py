"""Which continuations a beam keeps: the best of all, where nothing else is asked for.

Notation: `B` sentences, `K` beams, `C` candidates of each hypothesis.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN, Candidates
from trainer.search.topk import at_most


class Frontier(NamedTuple):
    """What may follow the live hypotheses."""

    allowed: Candidates
    """What the rules leave of it."""
    given: Candidates
    """As the head gives it."""
    offsets: tf.Tensor
    """[B, K] float32: added to a candidate's logit it is the log-probability of the longer hypothesis."""
    time: tf.Tensor
    """int32: pieces that the hypotheses have."""
    rows: tf.Tensor
    """[B] int32: places of the sentences in the batch that the search was given."""
    limits: tf.Tensor
    """[B] int32: no hypothesis is longer, the end counted."""
    memory: Any
    """The selection's own, of these sentences."""


class Continuations(NamedTuple):
    """What was kept."""

    parents: tf.Tensor
    """[B, K] int32: the hypotheses that go on."""
    tokens: tf.Tensor
    """[B, K] int32: with these pieces."""
    log_probabilities: tf.Tensor
    """[B, K]; minus infinity: there are no more."""
    ends: tf.Tensor
    """[B, K]: log-probabilities of the hypotheses that may end now; minus infinity: of those that may not."""
    memory: Any
    """Any nest of tensors whose first axis is B."""


class Selection(Protocol):
    """How a beam chooses. Its hypotheses are in `groups` parts of the same size, which choose and finish
    apart; only one hypothesis of each is live before the first step.
    """

    groups: int

    def start(self, rows: tf.Tensor) -> Any:
        """The memory of the sentences `rows` [B] before the first step."""

    def select(self, frontier: Frontier) -> Continuations:
        """The K continuations that stay live, none of which ends."""


class BestContinuations:
    """The K best of all; a hypothesis may end where its end is one of the K best, ends counted."""

    groups = 1

    def __init__(self, beams: int, end: int) -> None:
        self._beams, self._end = beams, end

    def start(self, rows: tf.Tensor) -> tuple[()]:
        """See `Selection.start`."""
        del rows
        return ()

    def select(self, frontier: Frontier) -> Continuations:
        """See `Selection.select`. The K best of a sentence are among the K best of each hypothesis: K + 1 are
        taken, as one may be the end.
        """
        width = at_most(self._beams + 1, frontier.allowed.logits)
        values, pieces = frontier.allowed.best(width)
        values = values + frontier.offsets[:, :, None]
        flat = [-1, self._beams * width]
        least = tf.math.top_k(tf.reshape(values, flat), self._beams).values[:, -1:]
        values = tf.where(pieces == self._end, FORBIDDEN, values)
        log_probabilities, chosen = tf.math.top_k(tf.reshape(values, flat), self._beams)
        tokens = tf.gather(tf.reshape(pieces, flat), chosen, batch_dims=1)
        ends = frontier.offsets + frontier.allowed.of(self._end)
        ends = tf.where(ends >= least, ends, FORBIDDEN)
        return Continuations(chosen // width, tokens, log_probabilities, ends, frontier.memory)
