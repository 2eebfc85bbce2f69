"""Each part against values worked out by hand, and stepping against all positions at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from trainer.models.base import ARCHITECTURES
from trainer.models.parts.attention import CrossAttention, SelfAttention
from trainer.models.parts.average_attention import AverageAttention
from trainer.models.parts.block import Block, SubLayer
from trainer.models.parts.buckets import Buckets
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.feed_forward import ACTIVATIONS, FeedForward
from trainer.models.parts.norm import LayerNorm, RMSNorm
from trainer.models.parts.part import MASKED, Context, Encoded
from trainer.models.parts.positions import LearnedPositions, SinusoidsInHalves, sinusoids
from trainer.models.parts.relative import Relative
from trainer.models.parts.residual import Residual
from trainer.models.parts.rotary import Rotary
from trainer.models.parts.ssru import SSRU
from trainer.models.parts.windowed import WindowedSelfAttention

D = 8


def recurrence() -> Any:
    """The part that a test's architecture brings along."""
    return ARCHITECTURES.module("gated").Recurrence(D, "recurrence")


def block() -> Block:
    """Two kinds of attention, each in a residual of its own kind."""
    first, second = SelfAttention(D, 2, "self"), CrossAttention(D, 2, "cross")
    ends = Residual(D, "pre", 0.3, "first"), Residual(D, "post", 0.3, "second")
    return Block([SubLayer(first, ends[0]), SubLayer(second, ends[1])], "block")


