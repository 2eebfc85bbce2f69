"""The moving average of the weights: by hand, in a training, and across a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.models.transformer import TransformerConfig
from trainer.training import train
from trainer.training.checkpoint import read_arrays
from trainer.training.moving_average import MovingAverage
from trainer.training.step import TrainingStep
from trainer.vocabulary import Vocabulary


def test_it_warms_up_and_then_decays() -> None:
    weight = keras.Variable(np.float32([11.0]))
    average = MovingAverage([weight], 0.5)
    weight.assign([0.0])
    averages = []
    for updates in (1, 2, 100):
        average.update(updates)
        averages.append(float(keras.ops.convert_to_numpy(average.variables[0])[0]))
    # Kept: 2 / 11, 3 / 12, then 0.5, since 101 / 110 is more.
    assert averages == pytest.approx([2.0, 0.5, 0.25])


def test_it_is_measured_kept_and_goes_on_exactly_after_a_kill(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides = [tf.constant(side, tf.string) for side in zip(*pairs[:40], strict=True)]
    data = tf.data.Dataset.from_tensor_slices(tuple(sides))
    chosen = {"optimizer": "adamw", "schedule": "cosine", "ema": 0.6, "warmup_steps": 2}
    config = settings(**chosen, max_steps=8, evaluate_every=4, checkpoint_seconds=1e-6)
    run, steps, killed_before = TrainingStep.run, [], 6

    def watched(step: TrainingStep, batches: Any) -> Any:
        if len(steps) + 1 == killed_before and not resumed:
            raise KeyboardInterrupt
        before = [keras.ops.convert_to_numpy(variable).copy() for variable in step._averages.variables]
        result = run(step, batches)
        weights, after = (
            [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
            for variables in (step._weights, step._averages.variables)
        )
        steps.append((before, weights, after))
        return result

    resumed = False
    monkeypatch.setattr(TrainingStep, "run", watched)
    with pytest.raises(KeyboardInterrupt):
        train(tiny, config, vocabulary, data, data.take(4), tmp_path)
    resumed = True
    translator, result = train(tiny, config, vocabulary, data, data.take(4), tmp_path)

    assert len(steps) == result.steps == 8
    for number, (before, weights, after) in enumerate(steps, 1):
        kept = min(0.6, (1 + number) / (10 + number))
        if number > 1:
            for ours, theirs in zip(before, steps[number - 2][2], strict=True):
                np.testing.assert_array_equal(ours, theirs)
        for average, weight, updated in zip(before, weights, after, strict=True):
            np.testing.assert_allclose(updated, kept * average + (1 - kept) * weight, atol=1e-6)
    # What was measured and is returned is the average as it was, of no other ones.
    best = read_arrays(tmp_path / "checkpoints" / "best.npz")[0]
    for ours, theirs, left in zip(
        translator.trainable_variables, best, steps[result.best_step - 1][2], strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(theirs, left)


def test_one_average_is_enough() -> None:
    config = TrainingConfig(ema=0.999)
    assert config.average_last == 1
    assert TrainingConfig(**config.model_dump()) == config
    assert "ema" not in TrainingConfig().model_dump()
    with pytest.raises(ValidationError, match="two averages of the same weights: leave average_last out"):
        TrainingConfig(ema=0.999, average_last=5)
    with pytest.raises(ValidationError, match=r"ema\n  Input should be less than 1"):
        TrainingConfig(ema=1.0)
