"""One optimizer step: several batches or devices equal one large batch; gradients are clipped as a whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.config import TrainingConfig
from trainer.errors import TrainingDivergedError
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.objectives.cross_entropy import count_labels, loss_sum, smoothed_cross_entropy
from trainer.training.moving_average import MovingAverage
from trainer.training.step import TrainingStep
from trainer.vocabulary import BOS, EOS, PAD

V = 30
Batch = tuple[np.ndarray, np.ndarray]


def batch_of(rows: int, source_length: int, target_length: int, seed: int = 0) -> Batch:
    """Rows of random pieces, every second one padded."""
    chance = np.random.default_rng(seed)
    source, target = (
        chance.integers(4, V, (rows, n)).astype("int32") for n in (source_length, target_length)
    )
    source[:, -1] = target[:, -1] = EOS
    target[:, 0] = BOS
    source[1::2, 2:] = target[1::2, 3:] = PAD
    source[1::2, 1] = target[1::2, 2] = EOS
    return source, target


class TeacherForcing:
    """Of an objective what a step needs, and no vocabulary: the loss of translation."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        ids = tf.TensorSpec([None, None], tf.int32)
        self.batch = (ids, ids)

    def count_labels(self, batch: Any) -> tf.Tensor:
        return count_labels(batch[1])

    def loss(self, batch: Any, *, training: bool) -> tf.Tensor:
        return loss_sum(self._translator, *batch, 0.1, training=training)


def step_of(
    translator: Translator,
    optimizer: Any,
    config: TrainingConfig,
    strategy: Any = None,
    averages: MovingAverage | None = None,
) -> TrainingStep:
    """A step of teacher forcing."""
    objective: Any = TeacherForcing(translator)
    strategy = strategy or tf.distribute.get_strategy()
    weights = translator.trainable_variables
    return TrainingStep(objective, weights, optimizer, config, strategy, averages)


def _step(model: TransformerConfig, rate: float = 1.0, **training: Any) -> tuple[TrainingStep, Translator]:
    """Plain descent at rate 1 shows the gradient as it is; a step of Adam would show little but its sign."""
    keras.utils.set_random_seed(1)
    translator = build_translator(model, V, V, shared=True)
    optimizer = keras.optimizers.SGD(rate)
    optimizer.build(translator.trainable_variables)
    config = TrainingConfig(**{"clip_norm": 1000.0, **training})
    return step_of(translator, optimizer, config), translator


def _weights(translator: Translator) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable).copy() for variable in translator.trainable_variables]


def test_the_loss_is_the_mean_over_the_pieces_that_are_not_padding(tiny: TransformerConfig) -> None:
    step, translator = _step(tiny)
    source, target = batch_of(5, 6, 7)
    logits = keras.ops.convert_to_numpy(translator((source, target[:, :-1])))
    real = target[:, 1:] != PAD
    losses = smoothed_cross_entropy(tf.constant(logits[real]), tf.constant(target[:, 1:][real]), 0.1)
    assert step.run([(source, target)]).loss == pytest.approx(float(np.mean(losses)), rel=1e-5)


