"""How self-attention knows distances, against numpy that goes from pair to pair."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from keras import ops

from trainer.models.parts.attention import SelfAttention
from trainer.models.parts.buckets import BUCKETS, LONGEST, Buckets
from trainer.models.parts.part import MASKED, Context
from trainer.models.parts.relation import Relation
from trainer.models.parts.relative import Relative
from trainer.models.parts.rotary import Rotary
from trainer.models.parts.windowed import WindowedSelfAttention

D, H, T = 8, 2, 7


def _made(part: Any) -> Any:
    """Built, and with weights far from zero."""
    draws = np.random.default_rng(4)
    part.build((None, None, D))
    for variable in part.trainable_variables:
        variable.assign(draws.normal(size=variable.shape, scale=0.7))
    return part


def _inputs(batch: int = 2, length: int = T) -> Any:
    return ops.convert_to_tensor(np.random.default_rng(5).normal(size=(batch, length, D)), "float32")


def _softmax(logits: np.ndarray) -> np.ndarray:
    grown = np.exp(logits - logits.max())
    return grown / grown.sum()


def test_relative_positions_equal_a_loop_over_pairs() -> None:
    """Shaw et al. 2018, equations 3 and 4, one query and one key after another."""
    part = _made(SelfAttention(D, H, "attention", Relative(D // H, 2, "relative")))
    inputs = _inputs()
    mask = np.triu(np.ones((T, T), np.float32), 1)[None, None] * MASKED
    outputs = ops.convert_to_numpy(part(inputs, context=Context(mask)))
    query, key, value = (ops.convert_to_numpy(array) for array in part.read(inputs, ops.arange(T)))
    of_keys, of_values = (ops.convert_to_numpy(table) for table in (part.relation.keys, part.relation.values))
    heads = np.zeros((2, T, H, D // H), np.float32)
    for row, head, here in np.ndindex(2, H, T):
        places = [max(-2, min(2, there - here)) + 2 for there in range(here + 1)]
        logits = [
            query[row, head, here] @ (key[row, head, there] + of_keys[place]) / math.sqrt(D // H)
            for there, place in enumerate(places)
        ]
        for there, weight in enumerate(_softmax(np.array(logits))):
            heads[row, here, head] += weight * (value[row, head, there] + of_values[places[there]])
    expected = ops.convert_to_numpy(part.output_projection(heads.reshape(2, T, D)))
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_the_product_of_turned_vectors_depends_on_their_distance_alone() -> None:
    """Su et al. 2021, equation 16; a place turns the first pair by itself in radians."""
    rotary = Rotary(4, "rotary")
    query, key = np.random.default_rng(6).normal(size=(2, 1, 1, 1, 4)).astype(np.float32)

    def product(first: int, second: int) -> float:
        turned = [rotary.turn(vector, np.array([place])) for vector, place in ((query, first), (key, second))]
        return float(ops.sum(turned[0] * turned[1]))

    assert product(3, 5) == pytest.approx(product(103, 105), abs=1e-4)
    assert product(3, 5) != pytest.approx(product(3, 6), abs=1e-2)
    turned = ops.convert_to_numpy(rotary.turn(np.array([[[[1.0, 0, 0, 1]]]], np.float32), np.array([2])))
    expected = [math.cos(2), math.sin(2), -math.sin(0.02), math.cos(0.02)]
    np.testing.assert_allclose(turned[0, 0, 0], expected, atol=1e-6)
    together = rotary.turn(np.concatenate([query, query]), np.array([[1], [8]]))
    np.testing.assert_allclose(together[1:], rotary.turn(query, np.array([8])), atol=1e-6)


@pytest.mark.parametrize("both_ways", [True, False])
def test_buckets_hold_near_distances_alone_and_far_ones_by_their_logarithm(both_ways: bool) -> None:
    """T5's: of 16 buckets backwards 8 hold one distance each, of 32 the first 16."""
    buckets = _made(Buckets(H, "buckets", both_ways=both_ways))
    places = buckets.places
    behind = {far: places[LONGEST - far] for far in range(LONGEST + 1)}
    ahead = {far: places[LONGEST + far] for far in range(1, LONGEST + 1)}
    exact = 8 if both_ways else 16
    assert [behind[far] for far in range(exact + 1)] == list(range(exact + 1))
    if both_ways:
        # 8 + 8 log(d / 8) / log 16: 11 from 8 * 16 ** (3 / 8) = 22.6 on.
        assert (behind[22], behind[23], behind[127], behind[128]) == (10, 11, 15, 15)
        assert {far: ahead[far] - behind[far] for far in ahead} == dict.fromkeys(ahead, BUCKETS // 2)
    else:
        assert (behind[20], behind[21], behind[128]) == (17, 18, 31)
        assert set(ahead.values()) == {0}
    logits = ops.convert_to_numpy(buckets.weigh(np.zeros((1, H, 2, 5), np.float32), None))[0]
    table = ops.convert_to_numpy(buckets.table)
    # Queries stand at places 3 and 4.
    for query, key in np.ndindex(2, 5):
        np.testing.assert_allclose(logits[:, query, key], table[places[LONGEST + key - query - 3]])


RELATIONS = {
    "relative": lambda: Relative(D // H, 2, "relative"),
    "rotary": lambda: Rotary(D // H, "rotary"),
    "buckets": lambda: Buckets(H, "buckets", both_ways=True),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_with_a_relation_order_matters(name: str) -> None:
    """Without one, self-attention takes its inputs for a set."""
    inputs = _inputs(1)
    context = Context(np.zeros((1, 1, 1, T), np.float32))

    def moved(relation: Relation | None) -> float:
        part = _made(SelfAttention(D, H, "attention", relation))
        before, after = part(inputs, context=context), part(inputs[:, ::-1], context=context)[:, ::-1]
        return float(ops.max(ops.abs(before - after)))

    assert moved(None) < 1e-5
    assert moved(RELATIONS[name]()) > 1e-2


def _band(length: int, window: int, first: int, both_ways: bool) -> np.ndarray:
    """Mask [1, 1, T, T] of what a window leaves to see."""
    query, key = np.indices((length, length))
    near = abs(query - key) <= window
    seen = near | (key < first) | (query < first) if both_ways else (near | (key < first)) & (key <= query)
    return np.where(seen, 0.0, MASKED).astype(np.float32)[None, None]


@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize(
    ("length", "window", "first"),
    [(1, 2, 1), (5, 1, 0), (6, 2, 1), (7, 3, 2), (13, 3, 5), (4, 9, 1), (2, 1, 3)],
)
def test_a_window_is_full_attention_under_a_band(
    length: int, window: int, first: int, both_ways: bool
) -> None:
    options = {"window": window, "global_pieces": first, "both_ways": both_ways}
    windowed = _made(WindowedSelfAttention(D, H, "a", **options, relation=Rotary(D // H, "rotary")))
    full = _made(SelfAttention(D, H, "b", Rotary(D // H, "rotary")))
    inputs = _inputs(3, length)
    padded = np.arange(length)[None] >= np.array([length, max(1, length - 2), 1])[:, None]
    padding = np.where(padded, MASKED, 0.0).astype(np.float32)[:, None, None]
    mask = _band(length, window, first, both_ways)
    if both_ways:
        mask = mask + padding
    outputs = ops.convert_to_numpy(windowed(inputs, context=Context(padding)))
    expected = ops.convert_to_numpy(full(inputs, context=Context(mask)))
    np.testing.assert_allclose(outputs[~padded], expected[~padded], atol=1e-5)


def test_what_a_decoders_window_remembers_stops_growing() -> None:
    part = _made(WindowedSelfAttention(D, H, "a", window=3, global_pieces=2, both_ways=False))
    state = part.start(type("Memory", (), {"states": np.zeros((2, 4, D), np.float32)}))
    sizes = []
    for place in range(T):
        state = part.step(_inputs()[:, place : place + 1], state).state
        sizes.append(state.keys.shape[2])
    assert sizes == [1, 2, 3, 4, 5, 5, 5]
