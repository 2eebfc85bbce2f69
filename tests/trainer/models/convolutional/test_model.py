"""The convolutional encoder-decoder, against numpy and against itself in steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from pipeline.config.load import parse
from tests.trainer.conftest import Pairs
from trainer.config import SearchConfig, TrainingConfig
from trainer.export import check_export, export_translator, translate
from trainer.models.base import ArchitectureConfig
from trainer.models.build import build_translator
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.parts.convolution import GatedConvolution
from trainer.models.parts.multi_step_attention import ConvolvedSource, MultiStepAttention
from trainer.models.parts.part import MASKED, Context
from trainer.store import load_translator, save_translator
from trainer.training import train
from trainer.vocabulary import BOS, EOS, Vocabulary

V = 30
SOURCE = np.array([[7, 8, 9, 10, 6, EOS], [11, 12, EOS, 0, 0, 0]], np.int32)
TARGET = np.array([[BOS, 20, 21, 22, 25, 7], [BOS, 23, 24, 0, 0, 0]], np.int32)


def _made(precision: str = "float32", **settings: Any) -> Any:
    keras.utils.set_random_seed(3)
    config = ConvolutionalConfig(
        **{"width": 16, "encoder_layers": 2, "decoder_layers": 2, "dropout": 0.0, **settings}
    )
    return build_translator(config, V, V, shared=True, precision=precision)


def test_a_gated_convolution_equals_its_formula() -> None:
    """Three numbers side by side; half of what comes of them gates the other half."""
    part = GatedConvolution(1, 3, 0.0, "convolution", both_ways=True)
    part.build()
    part.value_gate.set_weights([np.array([[1, 0], [2, 1], [4, 0]]), np.array([0.5, -1])])
    inputs = np.array([[[1], [2], [3], [9]]], np.float32)
    mask = np.array([0, 0, 0, MASKED], np.float32)[None, None, None]
    outputs = ops.convert_to_numpy(part(inputs, context=Context(mask)))[0, :3, 0]
    values = np.array([2 * 1 + 4 * 2, 1 + 2 * 2 + 4 * 3, 2 + 2 * 3]) + 0.5
    gates = 1 / (1 + np.exp(-(np.array([1, 2, 3]) - 1)))
    np.testing.assert_allclose(outputs, (np.array([1, 2, 3]) + values * gates) * 0.5**0.5, rtol=1e-6)
    backwards = GatedConvolution(1, 3, 0.0, "convolution", both_ways=False)
    backwards.build()
    backwards.value_gate.set_weights([np.array([[1, 0], [2, 0], [4, 0]]), np.array([0, 50])])
    outputs = ops.convert_to_numpy(backwards(inputs, context=Context()))[0, :, 0]
    values = np.array([4 * 1, 2 * 1 + 4 * 2, 1 + 2 * 2 + 4 * 3, 2 + 2 * 3 + 4 * 9])
    np.testing.assert_allclose(outputs, (inputs[0, :, 0] + values) * 0.5**0.5, rtol=1e-6)


def test_attention_compares_states_and_reads_them_with_their_pieces() -> None:
    """Gehring et al. 2017, equations 1 and 2, with maps that change nothing."""
    part = MultiStepAttention(2, "attention")
    part.build()
    for linear in (part.query, part.output_projection):
        linear.set_weights([np.eye(2), np.zeros(2)])
    states, values = np.array([[[1, 0], [0, 2], [7, 7]]]), np.array([[[1, 2], [3, 4], [9, 9]]])
    mask = np.array([0, 0, MASKED], np.float32)[None, None]
    memory = ConvolvedSource(
        *(ops.cast(array, "float32") for array in (states, values)),
        mask,
        np.full((1, 1, 1), 2**0.5, np.float32),
    )
    inputs, embedded = (ops.cast([[vector]], "float32") for vector in ([1.0, 3.0], [2.0, 1.0]))
    outputs, weights = part(inputs, embedded, memory)
    grown = np.exp(np.array([3, 8]) * 0.5**0.5 / 2**0.5)
    expected = grown / grown.sum()
    np.testing.assert_allclose(weights[0, 0, 0], [*expected, 0], atol=1e-6)
    read = expected @ values[0, :2] * 2**0.5
    np.testing.assert_allclose(outputs[0, 0], (np.array([1, 3]) + read) * 0.5**0.5, rtol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"seen": 4, "decoder_layers": 3, "tied_embeddings": False}])
def test_steps_teacher_forcing_and_padding_agree(settings: dict[str, Any]) -> None:
    model = _made(**settings)
    expected = ops.convert_to_numpy(model((SOURCE, TARGET)))
    alone = ops.convert_to_numpy(model((SOURCE[1:, :3], TARGET[1:, :3])))
    np.testing.assert_allclose(expected[1:, :3], alone, atol=1e-5)
    changed = TARGET.copy()
    changed[0, 4] = 9
    later = ops.convert_to_numpy(model((SOURCE, changed)))
    np.testing.assert_array_equal(later[0, :4], expected[0, :4])
    assert np.abs(later[0, 4] - expected[0, 4]).max() > 1e-3
    memory = model.encode(SOURCE)
    state, (_, looked) = model.start(memory), model.decode_explained(TARGET, memory)
    shapes = [tuple(part.shape) for part in tf.nest.flatten(state)]
    for position in range(TARGET.shape[1]):
        stepped = model.step(ops.convert_to_tensor(TARGET[:, position]), state, position)
        np.testing.assert_allclose(model.logits(stepped.states)[0], expected[0, position], atol=1e-5)
        np.testing.assert_allclose(stepped.attention[0], looked[0, position], atol=1e-5)
        np.testing.assert_allclose(ops.sum(stepped.attention, axis=-1), [1, 1], rtol=1e-5)
        assert not ops.convert_to_numpy(stepped.attention)[1, 3:].any()
        state = stepped.state
    assert [tuple(part.shape) for part in tf.nest.flatten(state)] == shapes


def test_it_sees_as_far_as_its_layers_reach() -> None:
    """Two of three pieces reach two back: the one before is seen through attention's queries alone."""
    model = _made(encoder_layers=1, decoder_layers=1)
    before = ops.convert_to_numpy(model((SOURCE, TARGET)))
    changed = TARGET.copy()
    changed[0, 1] = 9
    after = ops.convert_to_numpy(model((SOURCE, changed)))
    moved = np.abs(after - before)[0].max(axis=-1)
    assert (moved[1:4] > 1e-3).all()
    assert (moved[[0, 4, 5]] < 1e-6).all()


