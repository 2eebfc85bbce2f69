"""Guided alignment: its loss by hand, and words in reverse, of which the attention would not tell the way."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from tests.trainer.alignments import error_rate
from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig, VocabularyConfig
from trainer.errors import TrainerError
from trainer.models.base import Explaining
from trainer.models.build import build_translator
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.recurrent import RecurrentConfig
from trainer.models.transformer import TransformerConfig
from trainer.objectives.base import TrainingData
from trainer.objectives.guided_alignment import attention_loss
from trainer.training import train
from trainer.vocabulary import BOS, EOS, Vocabulary, learn_vocabulary


def test_the_loss_of_the_attention_by_hand() -> None:
    attention = np.float32([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1, 0, 0]]])
    links = np.float32([[[1, 0, 0], [0, 0.5, 0.5], [0, 0, 0]]])
    sure = np.float32([[1, 0.5, 0]])
    expected = -np.log(0.5) - 0.5 * (0.5 * np.log(0.8) + 0.5 * np.log(0.1))
    assert float(attention_loss(attention, links, sure)) == pytest.approx(expected, rel=1e-5)


def test_the_attention_is_that_of_the_steps(tiny: TransformerConfig) -> None:
    keras.utils.set_random_seed(1)
    model = tiny.model_copy(update={"decoder_layers": 2})
    translator = build_translator(model, 30, 30, shared=True)
    assert isinstance(translator, Explaining)
    source, target = np.int32([[7, 8, 9, EOS], [5, EOS, 0, 0]]), np.int32([[BOS, 9, 10], [BOS, 4, EOS]])
    memory = translator.encode(source)
    states, attention = translator.decode_explained(target, memory)
    np.testing.assert_allclose(states, translator.decode(target, memory), atol=1e-5)
    state = translator.start(memory)
    for place in range(3):
        stepped = translator.step(target[:, place], state, place)
        state = stepped.state
        np.testing.assert_allclose(attention[:, place], stepped.attention, atol=1e-5)


def test_a_convolution_is_trained_with_it(
    pairs: Pairs,
    vocabulary: Vocabulary,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
) -> None:
    config = settings(
        objective={"name": "guided-alignment", "pairs": 50}, max_steps=2, evaluate_every=2, average_last=1
    )
    sources, targets = (list(side) for side in zip(*pairs, strict=True))
    data = tf.data.Dataset.from_tensor_slices((sources, targets))
    model = ConvolutionalConfig(width=16, encoder_layers=1, decoder_layers=1)
    _, result = train(model, config, vocabulary, data, data.take(4), tmp_path / "run")
    assert np.isfinite([row["loss"] for row in result.history if "loss" in row]).all()


def test_a_decoder_that_shows_no_attention_is_refused(
    tiny: TransformerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    translator: Any = build_translator(tiny, 30, 30, shared=True)
    monkeypatch.setattr(
        "trainer.models.parts.encoder_decoder.explain",
        lambda part, inputs, context, training: (part(inputs, context=context, training=training), None),
    )
    ids = np.int32([[BOS, EOS]])
    with pytest.raises(TrainerError, match="the decoder of transformer has no attention that can be guided"):
        translator.decode_explained(ids, translator.encode(ids))


def test_guided_attention_finds_reversed_words_and_unguided_does_not(
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainer.objectives.dev.DevEvaluator.bleu", lambda _: 1.0)
    chance = random.Random(2)
    words = [f"w{number}" for number in range(12)]
    sources = [chance.sample(words, chance.randint(3, 6)) for _ in range(200)]
    pairs = [(" ".join(row), " ".join(word.upper() for word in reversed(row))) for row in sources]
    texts = [list(side) for side in zip(*pairs, strict=True)]
    vocabulary = learn_vocabulary(VocabularyConfig(size=99, algorithm="word", byte_fallback=False), *texts)
    data = tf.data.Dataset.from_tensor_slices(tuple(tf.constant(side) for side in texts))
    source = tf.ragged.constant(vocabulary.encode_source(texts[0]), tf.int32).to_tensor()
    rows = [[BOS, *ids] for ids in vocabulary.encode_target(texts[1])]
    target = tf.ragged.constant(rows, tf.int32).to_tensor()
    known = [{(place, len(row) - 1 - place) for place in range(len(row))} for row in sources]
    # Of several blocks the last one alone is shown; without guidance any of them may do the looking.
    model = tiny.model_copy(update={"decoder_layers": 2})

    def error(objective: Any, folder: str) -> float:
        steps = {"max_steps": 60, "evaluate_every": 60, "average_last": 1, "learning_rate": 0.01}
        config = settings(objective=objective, **steps)
        translator: Any = train(model, config, vocabulary, data, data.take(4), tmp_path / folder)[0]
        _, attention = translator.decode_explained(target, translator.encode(source))
        return error_rate(attention.numpy(), [len(row) for row in sources], known)

    guided = error({"name": "guided-alignment", "weight": 2.0}, "guided")
    unguided = error("translation", "unguided")
    assert guided < 0.25
    assert guided < unguided - 0.2


def test_what_cannot_be_guided_is_refused(settings: Callable[..., TrainingConfig], pairs: Any) -> None:
    config = settings(objective="guided-alignment")

    class Other:
        config = TransformerConfig()

    data = TrainingData(pairs, pairs, None, "13a")  # type: ignore[arg-type]
    with pytest.raises(TrainerError, match="architecture transformer has no attention that can be guided"):
        config.objective.build(config, Other(), data)  # type: ignore[arg-type]
    none = build_translator(RecurrentConfig(preset="tiny", attention="none"), 30, 30, shared=True)
    with pytest.raises(TrainerError, match="architecture recurrent has no attention that can be guided"):
        config.objective.build(config, none, data)
    for given in ({"weight": 0}, {"rounds": 1}, {"pairs": 0}, {"heads": 1}):
        with pytest.raises(ValidationError):
            settings(objective={"name": "guided-alignment", **given})
