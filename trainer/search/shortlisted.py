"""Search among the pieces that the source makes likely: the union of what all sentences of a batch list, for
which the output layer is gathered once, and of which each sentence gets those that it lists itself.

So a sentence's answer does not depend on the others of its batch, but for rounding: theirs have the
probability 0 in it, as every piece that nobody lists.

Notation: `B` sentences, `K` beams, `S` source length, `N` candidates of a source piece, `V` vocabulary, `C`
pieces of the union.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from trainer.search.candidates import FORBIDDEN, Candidates, log_normalizer
from trainer.search.interface import BodyOutput, Model


class Listed(NamedTuple):
    """What a batch lists."""

    pieces: tf.Tensor
    """[C] int32, ascending: what any of its sentences lists."""
    own: tf.Tensor
    """[B, C] bool: what each of them lists."""
    layer: Any
    """`Model.output_layer` of the pieces."""


class Lister:
    """From the source to what it lists."""

    def __init__(self, model: Model, candidates: np.ndarray, always: np.ndarray) -> None:
        """Candidates [source pieces, N] int32 of each source piece; `always` [V] bool: of every sentence."""
        self._model, self._candidates, self._always = model, candidates, always
        # One function of the graph, however many searches have it: the table is stored once.
        self.list = tf.function(
            self._list_graph, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False
        )

    def _list_graph(self, source: tf.Tensor) -> Listed:
        """Source ids [B, S] → `Listed`."""
        batch, size = tf.shape(source)[0], len(self._always)
        listed = tf.reshape(tf.gather(tf.constant(self._candidates), source), [batch, -1])
        places = tf.reshape(listed + tf.range(batch)[:, None] * size, [-1, 1])
        marks = tf.reshape(tf.tile(tf.constant(self._always), [batch]), [-1])
        marks = tf.tensor_scatter_nd_update(marks, places, tf.fill(tf.shape(places)[:1], True))
        marks = tf.reshape(marks, [batch, size])
        pieces = tf.cast(tf.where(tf.reduce_any(marks, axis=0) | self._always)[:, 0], tf.int32)
        return Listed(pieces, tf.gather(marks, pieces, axis=1), self._model.output_layer(pieces))


class ListingBody:
    """A `Body` that carries along what its sentences list: its outputs are the model's, and `Listed`."""

    def __init__(self, model: Model, lister: Lister) -> None:
        self._model, self._lister = model, lister
        self.state_spec: Any = None
        if model.state_spec is not None:
            listed = lister.list.get_concrete_function().structured_outputs
            of_listed = tf.nest.map_structure(lambda part: tf.TensorSpec(part.shape, part.dtype), listed)
            self.state_spec = (model.state_spec, of_listed)

    def start(self, source: tf.Tensor, beams: int) -> tuple[Any, Listed]:
        """See `Body.start`."""
        return self._model.start(source, beams), self._lister.list(source)

    def step(
        self, tokens: tf.Tensor, state: tuple[Any, Listed], time: tf.Tensor
    ) -> tuple[BodyOutput, tuple[Any, Listed]]:
        """See `Body.step`."""
        own, listed = state
        output, own = self._model.step(tokens, own, time)
        return output._replace(outputs=(output.outputs, listed)), (own, listed)

    def reorder(self, state: tuple[Any, Listed], parents: tf.Tensor, time: tf.Tensor) -> tuple[Any, Listed]:
        """See `Stateful.reorder`."""
        own, listed = state
        return self._model.reorder(own, parents, time), listed

    def select(self, state: tuple[Any, Listed], rows: tf.Tensor) -> tuple[Any, Listed]:
        """See `Stateful.select`: the union stays, though fewer list it."""
        own, listed = state
        return self._model.select(own, rows), listed._replace(own=tf.gather(listed.own, rows))

    def reserve(self, state: tuple[Any, Listed], time: tf.Tensor) -> tuple[tuple[Any, Listed], tf.Tensor]:
        """See `Stateful.reserve`."""
        own, listed = state
        own, room = self._model.reserve(own, time)
        return (own, listed), room


class ListedPieces:
    """A `Head`: what a sentence lists, which shares the probability among itself."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def candidates(self, outputs: tuple[Any, Listed]) -> Candidates:
        """See `Head.candidates`; the outputs of `ListingBody`."""
        own, listed = outputs
        logits = self._model.project(own, listed.layer)
        logits = tf.where(listed.own[:, None], logits, FORBIDDEN)
        return Candidates(logits, log_normalizer(logits), listed.pieces[None, None])
