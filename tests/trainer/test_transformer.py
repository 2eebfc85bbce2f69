"""The model: teacher forcing and steps agree, padding is invisible, weights are what the configuration
says.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from trainer.config import ModelConfig
from trainer.models import Transformer, build_translator
from trainer.vocabulary import BOS, EOS

V = 40
SMALL = {
    "encoder_layers": 2,
    "decoder_layers": 2,
    "width": 16,
    "feed_forward": 24,
    "heads": 4,
    "dropout": 0.5,
}
VARIANTS = [
    {"norm": "pre", "tied_embeddings": True},
    {"norm": "post", "tied_embeddings": True},
    {"norm": "pre", "tied_embeddings": False},
]


def _translator(shared: bool = True, **settings: Any) -> Transformer:
    keras.utils.set_random_seed(3)
    return build_translator(ModelConfig(**{**SMALL, **settings}), V, V, shared=shared)


def _batch() -> tuple[np.ndarray, np.ndarray]:
    """Two sources and two targets, the second of each shorter and padded."""
    source = np.array([[7, 8, 9, 10, EOS], [11, 12, EOS, 0, 0]], np.int32)
    target = np.array([[BOS, 20, 21, 22], [BOS, 23, 24, 0]], np.int32)
    return source, target


@pytest.mark.parametrize("settings", VARIANTS)
def test_steps_give_the_log_probabilities_of_teacher_forcing(settings: dict[str, Any]) -> None:
    translator = _translator(**settings)
    source, target = _batch()
    expected = ops.convert_to_numpy(ops.log_softmax(translator((source, target)), axis=-1))
    state = translator.start(translator.encode(source))
    for position in range(3):
        log_probabilities, state = translator.step(
            ops.convert_to_tensor(target[:, position]), state, position
        )
        np.testing.assert_allclose(log_probabilities, expected[:, position], atol=1e-5)


@pytest.mark.parametrize("settings", VARIANTS)
def test_padding_changes_nothing(settings: dict[str, Any]) -> None:
    translator = _translator(**settings)
    source, target = _batch()
    together = ops.convert_to_numpy(translator((source, target)))
    alone = ops.convert_to_numpy(translator((source[1:, :3], target[1:, :3])))
    np.testing.assert_allclose(together[1:, :3], alone, atol=1e-5)


def test_the_future_is_invisible() -> None:
    translator = _translator()
    source, target = _batch()
    before = ops.convert_to_numpy(translator((source, target)))
    target[:, 3] = 30
    after = ops.convert_to_numpy(translator((source, target)))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert np.abs(before[:, 3] - after[:, 3]).max() > 1e-3


def test_tying_and_sharing_take_tables_away() -> None:
    table = V * SMALL["width"]
    tied, untied = _translator().count_params(), _translator(tied_embeddings=False).count_params()
    assert untied - tied == table
    assert _translator(shared=False).count_params() - tied == table


def test_dropout_acts_in_training_only_and_keeps_the_mean() -> None:
    from trainer.models.layers import CheapDropout

    layer = CheapDropout(0.25)
    ones = np.ones((1000, 101), np.float32)
    np.testing.assert_array_equal(layer(ones), ones)
    dropped = ops.convert_to_numpy(layer(ones, training=True))
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((dropped == 0).mean() - 0.25) < 0.01
    assert abs(dropped.mean() - 1) < 0.02


def test_sublayers_equal_numpy_worked_out_by_hand() -> None:
    """One head, one query: softmax of two scaled dot products, then the values' mean by those weights."""
    from trainer.models.layers import Attention

    layer = Attention(2, 1, cross=True, name="attention")
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
