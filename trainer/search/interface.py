"""What search asks of a model, and what it gives back.

A model is searched as a `Decoder`: most are a `Body`, which moves the model's state on, and a `Head`, which
makes candidates of what the body computed, put together by `trainer.search.decoder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from trainer.search.candidates import Candidates


class Step(NamedTuple):
    """The next piece of every hypothesis, see `Candidates`, and where in the source each looked for it."""

    logits: tf.Tensor
    """[B, K, C] float32, of all V pieces or of those of `ids`."""
    log_normalizer: tf.Tensor
    """[B, K] float32"""
    attention: tf.Tensor
    """[B, K, S] float32: where in the source each hypothesis looked; rows sum to 1. S may be 0 if no penalty
    needs it.
    """
    ids: tf.Tensor | None = None
    """As in `Candidates`."""
    heads: tuple[tf.Tensor, ...] = ()
    """As in `BodyOutput`."""

    @property
    def candidates(self) -> Candidates:
        """What may come next."""
        return Candidates(self.logits, self.log_normalizer, self.ids)


class Hypotheses(NamedTuple):
    """The best hypotheses of each sentence, best first."""

    sequences: tf.Tensor
    """[B, N, T] int32: pieces with the end at the last place of each, padding after it."""
    scores: tf.Tensor
    """[B, N] float32: Wu et al. 2016, equation 14; minus infinity where a sentence has fewer than N
    hypotheses.
    """
    lengths: tf.Tensor
    """[B, N] int32: pieces, the end among them; 0 where there is no hypothesis."""


class Pieces(NamedTuple):
    """The pieces of the target language."""

    size: int
    """V"""
    end: int
    """The piece that ends a hypothesis."""
    encode: Callable[[Sequence[str]], list[list[int]]]
    """The pieces of each text, the end among them."""


class Constraint(Protocol):
    """A rule about what may come next. `rows` [B] int32 are the places of the sentences in the batch that the
    search was given.
    """

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """The candidates after the hypotheses `sequences` [B, K, T], of which `time` pieces are there → those
        that the rule leaves.
        """


class Stateful(Protocol):
    """How search handles a model's state, which is any nest of tensors."""

    def reorder(self, state: Any, parents: tf.Tensor, time: tf.Tensor) -> Any:
        """The state in which hypothesis k is the continuation of hypothesis `parents[b, k]`; after step
        `time`.
        """

    def select(self, state: Any, rows: tf.Tensor) -> Any:
        """The state of the sentences `rows` int32 only: the others are done."""

    def reserve(self, state: Any, time: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """The state with room for more steps from `time` on, and the time up to which it suffices
        (exclusive). The state that was given is used up: the new one may be made of its tensors.
        """


class Decoder(Stateful, Protocol):
    """A model as search sees it."""

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        """The last pieces [B, K] int32 of every hypothesis, at position `time` (0: the first) → what may
        come next.
        """


class StartingDecoder(Decoder, Protocol):
    """A decoder that reads the source by itself."""

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step."""


class BodyOutput(NamedTuple):
    """What a body computed for every hypothesis."""

    outputs: Any
    """[B, K, D]: what the model's output layer reads; of several models together, a tuple of these."""
    attention: tf.Tensor
    """[B, K, S] float32, as in `Step`."""
    heads: tuple[tf.Tensor, ...] = ()
    """What `attention` was made of, of a model that tells it: of each layer that looks at the source
    [B, H, K, S] float32. Search has no use for it.
    """


class Body(Stateful, Protocol):
    """A model's state, and how it moves on; what comes next is the head's matter."""

    state_spec: Any
    """A state as a nest of `tf.TensorSpec`: a step is one function of the graph then, however many searches
    have it, and its weights are stored once. None: every search has a step of its own.
    """

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step."""

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[BodyOutput, Any]:
        """The last pieces [B, K] int32 of every hypothesis, at position `time` (0: the first) → what the
        output layer reads.
        """


class Model(Body, Protocol):
    """A body with the model's own output layer, of which heads make use."""

    def logits(self, outputs: Any, pieces: np.ndarray | None = None) -> tf.Tensor:
        """Outputs [B, K, D] → logits [B, K, V] of all pieces, or [B, K, C] of the pieces [C] alone, at less
        cost where the model can. In an export V may be padded with pieces that never come: `Pieces.size` of
        them are real.
        """

    def output_layer(self, pieces: tf.Tensor) -> Any:
        """The output layer of the pieces [C] int32 alone, as a nest of tensors, made once for many steps."""

    def project(self, outputs: Any, layer: Any) -> tf.Tensor:
        """Outputs [B, K, D] → logits [B, K, C] by what `output_layer` gave, at less cost if the model can."""


class Head(Protocol):
    """From what a body computed to what may come next."""

    def candidates(self, outputs: Any) -> Candidates:
        """Outputs, as in `BodyOutput` → the candidates after each hypothesis."""


StepFunction = Callable[[tf.Tensor, Any, tf.Tensor], tuple[Step, Any]]


class CopiedState:
    """`Stateful` for a state whose every tensor begins with the axes [B, K]: it is copied on a reorder."""

    def reorder(self, state: Any, parents: tf.Tensor, time: tf.Tensor) -> Any:
        """See `Stateful.reorder`."""
        del time
        return tf.nest.map_structure(lambda part: tf.gather(part, parents, axis=1, batch_dims=1), state)

    def select(self, state: Any, rows: tf.Tensor) -> Any:
        """See `Stateful.select`."""
        return tf.nest.map_structure(lambda part: tf.gather(part, rows), state)

    def reserve(self, state: Any, time: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """See `Stateful.reserve`: room without end."""
        del time
        return state, tf.constant(tf.int32.max)


class StepFunctionDecoder(CopiedState):
    """A decoder from a mere function."""

    def __init__(self, function: StepFunction) -> None:
        self._function = function

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        """See `Decoder.step`."""
        return self._function(tokens, state, time)


def loose_shapes(tensors: Any) -> Any:
    """Shape invariants of a loop in which any extent may change."""
    return tf.nest.map_structure(lambda tensor: tf.TensorShape([None] * tensor.shape.rank), tensors)
