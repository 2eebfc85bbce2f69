"""The model: teacher forcing and steps agree, padding is invisible, weights are what the configuration
says.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
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


def _translator(shared: bool = True, **settings: Any) -> Any:
    keras.utils.set_random_seed(3)
    return build_translator(TransformerConfig(**{**SMALL, **settings}), V, V, shared=shared)


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
        stepped = translator.step(ops.convert_to_tensor(target[:, position]), state, position)
        log_probs = ops.log_softmax(translator.logits(stepped.states), axis=-1)
        np.testing.assert_allclose(log_probs, expected[:, position], atol=1e-5)
        np.testing.assert_allclose(ops.sum(stepped.attention, axis=-1), [1, 1], rtol=1e-5)
        state = stepped.state


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


def test_weights_have_the_names_and_the_order_that_stored_translators_have() -> None:
    translator = _translator(False, encoder_layers=1, decoder_layers=1, tied_embeddings=False)

    def linear(name: str) -> list[str]:
        return [f"{name}/kernel", f"{name}/bias"]

    def norm(name: str) -> list[str]:
        return [f"{name}/gamma", f"{name}/beta"]

    attention = [*linear("attention/query_key_value"), *linear("attention/output")]
    attention += norm("attention_residual/norm")
    cross = [f"cross_attention/{name}" for role in ("query", "key_value", "output") for name in linear(role)]
    cross += norm("cross_attention_residual/norm")
    feed_forward = [*linear("feed_forward/inner"), *linear("feed_forward/outer")]
    feed_forward += norm("feed_forward_residual/norm")
    names = ["target_embedding/table", "source_embedding/table"]
    names += [f"encoder_0/{name}" for name in (*attention, *feed_forward)]
    names += [f"decoder_0/{name}" for name in (*attention, *cross, *feed_forward)]
    names += [*norm("encoder_norm"), *norm("decoder_norm"), "output_projection/kernel"]
    assert [variable.path for variable in translator.trainable_variables] == [
        f"transformer/{name}" for name in names
    ]


def test_tying_and_sharing_take_tables_away() -> None:
    table = V * SMALL["width"]
    tied, untied = _translator().count_params(), _translator(tied_embeddings=False).count_params()
    assert untied - tied == table
    assert _translator(shared=False).count_params() - tied == table
