"""The recurrent translator: teacher forcing and steps agree, padding is invisible, every word of its
configuration does something, and what cannot be is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from pydantic import ValidationError

from contracts.settings import effective
from tests.trainer.conftest import Pairs
from trainer.config import SearchConfig, TrainingConfig
from trainer.export import check_export, export_translator, translate
from trainer.models.base import ArchitectureConfig
from trainer.models.build import build_translator
from trainer.models.recurrent import PRESETS, RecurrentConfig
from trainer.training import train
from trainer.vocabulary import BOS, EOS, Vocabulary

V = 40
SMALL = {"encoder_layers": 1, "decoder_layers": 1, "width": 8, "dropout": 0.0}
DEEP = {"encoder_layers": 2, "decoder_layers": 2}
Settings = dict[str, Any]
NONE = {"attention": "none"}
BAHDANAU = {"attention": "bahdanau"}
COMBINATIONS: list[Settings] = [
    *({"cell": cell, "bidirectional": both} for cell in ("rnn", "lstm", "gru") for both in (True, False)),
    *(
        {**NONE, "context": context, "context_enters": enters, "cell": cell}
        for context in ("last", "transformed", "mean")
        for enters, cell in (("start", "lstm"), ("every-step", "gru"), ("both", "rnn"))
    ),
    *(
        {**form, "score": score, "scope": scope}
        for form in ({}, {"input_feeding": True}, BAHDANAU)
        for score, scope in (
            ("dot", "global"),
            ("general", "local-m"),
            ("additive", "local-p"),
            ("cosine", "global"),
        )
    ),
    {"score": "dot", "scale": "root", "heads": 2},
    {"score": "additive", "scale": "learned", "heads": 4, "scope": "local-m", "reach": 1},
    {**BAHDANAU, "scale": "learned", "heads": 2, "hard": True, "cell": "gru"},
    {"hard": True, "input_feeding": True, "scope": "local-p", "reach": 1, **DEEP, "residual": True},
    {"bidirectional": False, "reverse_source": True, "residual": True, "encoder_layers": 3},
    {**NONE, "bidirectional": False, "reverse_source": True, "decoder_layers": 3},
    {**NONE, "encoder_layers": 2},
    {"tied_embeddings": False, **DEEP, "context": "mean"},
]


def _translator(shared: bool = True, **settings: Any) -> Any:
    keras.utils.set_random_seed(3)
    return build_translator(RecurrentConfig(**{**SMALL, **settings}), V, V, shared=shared)


def _batch() -> tuple[np.ndarray, np.ndarray]:
    """Two sources and two targets, the second of each shorter and padded."""
    source = np.array([[7, 8, 9, 10, EOS], [11, 12, EOS, 0, 0]], np.int32)
    target = np.array([[BOS, 20, 21, 22], [BOS, 23, 24, 0]], np.int32)
    return source, target


def _logits(translator: Any, **call: Any) -> np.ndarray:
    return ops.convert_to_numpy(translator(_batch(), **call))


@pytest.mark.parametrize("settings", COMBINATIONS, ids=lambda keys: "-".join(map(str, keys.values())))
def test_steps_give_what_teacher_forcing_gives_and_padding_changes_nothing(settings: Settings) -> None:
    translator = _translator(**settings)
    source, target = _batch()
    expected = _logits(translator)
    memory = translator.encode(source)
    state = translator.start(memory)
    looked = translator.decode_explained(target, memory)[1] if translator.config.attends else None
    for position in range(3):
        stepped = translator.step(ops.convert_to_tensor(target[:, position]), state, position)
        np.testing.assert_allclose(translator.logits(stepped.states), expected[:, position], atol=1e-5)
        attention = ops.convert_to_numpy(stepped.attention)
        if looked is not None:
            np.testing.assert_allclose(attention, looked[:, position], atol=1e-5)
        np.testing.assert_allclose(attention.sum(axis=-1), [1, 1], rtol=1e-5)
        assert not attention[1, 3:].any()
        state = stepped.state
    alone = ops.convert_to_numpy(translator((source[1:, :3], target[1:, :3])))
    np.testing.assert_allclose(expected[1:, :3], alone, atol=1e-5)


CHANGES: list[tuple[Settings, Settings]] = [
    *(({}, {"cell": cell}) for cell in ("rnn", "gru")),
    ({}, {"bidirectional": False}),
    ({"bidirectional": False}, {"bidirectional": False, "reverse_source": True}),
    (DEEP, {**DEEP, "residual": True}),
    ({}, {"encoder_layers": 2}),
    ({}, {"decoder_layers": 2}),
    (NONE, {**NONE, "encoder_layers": 2}),
    *((NONE, {**NONE, "context": context}) for context in ("transformed", "mean")),
    *((NONE, {**NONE, "context_enters": enters}) for enters in ("every-step", "both")),
    ({}, {"context": "mean"}),
    ({}, NONE),
    ({"score": "additive"}, BAHDANAU),
    *(({}, {"score": score}) for score in ("dot", "additive", "cosine")),
    ({}, {"scale": "root"}),
    ({"score": "additive"}, {"score": "additive", "scale": "learned"}),
    ({"score": "cosine"}, {"score": "cosine", "scale": "learned"}),
    *(({}, {"scope": scope, "reach": 1}) for scope in ("local-m", "local-p")),
    ({"scope": "local-p"}, {"scope": "local-p", "reach": 1}),
    ({}, {"input_feeding": True}),
    ({}, {"heads": 2}),
    ({}, {"hard": True}),
    ({}, {"tied_embeddings": False}),
]


@pytest.mark.parametrize(("before", "after"), CHANGES, ids=lambda keys: "-".join(map(str, keys.values())))
def test_every_word_changes_what_comes_out(before: Settings, after: Settings) -> None:
    """With the same weights wherever both have them."""
    weights, logits = _weights_and_logits(*before.items())
    changed = _translator(**after)
    for variable in changed.trainable_variables:
        given = weights.get(variable.path)
        if given is not None and given.shape == variable.shape:
            variable.assign(given)
    assert np.abs(logits - _logits(changed)).max() > 1e-6


@cache
def _weights_and_logits(*settings: tuple[str, Any]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Of a fresh translator, the weights by their paths."""
    translator = _translator(**dict(settings))
    weights = {
        variable.path: ops.convert_to_numpy(variable).copy() for variable in translator.trainable_variables
    }
    return weights, _logits(translator)


