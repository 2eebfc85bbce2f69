"""A loop along a sequence.

Notation: `N` rows, `T` length, `X` width of one thing that is read, `D` width of one that moves on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import keras
from keras import ops

from trainer.models.base import Tensor

Moving = TypeVar("Moving")
"""A nest of tensors [N, D] float32."""


def scan(
    advance: Callable[[Moving, list[Tensor]], Moving], first: Moving, read: Sequence[Tensor]
) -> tuple[Moving, Moving]:
    """Go through `read`, [N, T, X] each: `advance` makes of what has moved on so far, and of one place of
    each [N, X] float32, what moves on.

    They are joined and split again: on TensorFlow `keras.ops.scan` of Keras 3.12 takes one tensor alone where
    T is known only when the graph runs.

    Returns:
        What moved on at the end, and at every place, [N, T, D].
    """
    ends = list(itertools.accumulate(part.shape[-1] for part in read))[:-1]
    joined = ops.concatenate([ops.cast(part, "float32") for part in read], axis=-1)

    def move(before: Moving, here: Tensor) -> tuple[Moving, Moving]:
        after = advance(before, list(ops.split(here, ends, axis=-1)))
        return after, after

    last, states = ops.scan(move, first, _along_time(joined))
    return last, keras.tree.map_structure(_along_time, states)


def _along_time(tensor: Tensor) -> Tensor:
    """[N, T, D] → [T, N, D], and back."""
    return ops.transpose(tensor, (1, 0, 2))