PARTS: dict[str, Callable[[], Any]] = {
    "self-attention": lambda: SelfAttention(D, 2, "attention"),
    "relative": lambda: SelfAttention(D, 2, "attention", Relative(D // 2, 2, "relative")),
    "buckets": lambda: SelfAttention(D, 2, "attention", Buckets(2, "buckets", both_ways=False)),
    "rotary": lambda: SelfAttention(D, 2, "attention", Rotary(D // 2, "rotary")),
    "window": lambda: WindowedSelfAttention(
        D, 2, "attention", window=2, global_pieces=1, both_ways=False, relation=Rotary(D // 2, "rotary")
    ),
    "average": lambda: AverageAttention(D, FeedForward(D, 12, 0.3, "feed_forward"), "average"),
    "ssru": lambda: SSRU(D, "ssru"),
    "swiglu": lambda: FeedForward(D, 12, 0.3, "feed_forward", "swiglu"),
    "cross-attention": lambda: CrossAttention(D, 2, "attention"),
    "feed-forward": lambda: FeedForward(D, 12, 0.3, "feed_forward"),
    "recurrence": recurrence,
    "block": block,
}


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("name", PARTS)
def test_a_part_gives_the_same_in_steps_as_all_at_once(name: str) -> None:
    keras.utils.set_random_seed(2)
    part = PARTS[name]()
    part.build((None, None, D))
    draws = np.random.default_rng(2)
    inputs = ops.convert_to_tensor(draws.normal(size=(3, 5, D)), "float32")
    padding = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]], np.float32)[:, None, None] * MASKED
    memory = Encoded(ops.convert_to_tensor(draws.normal(size=(3, 4, D)), "float32"), padding)
    later = np.triu(np.ones((5, 5), np.float32), 1)[None, None] * MASKED
    expected = ops.convert_to_numpy(part(inputs, context=Context(later, memory)))
    state = part.start(memory)
    for place in range(5):
        result = part.step(inputs[:, place : place + 1], state)
        state = result.state
        np.testing.assert_allclose(result.outputs[:, 0], expected[:, place], atol=1e-5)
        if result.heads is not None:
            heads = ops.convert_to_numpy(result.heads)
            np.testing.assert_allclose(heads.sum(axis=2), np.ones(heads.shape[:2]), rtol=1e-5)
            assert not heads.swapaxes(1, 2)[padding[:, 0, 0] < 0].any()
    assert expected.shape == (3, 5, D)


def test_dropout_acts_in_training_only_and_keeps_the_mean() -> None:
    layer = CheapDropout(0.25)
    ones = np.ones((1000, 101), np.float32)
    np.testing.assert_array_equal(layer(ones), ones)
    dropped = ops.convert_to_numpy(layer(ones, training=True))
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((dropped == 0).mean() - 0.25) < 0.01
    assert abs(dropped.mean() - 1) < 0.02


def test_sublayers_equal_numpy_worked_out_by_hand() -> None:
    """One head, one query: softmax of two scaled dot products, then the values' mean by those weights."""
    layer = CrossAttention(2, 1, "attention")
    layer.build((None, None, 2))
    query, key, value = (
        np.array(x, np.float32)[None, None] for x in ([[1, 0]], [[2, 0], [0, 2]], [[1, 2], [3, 4]])
    )
    layer.output_projection.set_weights([np.eye(2), np.zeros(2)])
    context, weights = layer.attend(query, key, value, 0.0)
    first = np.exp(2 / 2**0.5) / (np.exp(2 / 2**0.5) + 1)
    np.testing.assert_allclose(weights[0, 0, 0], [first, 1 - first], rtol=1e-6)
    np.testing.assert_allclose(
        context[0, 0], first * np.array([1, 2]) + (1 - first) * np.array([3, 4]), rtol=1e-6
    )


def test_activations_equal_their_formulas() -> None:
    numbers = np.array([[[-2.0, -0.5, 0.5, 2.0]]], np.float32)
    normal = np.array([0.02275013, 0.30853754, 0.69146246, 0.97724987])  # P(x) of the normal distribution
    sigmoid = 1 / (1 + np.exp(-numbers))
    expected = {
        "relu": [[[0, 0, 0.5, 2.0]]],
        "gelu": numbers * normal,
        "swiglu": (numbers * sigmoid)[..., :2] * numbers[..., 2:],
    }
    for name, activation in ACTIVATIONS.items():
        np.testing.assert_allclose(activation.function(numbers), expected[name], atol=1e-6)


def test_norms_equal_their_formulas() -> None:
    numbers = np.array([[1.0, 2.0, 3.0, 6.0]], np.float32)
    for kind, expected in (
        (LayerNorm, (numbers - 3) / 3.5**0.5),
        (RMSNorm, numbers / 12.5**0.5),
    ):
        norm = kind(4, "norm")
        norm.build()
        np.testing.assert_allclose(norm(numbers), expected, atol=1e-5)
        norm.gamma.assign([2, 2, 2, 2])
        np.testing.assert_allclose(norm(numbers), 2 * expected, atol=1e-5)


def test_positions_in_halves_are_the_same_numbers_and_learned_ones_end_with_the_last() -> None:
    vectors = np.zeros((1, 3, 6), np.float32)
    in_turn, halves = (
        ops.convert_to_numpy(positions(vectors, start_index=4))[0]
        for positions in (sinusoids(), SinusoidsInHalves(6))
    )
    np.testing.assert_allclose(halves, np.concatenate([in_turn[:, ::2], in_turn[:, 1::2]], 1), atol=1e-5)
    learned = LearnedPositions(2, 3)
    learned.build()
    learned.table.assign([[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(learned(vectors, start_index=1)[0], [[3, 4], [5, 6], [5, 6]])


def test_a_factorised_table_is_led_to_the_width() -> None:
    layer = Embedding(5, 3, 0.0, None, "embedding", inner=2)
    layer.build()
    layer.table.assign(np.arange(10).reshape(5, 2))
    kernel, bias = np.array([[1, 0, 2], [0, 1, 3]]), np.array([0, 0, 1])
    layer.widening.set_weights([kernel, bias])
    expected = 2**0.5 * np.array([[6, 7], [2, 3]]) @ kernel + bias
    np.testing.assert_allclose(layer(np.array([[3, 1]]))[0], expected, rtol=1e-6)


def test_an_embedding_has_positions_or_none() -> None:
    with_positions, without = (
        Embedding(5, 4, 0.0, positions, "embedding") for positions in (sinusoids(), None)
    )
    for layer in (with_positions, without):
        layer.build()
        layer.table.assign(np.arange(20).reshape(5, 4))
    ids = np.array([[3, 1]])
    np.testing.assert_allclose(without(ids)[0], 2.0 * np.array([[12, 13, 14, 15], [4, 5, 6, 7]]))
    difference = ops.convert_to_numpy(with_positions(ids, start_index=1) - without(ids))[0]
    angles = np.array([[1, 0.01], [2, 0.02]])
    np.testing.assert_allclose(difference[:, ::2], np.sin(angles), atol=1e-5)
    np.testing.assert_allclose(difference[:, 1::2], np.cos(angles), atol=1e-5)
