"""Each optimizer's first two updates, worked out by hand: a weight of 2, a rate of 0.1, gradients of 0.5 and
then -0.25.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from contracts.kinds import FOLDERS, add_folders
from contracts.settings import effective, effective_json
from trainer.config import TrainingConfig
from trainer.optimizers.base import OPTIMIZERS
from trainer.training.learning_rate import build_optimizer


def updates(given: Any, shape: tuple[int, ...], *gradients: float, **more: Any) -> list[float]:
    """The weight after each gradient."""
    config = TrainingConfig(optimizer=given, learning_rate=0.1, warmup_steps=1, schedule="constant", **more)
    weight = keras.Variable(np.full(shape, 2.0, "float32"))
    optimizer, _ = build_optimizer(config, [weight])
    weights = []
    for gradient in gradients:
        optimizer.apply([keras.ops.full(shape, gradient)], [weight])
        weights.append(float(keras.ops.convert_to_numpy(weight).ravel()[0]))
    return weights


def test_there_are_these() -> None:
    assert OPTIMIZERS.names() == ("adafactor", "adam", "adamw", "lion", "sgd")


@pytest.mark.parametrize(
    ("given", "shape", "expected"),
    [
        # m: 0.05, 0.02, unbiased 0.5, 0.105263; v with 0.98: 0.005, 0.00615, unbiased 0.25, 0.155303.
        ("adam", (1, 1), [1.9, 1.873289]),
        # The matrix loses a thousandth before each of Adam's updates; a vector nothing.
        ("adamw", (1, 1), [1.898, 1.869391]),
        ("adamw", (1,), [1.9, 1.873289]),
        ({"name": "adamw", "weight_decay": 0.5}, (1, 1), [1.8, 1.8 * 0.95 - 0.0267111]),
        # Signs of 0.9 * 0 + 0.1 * 0.5 and of 0.9 * 0.005 - 0.1 * 0.25.
        ("lion", (1, 1), [1.9, 2.0]),
        ({"name": "lion", "weight_decay": 0.5}, (1, 1), [1.8, 1.81]),
        ("sgd", (1, 1), [1.95, 1.975]),
        # -0.05, then 0.9 * -0.05 + 0.025.
        ({"name": "sgd", "momentum": 0.9}, (1, 1), [1.95, 1.93]),
        # v: 0.25, then with 1 - 2^-0.8 = 0.425651 of it 0.142310; the size of the weight is 2, then 1.8.
        ("adafactor", (1, 1), [1.8, 1.919288]),
    ],
)
def test_the_first_two_updates(given: Any, shape: tuple[int, ...], expected: list[float]) -> None:
    assert updates(given, shape, 0.5, -0.25) == pytest.approx(expected, abs=2e-6)


def test_adam_knows_the_key_of_the_training() -> None:
    # v with 0.5: 0.125, 0.09375, unbiased 0.25, 0.125.
    expected = 1.9 - 0.1 * 0.1052632 / 0.125**0.5
    assert updates("adam", (1, 1), 0.5, -0.25, beta_2=0.5)[1] == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"optimizer": "adamm"}, "there is no optimizer `adamm`: did you mean `adam`"),
        ({"optimizer": {"name": "adamw", "weight_decay": 2}}, r"weight_decay\n  Input should be less than 1"),
        ({"optimizer": {"name": "adam", "weight_decay": 0.1}}, r"weight_decay\n  Extra inputs"),
        ({"optimizer": {"name": "sgd", "nesterov": True}}, "give momentum, as 0.9, beside it"),
        ({"optimizer": {"name": "adafactor", "decay": 0}}, r"decay\n  Input should be greater than 0"),
        ({"optimizer": "lion", "beta_2": 0.9}, "the optimizer lion does not know beta_2: leave it out"),
    ],
)
def test_what_makes_no_optimizer_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValidationError, match=refusal):
        TrainingConfig(**given)


def test_the_default_is_adam_and_is_not_written() -> None:
    assert TrainingConfig(optimizer="adam") == TrainingConfig()
    assert "optimizer" not in TrainingConfig().model_dump()
    chosen = TrainingConfig(optimizer={"name": "adam", "beta_1": 0.8})
    assert chosen.model_dump()["optimizer"] == {"beta_1": 0.8, "epsilon": 1e-9}
    for config in (chosen, TrainingConfig(optimizer="lion")):
        assert TrainingConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("given", "rate", "said"),
    [
        ({}, 0.002, False),
        ({"optimizer": "adamw"}, 0.002, False),
        ({"optimizer": "lion"}, 0.0002, True),
        ({"optimizer": {"name": "sgd", "momentum": 0.9}}, 0.2, True),
        ({"optimizer": "adafactor"}, 0.01, True),
        ({"optimizer": "lion", "learning_rate": 0.002}, 0.002, True),
        ({"optimizer": "lion", "schedule": "noam"}, 0.002, False),
    ],
)
def test_an_optimizer_has_the_rate_that_suits_it_where_none_is_given(
    given: dict[str, Any], rate: float, said: bool
) -> None:
    config = TrainingConfig(**given)
    assert config.learning_rate == rate
    # As another process reads it, and as a checkpoint holds it.
    assert TrainingConfig.model_validate_json(effective_json(config)) == config
    assert TrainingConfig.model_validate_json(config.model_dump_json()) == config
    assert ("learning_rate" in effective(config)) == said


def test_weight_decay_leaves_a_bias_of_any_shape_alone() -> None:
    config = TrainingConfig(
        optimizer={"name": "adamw", "weight_decay": 0.5}, learning_rate=0.1, warmup_steps=1
    )
    weights = [keras.Variable(np.ones((2, 2), "float32"), name=name) for name in ("bias", "kernel")]
    optimizer, _ = build_optimizer(config, weights)
    optimizer.apply([keras.ops.zeros((2, 2))] * 2, weights)
    bias, kernel = (float(keras.ops.convert_to_numpy(weight)[0, 0]) for weight in weights)
    assert bias == 1.0
    assert kernel == pytest.approx(0.95)


HALVING = '''
from typing import Literal

from trainer.optimizers.base import OptimizerConfig


class Halving(OptimizerConfig):
    """Half of what descent would do."""

    name: Literal["halving"] = "halving"

    def build(self, rate, beta_2):
        import keras

        return keras.optimizers.SGD(lambda: rate(0) / 2)
'''


def test_one_in_a_folder_of_the_users_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "optimizers").mkdir()
    (tmp_path / "optimizers" / "halving.py").write_text(HALVING)
    add_folders([tmp_path])
    assert updates("halving", (1, 1), 0.5) == pytest.approx([1.975])
