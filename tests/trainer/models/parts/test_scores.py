"""Scores, windows and attention over recurrent states against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras import ops

from trainer.models.parts.scores import SCORES, AttentionScore
from trainer.models.parts.state_attention import StateAttention
from trainer.models.parts.window import LocalWindow, PredictedWindow

D = 2
Q = np.array([0.5, -1.0], np.float32)
KEYS = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]], np.float32)
W, U = np.array([[[1.0, 2.0], [0.5, -1.0]]]), np.array([[[0.3, -0.2], [0.1, 0.4]]])
V = np.array([[3.0, 4.0]])


def _score(name: str, scale: str) -> AttentionScore:
    score = SCORES[name](1, D, scale)
    score.build()
    return score


def _scores(score: AttentionScore) -> np.ndarray:
    keys = score.keys(ops.convert_to_tensor(KEYS[None, None]))
    return ops.convert_to_numpy(score(ops.convert_to_tensor(Q[None, None, None]), keys))[0, 0, 0]


@pytest.mark.parametrize(("scale", "factor"), [("none", 1.0), ("root", 2**-0.5), ("learned", 3.0)])
def test_dot_and_general(scale: str, factor: float) -> None:
    for name in ("dot", "general"):
        score = _score(name, scale)
        if scale == "learned":
            score.factor.assign([3.0])
        matrix = np.eye(D)
        if name == "general":
            score.kernel.assign(W)
            matrix = W[0].T  # Its keys go through the kernel: q (k W) = q W' k.
        expected = [factor * float(Q @ matrix @ key) for key in KEYS]
        np.testing.assert_allclose(_scores(score), expected, rtol=1e-5)


def test_dot_in_figures() -> None:
    np.testing.assert_allclose(_scores(_score("dot", "none")), [-1.5, -1.0, -3.0])


def _additive(scale: str) -> Any:
    score: Any = _score("additive", scale)
    score.of_query.assign(W)
    score.of_key.assign(U)
    score.vector.assign(V)
    return score


def test_additive() -> None:
    expected = [float(V[0] @ np.tanh(Q @ W[0] + key @ U[0])) for key in KEYS]
    np.testing.assert_allclose(_scores(_additive("none")), expected, rtol=1e-5)


def test_additive_normalised() -> None:
    score = _additive("learned")
    np.testing.assert_allclose(score.factor, [2**-0.5])
    score.factor.assign([2.0])
    score.bias.assign([[0.1, -0.2]])
    expected = [2 * float([0.6, 0.8] @ np.tanh(Q @ W[0] + key @ U[0] + [0.1, -0.2])) for key in KEYS]
    np.testing.assert_allclose(_scores(score), expected, rtol=1e-5)


@pytest.mark.parametrize(("scale", "factor"), [("none", 1.0), ("learned", 5.0)])
def test_cosine(scale: str, factor: float) -> None:
    score = _score("cosine", scale)
    if scale == "learned":
        score.factor.assign([5.0])
    expected = [factor * Q @ key / (np.linalg.norm(Q) * np.linalg.norm(key)) for key in KEYS]
    np.testing.assert_allclose(_scores(score), expected, rtol=1e-5)


@pytest.mark.parametrize("name", SCORES)
def test_heads_are_scored_apart_each_with_its_own_weights(name: str) -> None:
    two_heads = SCORES[name](2, D, "learned")
    two_heads.build()
    draws = np.random.default_rng(1)
    two_heads.set_weights([draws.normal(size=variable.shape) for variable in two_heads.weights])
    query, keys = draws.normal(size=(1, 2, 1, D)), draws.normal(size=(1, 2, 3, D))
    together = two_heads(ops.cast(query, "float32"), two_heads.keys(ops.cast(keys, "float32")))
    for head in range(2):
        one_head = SCORES[name](1, D, "learned")
        one_head.build()
        one_head.set_weights([np.asarray(weight)[head : head + 1] for weight in two_heads.get_weights()])
        here = slice(head, head + 1)
        alone = one_head(
            ops.cast(query[:, here], "float32"), one_head.keys(ops.cast(keys[:, here], "float32"))
        )
        np.testing.assert_allclose(together[:, here], alone, rtol=1e-5)


def _attention(window: LocalWindow | None, *, hard: bool = False) -> StateAttention:
    attention = StateAttention(D, SCORES["dot"](1, D, "none"), window, hard=hard)
    attention.build()
    return attention


def _weights(attention: StateAttention, positions: list[float], **call: Any) -> Any:
    """Contexts and weights of queries that are all Q over keys, of which a second row has only two."""
    states = ops.convert_to_tensor(np.stack([KEYS, KEYS]))
    looked = attention.start(states, ops.convert_to_tensor([[1.0, 1, 1], [1, 1, 0]]))
    queries = np.broadcast_to(Q, (2, len(positions), D))
    at = ops.convert_to_tensor([positions], "float32")
    contexts, weights = attention(ops.convert_to_tensor(queries), looked, at, **call)
    return ops.convert_to_numpy(contexts), ops.convert_to_numpy(weights)


def _softmax(scores: list[float]) -> np.ndarray:
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum()


def test_the_context_is_the_mean_by_the_softmax_and_padding_has_no_weight() -> None:
    contexts, weights = _weights(_attention(None), [0])
    np.testing.assert_allclose(weights[0, 0], _softmax([-1.5, -1, -3]), rtol=1e-5)
    np.testing.assert_allclose(weights[1, 0, :2], _softmax([-1.5, -1]), rtol=1e-5)
    assert weights[1, 0, 2] == 0
    np.testing.assert_allclose(contexts[0, 0], _softmax([-1.5, -1, -3]) @ KEYS, rtol=1e-5)


def test_hard_attention_is_the_argmax_after_training_only() -> None:
    contexts, weights = _weights(_attention(None, hard=True), [0])
    np.testing.assert_array_equal(weights[:, 0], [[0, 1, 0], [0, 1, 0]])
    np.testing.assert_array_equal(contexts[:, 0], [KEYS[1], KEYS[1]])
    in_training = _weights(_attention(None, hard=True), [0], training=True)
    np.testing.assert_allclose(in_training[1], _weights(_attention(None), [0])[1])


def test_local_m_sees_what_is_within_its_reach() -> None:
    _, weights = _weights(_attention(LocalWindow(1)), [0, 2, 9])
    np.testing.assert_allclose(weights[0, 0], [*_softmax([-1.5, -1]), 0], rtol=1e-5)
    np.testing.assert_allclose(weights[0, 1], [0, *_softmax([-1, -3])], rtol=1e-5)
    np.testing.assert_allclose(weights[0, 2], weights[0, 1])  # Past the end: around the last piece.
    np.testing.assert_allclose(weights[1, 2], [*_softmax([-1.5, -1]), 0], rtol=1e-5)


def test_local_p_falls_off_around_what_it_predicts() -> None:
    window = PredictedWindow(1, D)
    attention = _attention(window)
    inner, outer = np.array([[1.0, 0], [0, 1]]), np.array([[2.0], [1.0]])
    window.inner.set_weights([inner])
    window.outer.set_weights([outer])
    contexts, weights = _weights(attention, [0])
    for row, length in ((0, 3), (1, 2)):
        centre = length / (1 + np.exp(-(np.tanh(Q) @ outer[:, 0])))
        inside = [place for place in range(length) if abs(place - centre) <= 1]
        expected = np.zeros(3)
        expected[inside] = _softmax([float(Q @ KEYS[place]) for place in inside])
        expected *= np.exp(-((np.arange(3) - centre) ** 2) / (2 * 0.5**2))
        np.testing.assert_allclose(contexts[row, 0], expected @ KEYS, rtol=1e-4)
        np.testing.assert_allclose(weights[row, 0], expected / expected.sum(), rtol=1e-4)


def test_several_heads_project_and_the_explanation_is_their_mean() -> None:
    attention: Any = StateAttention(D, SCORES["dot"](2, 1, "none"), None, hard=False)
    attention.build()
    query, key_value = np.eye(D) * 2, np.concatenate([np.eye(D), 3 * np.eye(D)], axis=1)
    attention.query.set_weights([query])
    attention.key_value.set_weights([key_value])
    looked = attention.start(ops.convert_to_tensor(KEYS[None]), ops.ones((1, 3)))
    contexts, weights = attention(ops.convert_to_tensor(Q[None, None]), looked, ops.zeros((1, 1)))
    first, second = (_softmax(list(2 * Q[head] * KEYS[:, head])) for head in range(2))
    np.testing.assert_allclose(
        contexts[0, 0], [first @ (3 * KEYS[:, 0]), second @ (3 * KEYS[:, 1])], rtol=1e-5
    )
    np.testing.assert_allclose(weights[0, 0], (first + second) / 2, rtol=1e-5)
