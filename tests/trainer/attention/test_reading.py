"""What the heads are said to do is what they do."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from trainer.attention.reading import read_heads
from trainer.models.base import ArchitectureConfig
from trainer.models.build import build_translator
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.recurrent import RecurrentConfig
from trainer.models.transformer import TransformerConfig
from trainer.objectives.cross_entropy import loss_sum
from trainer.vocabulary import BOS, EOS

V = 30
PAIRS = [([7, 8, 9, EOS], [20, 21, EOS]), ([11, 12, EOS], [23, 24, 25, 7, EOS])]
SIZES: dict[str, Any] = {"encoder_layers": 1, "decoder_layers": 2, "width": 16, "dropout": 0.0}
MODELS: dict[str, ArchitectureConfig] = {
    "transformer": TransformerConfig(feed_forward=24, heads=4, **SIZES),
    "convolutional": ConvolutionalConfig(**SIZES),
    "recurrent": RecurrentConfig(**{**SIZES, "encoder_layers": 2}),
}


def made(name: str) -> Any:
    """Weights far from zero."""
    keras.utils.set_random_seed(3)
    model = build_translator(MODELS[name], V, V, shared=True)
    noise = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(variable + noise.normal(size=variable.shape, scale=0.3))
    return model


@pytest.mark.parametrize("name", MODELS)
def test_heads_are_those_of_the_steps(name: str) -> None:
    model = made(name)
    for pair in read_heads(model, PAIRS):
        state = model.start(model.encode(pair.source[None]))
        for place, token in enumerate([BOS, *pair.target[:-1]]):
            stepped = model.step(np.int32([token]), state, place)
            state = stepped.state
            layers = stepped.heads or (stepped.attention[:, None],)
            assert len(layers) == len(pair.heads)
            for stepped_layer, layer in zip(layers, pair.heads, strict=True):
                np.testing.assert_allclose(layer[:, place], stepped_layer[0], atol=1e-5)
                np.testing.assert_allclose(layer.sum(axis=2), 1.0, rtol=1e-5)
            np.testing.assert_allclose(layers[-1][0].numpy().mean(axis=0), stepped.attention[0], rtol=1e-5)


def test_importance_is_what_the_loss_loses_by_a_scale_of_the_head() -> None:
    """Against the loss with the head a little larger and a little smaller."""
    model, step = made("transformer"), 1e-2
    depth = model.config.width // model.config.heads
    pairs = list(read_heads(model, PAIRS))
    for layer, head in ((0, 1), (1, 3)):
        kernel = model.decoder[layer].sublayers[1].part.output_projection.kernel
        whole = keras.ops.convert_to_numpy(kernel)
        for pair in pairs:
            losses = []
            for scale in (1 - step, 1 + step):
                scaled = whole.copy()
                scaled[head * depth : (head + 1) * depth] *= scale
                kernel.assign(scaled)
                target = np.int32([[BOS, *pair.target]])
                losses.append(float(loss_sum(model, pair.source[None], target, 0.0, training=False)))
            kernel.assign(whole)
            expected = abs(losses[1] - losses[0]) / (2 * step) / len(pair.target)
            assert pair.importances is not None
            assert pair.importances[layer][head] == pytest.approx(expected, rel=2e-2, abs=1e-3)


@pytest.mark.parametrize(("name", "known"), [("convolutional", True), ("recurrent", False)])
def test_importance_is_of_translators_that_tell_of_their_heads(name: str, known: bool) -> None:
    assert all((pair.importances is not None) == known for pair in read_heads(made(name), PAIRS))
