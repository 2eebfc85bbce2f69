"""What a part of a block is, and what it is given to see.

Notation: `B` batch, `S` source length, `T` length of what is read, `N` hypotheses, `D` model width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from trainer.models.base import State, Tensor

MASKED = -1e9
"""Added to the attention logits of positions that must not be seen: their weight is exactly 0 in float32."""


class Encoded(NamedTuple):
    """The memory: what the encoder leaves for the decoder."""

    states: Tensor
    """[B, S, D]"""
    mask: Tensor
    """[B, 1, 1, S], added to attention logits: 0 where there is a piece, `MASKED` on padding."""


@dataclass(frozen=True)
class Context:
    """What a part sees beside its own inputs; no nest, so that Keras hands it on as it is."""

    mask: Tensor | None = None
    """Of the inputs themselves, added to the logits of attention among them: [B, 1, 1, S] in an encoder
    (`MASKED` on padding), [1, 1, T, T] in a decoder (`MASKED` on what comes later).
    """
    memory: Encoded | None = None
    """In a decoder."""


class Result(NamedTuple):
    """What one step of a part came to."""

    outputs: Tensor
    """[N, 1, D]"""
    state: State
    heads: Tensor | None = None
    """[N, H, S] float32, of a part that looks at the memory: what each of its heads looked at."""


class Part(Protocol):
    """A layer of Keras between the two ends of a residual. Stepping, it gives what it gives all at once."""

    def build(self, input_shape: Any = None) -> None:
        """Make all weights; inputs are [B, T, D]."""

    def __call__(self, inputs: Tensor, *, context: Context, training: bool = False) -> Tensor:
        """All positions at once: [B, T, D] → [B, T, D]."""

    def start(self, memory: Encoded) -> State:
        """What it remembers before the first step of N rows; see `trainer.models.base.State`."""

    def step(self, inputs: Tensor, state: State) -> Result:
        """One position more: [N, 1, D]."""


@runtime_checkable
class ExplainingPart(Protocol):
    """What a part has beside the rest, where its attention to the memory can be guided."""

    def explain(
        self, inputs: Tensor, context: Context, training: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """All positions at once, [B, T, D] → [B, T, D], and the heads [B, H, T, S] that `step` has."""


def explain(part: Part, inputs: Tensor, context: Context, *, training: bool) -> tuple[Tensor, Tensor | None]:
    """What the part makes of [B, T, D], and its heads [B, H, T, S], where it has some that can be guided."""
    if isinstance(part, ExplainingPart):
        return part.explain(inputs, context, training=training)
    return part(inputs, context=context, training=training), None
