"""What search is given: a body and a head together, or several bodies as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from trainer.search.interface import Body, BodyOutput, Head, Step


class BodyWithHead:
    """`StartingDecoder` from a body, whose state it has, and a head."""

    def __init__(self, body: Body, head: Head, only: Sequence[int] | None = None) -> None:
        """`only`: the pieces that ever come, where these are not all of the vocabulary."""
        self._body, self._head, self.only = body, head, only
        self._step: Callable[..., tuple[Step, Any]] = self._step_graph
        if body.state_spec is not None:
            tokens, time = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([], tf.int32)
            signature = [tokens, body.state_spec, time]
            self._step = tf.function(self._step_graph, input_signature=signature, autograph=False)

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """See `StartingDecoder.start`."""
        return self._body.start(source, beams)

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        """See `Decoder.step`."""
        return self._step(tokens, state, time)

    def reorder(self, state: Any, parents: tf.Tensor, time: tf.Tensor) -> Any:
        """See `Stateful.reorder`."""
        return self._body.reorder(state, parents, time)

    def select(self, state: Any, rows: tf.Tensor) -> Any:
        """See `Stateful.select`."""
        return self._body.select(state, rows)

    def reserve(self, state: Any, time: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """See `Stateful.reserve`."""
        return self._body.reserve(state, time)

    def _step_graph(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        output, state = self._body.step(tokens, state, time)
        logits, log_normalizer, ids = self._head.candidates(output.outputs)
        return Step(logits, log_normalizer, output.attention, ids, output.heads), state


class Bodies:
    """Models that go the same way, piece by piece: a `Body` whose state and outputs are tuples of theirs, and
    of which a head asks each for its logits. Its attention is the mean of theirs; its heads are the first's.
    """

    def __init__(self, bodies: Sequence[Body]) -> None:
        self._bodies = tuple(bodies)
        specs = tuple(body.state_spec for body in self._bodies)
        self.state_spec = None if any(spec is None for spec in specs) else specs

    def start(self, source: tf.Tensor, beams: int) -> tuple[Any, ...]:
        """See `Body.start`."""
        return tuple(body.start(source, beams) for body in self._bodies)

    def step(
        self, tokens: tf.Tensor, state: tuple[Any, ...], time: tf.Tensor
    ) -> tuple[BodyOutput, tuple[Any, ...]]:
        """See `Body.step`."""
        steps = [body.step(tokens, own, time) for body, own in zip(self._bodies, state, strict=True)]
        attention = tf.add_n([output.attention for output, _ in steps]) / len(steps)
        heads = steps[0][0].heads
        return BodyOutput(tuple(output.outputs for output, _ in steps), attention, heads), tuple(
            own for _, own in steps
        )

    def reorder(self, state: tuple[Any, ...], parents: tf.Tensor, time: tf.Tensor) -> tuple[Any, ...]:
        """See `Stateful.reorder`."""
        return tuple(body.reorder(own, parents, time) for body, own in zip(self._bodies, state, strict=True))

    def select(self, state: tuple[Any, ...], rows: tf.Tensor) -> tuple[Any, ...]:
        """See `Stateful.select`."""
        return tuple(body.select(own, rows) for body, own in zip(self._bodies, state, strict=True))

    def reserve(self, state: tuple[Any, ...], time: tf.Tensor) -> tuple[tuple[Any, ...], tf.Tensor]:
        """See `Stateful.reserve`: room for as long as every model has it."""
        reserved = [body.reserve(own, time) for body, own in zip(self._bodies, state, strict=True)]
        return tuple(own for own, _ in reserved), tf.reduce_min([room for _, room in reserved])
