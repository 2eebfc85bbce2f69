"""Greedy search: the likeliest piece at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from trainer.search.interface import Constraint, Decoder, Hypotheses
from trainer.search.walk import walk


def greedy_search(
    decoder: Decoder,
    state: Any,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    source_lengths: tf.Tensor,
    length_alpha: float = 0.0,
    coverage_beta: float = 0.0,
    constraints: Sequence[Constraint] = (),
) -> Hypotheses:
    """One hypothesis [B, 1, T] for each sentence. Args: as of `beam_search`, with K = 1."""

    def likeliest(logits: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        del time, rows
        return tf.argmax(logits, axis=1, output_type=tf.int32)

    return walk(
        decoder,
        state,
        likeliest,
        start=start,
        end=end,
        limits=limits,
        source_lengths=source_lengths,
        length_alpha=length_alpha,
        coverage_beta=coverage_beta,
        constraints=constraints,
    )
