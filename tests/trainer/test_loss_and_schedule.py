"""The smoothed loss, the learning rate and the average of weights, worked out by hand."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from trainer.training.checkpoint import average
from trainer.training.loss import smoothed_cross_entropy
from trainer.training.schedule import InverseSquareRoot, cooldown_scale


def test_a_sure_answer_costs_what_smoothing_says() -> None:
    # z = [20, 0], label 0: -log p(0) ~ 0 and -log p(1) ~ 20, so the loss is 0.1 / 2 * 20 = 1.
    found = smoothed_cross_entropy(np.array([[20.0, 0.0]], "float32"), np.array([0]), 0.1)
    np.testing.assert_allclose(found, [1.0], rtol=1e-5)


def test_without_knowledge_the_loss_is_the_logarithm_of_the_vocabulary() -> None:
    found = smoothed_cross_entropy(np.full((2, 8), 3.0, "float32"), np.array([0, 7]), 0.3)
    np.testing.assert_allclose(found, [np.log(8)] * 2, rtol=1e-6)


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
        found = smoothed_cross_entropy(given_logits, tf.constant(labels), smoothing)
    np.testing.assert_allclose(found, -(q * log_p).sum(-1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(tape.gradient(found, given_logits), np.exp(log_p) - q, atol=1e-5)


def test_the_loss_and_its_gradient_stay_finite_where_the_label_has_no_probability() -> None:
    logits = tf.constant([[300.0, -300.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = smoothed_cross_entropy(logits, tf.constant([1]), 0.0)
    np.testing.assert_allclose(loss, [600.0])
    np.testing.assert_allclose(tape.gradient(loss, logits), [[1.0, -1.0, 0.0]])


def test_the_learning_rate_rises_then_falls_with_the_root() -> None:
    rate = InverseSquareRoot(0.002, 100)
    steps = [0, 49, 99, 399, 9999]
    np.testing.assert_allclose(
        [float(rate(step)) for step in steps], [0.00002, 0.001, 0.002, 0.001, 0.0002], rtol=1e-5
    )
    assert InverseSquareRoot(**rate.get_config())(49) == rate(49)


def test_in_the_cooldown_the_learning_rate_falls_linearly_to_zero() -> None:
    done = [0, 0.5, 0.75, 0.8, 0.9, 1, 1.1]
    np.testing.assert_allclose([cooldown_scale(one, 0.25) for one in done], [1, 1, 1, 0.8, 0.4, 0, 0])
    assert cooldown_scale(0.99, 0) == 1
    rate = InverseSquareRoot(0.002, 100)
    rate.scale.assign(0.4)
    np.testing.assert_allclose(float(rate(399)), 0.0004, rtol=1e-5)


def test_the_average_is_the_mean_of_each_weight() -> None:
    snapshots = [[np.full(2, x, np.float32), np.float32([[x * x]])] for x in (1, 2, 6)]
    means = average(snapshots)
    np.testing.assert_array_equal(means[0], [3, 3])
    np.testing.assert_allclose(means[1], [[41 / 3]], rtol=1e-6)
    assert means[0].dtype == np.float32
