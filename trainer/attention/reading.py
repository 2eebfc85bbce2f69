"""The heads of a translator while it is given sentence pairs (teacher forcing).

Notation: `B` batch, `H` heads, `S` source length, `T` target length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from trainer.models.base import Explaining, Headed, Translator
from trainer.objectives.cross_entropy import labels_loss
from trainer.vocabulary import BOS, EOS, PAD, Vocabulary

_ROWS = 16
"""Pairs at once: of each there are the logits of all its pieces."""


class SeenPair(NamedTuple):
    """A sentence pair, and what was seen of it."""

    source: np.ndarray
    """[S] int32, the end the last."""
    target: np.ndarray
    """[T] int32, the end the last."""
    heads: list[np.ndarray]
    """Of each layer that looks at the source [H, T, S]: where it looked for each target piece."""
    importances: list[np.ndarray] | None
    """Of each layer [H], see `HeadFacts`; None where they cannot be known."""


def encode(
    pairs: Sequence[tuple[str, str]], vocabulary: Vocabulary, longest: int
) -> list[tuple[list[int], list[int]]]:
    """The ids of the pairs that have a piece on each side, and no more than `longest`, the end counted."""
    sources = vocabulary.encode_source([source for source, _ in pairs])
    targets = vocabulary.encode_target([target for _, target in pairs])
    return [
        (source, target)
        for source, target in zip(sources, targets, strict=True)
        if all(1 < len(side) <= longest for side in (source, target))
    ]


def read_heads(translator: Translator, pairs: Sequence[tuple[list[int], list[int]]]) -> Iterator[SeenPair]:
    """What the heads do with pairs of ids, ends included."""
    for first in range(0, len(pairs), _ROWS):
        yield from _read(translator, pairs[first : first + _ROWS])


def _read(translator: Translator, pairs: Sequence[tuple[list[int], list[int]]]) -> Iterator[SeenPair]:
    source = _padded([source for source, _ in pairs])
    labels = _padded([target for _, target in pairs])
    given = tf.pad(labels[:, :-1], [[0, 0], [1, 0]], constant_values=BOS)
    with tf.GradientTape() as tape:
        states, heads = decode_heads(translator, given, translator.encode(source))
        loss = labels_loss(translator, states, labels, 0.0)
    # The gradient by one number that scales a head is that by its weights, times these: what is expected of a
    # head that is left out (Michel et al. 2019, https://arxiv.org/abs/1905.10650, section 4.1).
    slopes = tape.gradient(loss, heads)
    products = [
        None if slope is None else slope * looked for slope, looked in zip(slopes, heads, strict=True)
    ]
    seen = [keras.ops.convert_to_numpy(looked) for looked in heads]
    effects = [np.abs(np.sum(product, axis=(2, 3))) for product in products if product is not None]
    for row, (ours, theirs) in enumerate(pairs):
        yield SeenPair(
            np.array(ours, np.int32),
            np.array(theirs, np.int32),
            [layer[row, :, : len(theirs), : len(ours)] for layer in seen],
            [effect[row] / len(theirs) for effect in effects] if len(effects) == len(heads) else None,
        )


def decode_heads(translator: Translator, target: Any, memory: Any) -> tuple[Any, tuple[Any, ...]]:
    """See `Headed`; a translator that tells of no heads has one layer of one head: what explains it."""
    if isinstance(translator, Headed):
        return translator.decode_heads(target, memory)
    assert isinstance(translator, Explaining)
    states, attention = translator.decode_explained(target, memory)
    return states, (attention[:, None],)


def text_of(ids: Any) -> Any:
    """Ids without their end, which is padding then."""
    return tf.where(ids == EOS, PAD, ids)


def _padded(rows: Sequence[Sequence[int]]) -> tf.Tensor:
    return tf.ragged.constant(rows, dtype=tf.int32).to_tensor(PAD)
