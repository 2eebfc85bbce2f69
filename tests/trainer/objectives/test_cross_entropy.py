"""The smoothed loss, worked out by hand."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from trainer.objectives.cross_entropy import smoothed_cross_entropy


def test_a_sure_answer_costs_what_smoothing_says() -> None:
    # z = [20, 0], label 0: -log p(0) ~ 0 and -log p(1) ~ 20, so the loss is 0.1 / 2 * 20 = 1.
    losses = smoothed_cross_entropy(np.array([[20.0, 0.0]], "float32"), np.array([0]), 0.1)
    np.testing.assert_allclose(losses, [1.0], rtol=1e-5)


def test_without_knowledge_the_loss_is_the_logarithm_of_the_vocabulary() -> None:
    losses = smoothed_cross_entropy(np.full((2, 8), 3.0, "float32"), np.array([0, 7]), 0.3)
    np.testing.assert_allclose(losses, [np.log(8)] * 2, rtol=1e-6)


@examples(50)
@given(st.integers(2, 9), st.integers(1, 6), st.floats(0, 0.9), st.integers(0, 10_000))
def test_the_loss_is_the_cross_entropy_with_smoothed_one_hot_labels(
    vocabulary: int, rows: int, smoothing: float, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    logits = chance.normal(scale=5, size=(rows, vocabulary))
    labels = chance.integers(0, vocabulary, rows)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    q = (1 - smoothing) * np.eye(vocabulary)[labels] + smoothing / vocabulary
    given_logits = tf.constant(logits, "float32")
    with tf.GradientTape() as tape:
        tape.watch(given_logits)
        losses = smoothed_cross_entropy(given_logits, tf.constant(labels), smoothing)
    np.testing.assert_allclose(losses, -(q * log_p).sum(-1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(tape.gradient(losses, given_logits), np.exp(log_p) - q, atol=1e-5)


def test_the_loss_and_its_gradient_stay_finite_where_the_label_has_no_probability() -> None:
    logits = tf.constant([[300.0, -300.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = smoothed_cross_entropy(logits, tf.constant([1]), 0.0)
    np.testing.assert_allclose(loss, [600.0])
    np.testing.assert_allclose(tape.gradient(loss, logits), [[1.0, -1.0, 0.0]])