def test_batches_accumulated_equal_one_batch_of_all_rows(tiny: TransformerConfig) -> None:
    source, target = batch_of(16, 6, 7)
    whole, expected = _step(tiny)
    loss = whole.run([(source, target)]).loss
    parts, accumulated = _step(tiny, accumulate=3)
    # Parts of different sizes: the mean is over pieces, not over batches.
    cuts = [slice(0, 1), slice(1, 6), slice(6, 16)]
    assert parts.run([(source[cut], target[cut]) for cut in cuts]).loss == pytest.approx(loss, rel=1e-5)
    for ours, theirs in zip(_weights(accumulated), _weights(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_the_gradient_is_clipped_by_its_norm_over_all_weights(tiny: TransformerConfig) -> None:
    def move(clip_norm: float) -> np.ndarray:
        step, translator = _step(tiny, clip_norm=clip_norm)
        before = _weights(translator)
        step.run([batch_of(8, 6, 7)])
        after = _weights(translator)
        return np.concatenate([(b - a).ravel() for a, b in zip(before, after, strict=True)])

    free, clipped = move(1000.0), move(0.01)
    assert np.linalg.norm(free) > 0.1
    assert np.linalg.norm(clipped) == pytest.approx(0.01, rel=1e-3)
    direction = free @ clipped / np.linalg.norm(free) / np.linalg.norm(clipped)
    assert direction == pytest.approx(1, abs=1e-4)


def test_a_gradient_that_is_not_finite_is_caught_before_it_reaches_a_weight(
    tiny: TransformerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, translator = _step(tiny)
    loss_of = TeacherForcing.loss

    @tf.custom_gradient
    def poison(loss: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return loss, lambda gradient: gradient * float("nan")

    def poisoned(objective: TeacherForcing, batch: Any, *, training: bool) -> tf.Tensor:
        return poison(loss_of(objective, batch, training=training))

    monkeypatch.setattr(TeacherForcing, "loss", poisoned)
    before = _weights(translator)
    with pytest.raises(
        TrainingDivergedError, match=r"gradients is not finite at step 1: lower training\.learning_rate \(now"
    ):
        step.run([batch_of(4, 6, 7)])
    for ours, theirs in zip(_weights(translator), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_weights_that_an_objective_does_not_use_stay(
    tiny: TransformerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, translator = _step(tiny, rate=0.1)
    used, *others = translator.trainable_variables

    def square(_objective: TeacherForcing, batch: Any, *, training: bool) -> tf.Tensor:
        assert training
        return tf.reduce_sum(tf.square(used.value)) * tf.cast(count_labels(batch[1]), tf.float32)

    monkeypatch.setattr(TeacherForcing, "loss", square)
    before = _weights(translator)
    step.run([batch_of(4, 6, 7)])
    after = _weights(translator)
    assert len(others) == len(after) - 1
    np.testing.assert_allclose(after[0], 0.8 * before[0], rtol=1e-5)
    for ours, theirs in zip(after[1:], before[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_batches_of_any_shape_share_one_graph(tiny: TransformerConfig) -> None:
    step, _ = _step(tiny)
    for rows, source_length, target_length in ((3, 4, 5), (1, 9, 4), (6, 4, 8)):
        step.run([batch_of(rows, source_length, target_length)])
    assert step._graph.experimental_get_tracing_count() == 1


def test_bfloat16_products_keep_weights_in_float32_and_the_loss_near(tiny: TransformerConfig) -> None:
    batch = batch_of(8, 6, 7)
    exact = _step(tiny)[0].run([batch]).loss
    keras.utils.set_random_seed(1)
    translator = build_translator(tiny, V, V, shared=True, precision="bfloat16")
    assert translator.compute_dtype == "bfloat16"
    optimizer = keras.optimizers.SGD(1.0)
    step = step_of(translator, optimizer, TrainingConfig())
    assert step.run([batch]).loss == pytest.approx(exact, rel=0.01)
    assert {weights.dtype for weights in _weights(translator)} == {np.dtype("float32")}


MIRRORED = """
import json, sys
import keras, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tests.trainer.training.test_step import V, batch_of, step_of
from trainer.config import TrainingConfig
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.training.learning_rate import build_optimizer
from trainer.training.machines import gather
from trainer.training.moving_average import MovingAverage

def losses(strategy_name, dropout, **training):
    strategy = gather(TrainingConfig(strategy=strategy_name)).strategy
    keras.utils.set_random_seed(1)
    with strategy.scope():
        sizes = dict(encoder_layers=1, decoder_layers=1, width=16, feed_forward=32, heads=2)
        model = TransformerConfig(dropout=dropout, **sizes)
        translator = build_translator(model, V, V, shared=True)
        rate = dict(learning_rate=0.5, schedule="constant", warmup_steps=1)
        config = TrainingConfig(**{"clip_norm": 0.5, "optimizer": "sgd", **rate, **training})
        optimizer, _ = build_optimizer(config, translator.trainable_variables)
        averages = MovingAverage(translator.trainable_variables, 0.9)
    step = step_of(translator, optimizer, config, strategy, averages)
    found = []
    # One row: the second replica has none.
    for rows, source, target in ((6, 5, 4), (5, 6, 7), (1, 3, 4), (9, 5, 5)):
        found.append(step.run([batch_of(rows, source, target)]).loss)
    weights, averaged = (
        np.concatenate([keras.ops.convert_to_numpy(variable).ravel() for variable in variables]).tolist()
        for variables in (translator.trainable_variables, averages.variables)
    )
    return {
        "replicas": strategy.num_replicas_in_sync,
        "losses": found,
        "traces": step._graph.experimental_get_tracing_count(),
        "weights": weights,
        "averaged": averaged,
    }

print(json.dumps({
    "one": losses("one", 0.0),
    "mirrored": losses("mirrored", 0.0),
    "mirrored dropout": losses("mirrored", 0.3),
    "mirrored adafactor": losses("mirrored", 0.0, optimizer="adafactor", learning_rate=0.01),
    "mirrored decay": losses("mirrored", 0.0, optimizer={"name": "adamw", "weight_decay": 0.9}),
}))
"""


@pytest.fixture(scope="module")
def mirrored(
    start_python: Callable[..., subprocess.Popen[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """TensorFlow cannot have two logical CPUs once it has started, so another process runs them."""
    script: Path = tmp_path_factory.mktemp("mirrored") / "mirrored.py"
    script.write_text(MIRRORED)
    process = start_python(script)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output.splitlines()[-1])


def test_two_devices_equal_one(mirrored: dict[str, Any]) -> None:
    alone, together = mirrored["one"], mirrored["mirrored"]
    assert (alone["replicas"], together["replicas"]) == (1, 2)
    assert together["losses"] == pytest.approx(alone["losses"], rel=1e-5)
    np.testing.assert_allclose(together["weights"], alone["weights"], atol=2e-6)
    np.testing.assert_allclose(together["averaged"], alone["averaged"], atol=2e-6)
    assert np.abs(np.subtract(alone["averaged"], alone["weights"])).max() > 1e-3


def test_other_optimizers_work_on_two_devices(mirrored: dict[str, Any]) -> None:
    for name in ("mirrored adafactor", "mirrored decay"):
        assert mirrored[name]["replicas"] == 2
        assert np.isfinite(mirrored[name]["losses"]).all()
        assert mirrored[name]["weights"] != pytest.approx(mirrored["mirrored"]["weights"], abs=1e-3)


def test_two_devices_trace_one_graph_for_batches_of_any_shape(mirrored: dict[str, Any]) -> None:
    assert {run["traces"] for run in mirrored.values()} == {1}


def test_dropout_works_on_two_devices(mirrored: dict[str, Any]) -> None:
    """Both replicas draw the same bits (their seeds are mirrored), for rows that are not the same."""
    losses = mirrored["mirrored dropout"]["losses"]
    assert np.isfinite(losses).all()
    assert losses != pytest.approx(mirrored["mirrored"]["losses"], rel=1e-4)