def test_half_precision_gives_the_same_within_its_digits() -> None:
    full, half = (
        ops.convert_to_numpy(_made(precision)((SOURCE, TARGET))) for precision in ("float32", "bfloat16")
    )
    assert half.dtype == np.float32
    np.testing.assert_allclose(half[0], full[0], atol=0.1)


def test_it_is_named_in_yaml_trained_stored_and_exported(
    pairs: Pairs, vocabulary: Vocabulary, settings: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    run = "name: a\nlanguages: {source: en, target: de}\ncorpora: [{format: embedded}]\n"
    config = parse(f"{run}model: {{architecture: convolutional, width: 32, encoder_layers: 1, dropout: 0}}\n")
    model: ArchitectureConfig = config.model.model_copy(update={"decoder_layers": 2})
    assert str(model) == "1+2 convolutions of width 32"
    sources, targets = (list(side) for side in zip(*pairs, strict=True))
    data = tf.data.Dataset.from_tensor_slices((sources, targets))
    long: dict[str, Any] = {"max_steps": 60, "evaluate_every": 60, "average_last": 1, "learning_rate": 0.01}
    trained, result = train(model, settings(**long), vocabulary, data, data.take(4), tmp_path / "run")
    losses = [row["loss"] for row in result.history if "loss" in row]
    assert losses[-1] < losses[0] - 1
    save_translator(trained, vocabulary, tmp_path / "stored")
    loaded, _ = load_translator(tmp_path / "stored")
    search = SearchConfig(beams=3, max_target_length=20, coverage_penalty=0.1)
    asked = ["", *sources[:5], "one " * 30]
    expected = [translation.text for translation in translate(trained, vocabulary, asked, search)]
    assert len(set(expected)) > 2
    export_translator(loaded, vocabulary, search, tmp_path / "1")
    check_export(tmp_path / "1", asked, lambda: expected)