@pytest.mark.parametrize("key", ["dropout", "recurrent_dropout"])
def test_dropout_acts_in_training_only(key: str) -> None:
    translator = _translator(**{key: 0.5})
    np.testing.assert_array_equal(_logits(translator), _logits(translator))
    drawn = [_logits(translator, training=True) for _ in range(2)]
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-4


@pytest.mark.parametrize("variational", [False, True])
def test_variational_is_every_dropout_of_what_layers_read(variational: bool) -> None:
    """One draw for all positions, or one for each of the five."""
    translator = _translator(**DEEP, dropout=0.5, variational=variational)
    for layer in (*translator.encoder.dropouts, *translator.decoder.dropouts):
        assert layer.kept(ops.ones((2, 5, 8)), training=True).shape[1] == (1 if variational else 5)


def test_hard_attention_is_soft_in_training() -> None:
    soft, hard = _translator(), _translator(hard=True)
    np.testing.assert_allclose(_logits(soft, training=True), _logits(hard, training=True), atol=1e-6)


def test_without_attention_every_piece_explains_alike() -> None:
    translator = _translator(**NONE)
    source, target = _batch()
    stepped = translator.step(ops.convert_to_tensor(target[:, 0]), translator.encode(source), 0)
    np.testing.assert_allclose(stepped.attention, [[0.2] * 5, [1 / 3] * 3 + [0, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {**DEEP, "dropout": 0.3, "recurrent_dropout": 0.3},
        {**BAHDANAU, "cell": "gru", "dropout": 0.3, "variational": True, **DEEP, "residual": True},
        {"input_feeding": True, "scope": "local-p", "heads": 2, "score": "additive", "scale": "learned"},
        {**NONE, "cell": "rnn", "context": "transformed", "context_enters": "both"},
        {**NONE, "encoder_layers": 3, "decoder_layers": 2},
    ],
    ids=lambda keys: "-".join(map(str, keys.values())),
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_weight_is_learned_also_in_half_precision_in_a_graph_of_open_shapes(
    settings: Settings, precision: str
) -> None:
    config = RecurrentConfig(**{**SMALL, **settings})
    translator: Any = build_translator(config, V, V, shared=True, precision=precision)
    variables = [variable.value for variable in translator.trainable_variables]

    def slopes(source: tf.Tensor, target: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(translator((source, target), training=True)))
        return [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)]

    half = precision == "bfloat16"
    open_shapes = [tf.TensorSpec([None, None], tf.int32)] * 2
    # A trace takes ten seconds, and shapes are as open in either precision.
    learn = tf.function(slopes, input_signature=open_shapes, autograph=False) if half else slopes
    gradients = learn(*map(tf.constant, _batch()))
    for variable, gradient in zip(translator.trainable_variables, gradients, strict=True):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path
    if half:
        full: Any = build_translator(config, V, V, shared=True)
        for variable, other in zip(translator.trainable_variables, full.trainable_variables, strict=True):
            other.assign(variable)
        np.testing.assert_allclose(_logits(translator), _logits(full), atol=0.1)


@pytest.mark.parametrize("scope", ["global", "local-m", "local-p"])
def test_a_device_may_be_given_no_row_of_a_batch(scope: str) -> None:
    translator = _translator(scope=scope, input_feeding=True)
    source, target = _batch()
    assert translator((source[:0], target[:0])).shape == (0, 4, V)


WRONG: list[tuple[Settings, str]] = [
    ({**NONE, "scope": "local-m"}, "scope: local-m is a form of attention, and attention is none"),
    ({**NONE, "input_feeding": True}, "input_feeding: True is a form of attention, and attention is none"),
    ({**NONE, "score": "dot"}, "score: dot is a form of attention"),
    ({**NONE, "heads": 2}, "heads: 2 is a form of attention"),
    ({**NONE, "hard": True}, "hard: True is a form of attention"),
    ({"context_enters": "both"}, "context_enters: both is for attention: none"),
    ({**BAHDANAU, "input_feeding": True}, "input_feeding is luong's"),
    ({"score": "cosine", "scale": "root"}, "scale: root is for sums of D/H products"),
    ({"reach": 3}, "reach: 3 is of local attention, and scope is global"),
    ({"reverse_source": True}, "reverse_source says nothing to a bidirectional encoder"),
    ({"width": 65}, "width 65 is odd"),
    ({"preset": "tiny", "residual": True}, "residual is of layers beyond the first, and there are none"),
    ({"heads": 3}, "width 256 is not divisible by heads 3"),
    ({"variational": True, "dropout": 0.0}, "variational is a form of dropout, which is 0"),
]


@pytest.mark.parametrize(("settings", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_what_cannot_be_is_refused_with_the_reason(settings: Settings, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        RecurrentConfig(**settings)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_fill_in_and_what_is_said_wins(preset: Any) -> None:
    sizes = PRESETS[preset]
    config = RecurrentConfig(preset=preset, encoder_layers=7)
    assert {key: getattr(config, key) for key in sizes} == {**sizes, "encoder_layers": 7}
    assert ArchitectureConfig.model_validate({**config.model_dump(), "architecture": "recurrent"}) == config
    assert {"width", "dropout", "score"} <= effective(config).keys()


def test_bahdanau_is_additive_where_nothing_is_said() -> None:
    assert RecurrentConfig(**BAHDANAU).score == "additive"
    assert RecurrentConfig(**BAHDANAU, score="dot").score == "dot"
    assert str(RecurrentConfig()) == "lstm, 2+2 layers of width 256, luong general attention"
    assert str(RecurrentConfig(preset="tiny", **NONE)) == "lstm, 1+1 layers of width 128, no attention"


EXPORTED: list[Settings] = [
    {},
    {"score": "dot", "scope": "local-m", "reach": 2, "bidirectional": False},
    {"score": "cosine", "scale": "learned", "hard": True},
    {**NONE, "cell": "rnn", "context": "mean", "context_enters": "both"},
    {**BAHDANAU, "cell": "gru", "scale": "learned", "heads": 2, "decoder_layers": 2},
    {"input_feeding": True, "scope": "local-p", "reach": 3, **DEEP, "residual": True},
]


@pytest.mark.parametrize("settings", EXPORTED, ids=lambda keys: "-".join(map(str, keys.values())))
def test_the_export_is_the_trainers_search_in_a_process_of_its_own(
    settings: Settings, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(8)
    config = RecurrentConfig(**{**SMALL, "width": 16, **settings})
    translator: Any = build_translator(config, 320, 320, shared=True)
    for variable in translator.trainable_variables:
        variable.assign(variable * 2)  # So that sentences of their own come of it.
    search = SearchConfig(beams=3, max_target_length=12, coverage_penalty=0.1)
    export_translator(translator, vocabulary, search, tmp_path / "1")
    asked = ["", "one two", "three four five six one", "nine"]
    expected = [translation.text for translation in translate(translator, vocabulary, asked, search)]
    assert len(set(expected)) > 2
    check_export(tmp_path / "1", asked, lambda: expected)


def test_it_learns_to_turn_sentences_round(
    pairs: Pairs, vocabulary: Vocabulary, settings: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    """Targets are the translations from the last word to the first."""
    sources = [source for source, _ in pairs]
    targets = [" ".join(reversed(target.split())) for _, target in pairs]
    data = tf.data.Dataset.from_tensor_slices((sources, targets))
    model = RecurrentConfig(preset="tiny", width=64, dropout=0.0, cell="gru", attention="bahdanau")
    long: Settings = {"max_steps": 150, "evaluate_every": 150, "average_last": 1, "learning_rate": 0.01}
    _, result = train(model, settings(**long), vocabulary, data, data.take(8), tmp_path / "run")
    assert result.best > 60
