"""What a Transformer may be made of instead: each does what the default one promises, and something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from pydantic import ValidationError

from trainer.config import SearchConfig
from trainer.errors import ExportError
from trainer.export import check_export, export_translator, translate
from trainer.export.ctranslate2 import export_ctranslate2
from trainer.export.weights import Constants
from trainer.models.base import Translator, optional
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.models.transformer.body import FastBody
from trainer.objectives.cross_entropy import loss_sum
from trainer.vocabulary import BOS, EOS, Vocabulary

V = 30
SMALL = dict(encoder_layers=2, decoder_layers=2, width=16, feed_forward=24, heads=4, dropout=0.0)
VARIANTS: dict[str, dict[str, Any]] = {
    "rms norm": {"normalisation": "rms"},
    "rms norm behind": {"normalisation": "rms", "norm": "post"},
    "gelu": {"activation": "gelu"},
    "swiglu": {"activation": "swiglu"},
    "halves": {"positions": "sinusoidal-halves"},
    "learned": {"positions": "learned", "learned_positions": 4},
    "relative": {"positions": "relative", "relative_distance": 2},
    "buckets": {"positions": "relative-buckets"},
    "rotary": {"positions": "rotary"},
    "average attention": {"decoder": "average-attention"},
    "ssru": {"decoder": "ssru"},
    "ssru, rotary": {"decoder": "ssru", "positions": "rotary"},
    "recurrent decoder": {"decoder": "recurrent"},
    "recurrent encoder": {"encoder": "recurrent", "cell": "gru"},
    "recurrent decoder, rotary": {"decoder": "recurrent", "cell": "gru", "positions": "rotary"},
    "window in the encoder": {"encoder_window": 1},
    "window in the decoder": {"decoder_window": 1, "global_pieces": 0},
    "windows, rotary": {"encoder_window": 1, "decoder_window": 1, "positions": "rotary"},
    "shared depth": {"shared_depth": True, "encoder_layers": 2},
    "narrow table": {"embedding_width": 8},
    "narrow table, untied": {"embedding_width": 8, "tied_embeddings": False},
}
SOURCE = np.array([[EOS, 7, 8, 9, 10, 6, EOS], [EOS, 11, 12, EOS, 0, 0, 0]], np.int32)
TARGET = np.array([[BOS, 20, 21, 22, 25, 7], [BOS, 23, 24, 0, 0, 0]], np.int32)
_SIZES = {"encoder_layers": 1, "decoder_layers": 1}
_NO_SELF = {"encoder": "recurrent", "decoder": "ssru"}


def _made(settings: dict[str, Any], precision: str = "float32", vocabulary: int = V) -> Any:
    """Weights far from zero, that are the same where name and shape are."""
    keras.utils.set_random_seed(3)
    config = TransformerConfig(**{**SMALL, **settings})
    model = build_translator(config, vocabulary, vocabulary, shared=True, precision=precision)
    for variable in model.trainable_variables:
        chance = np.random.default_rng(sum(variable.path.encode()))
        # A narrow spread for what is multiplied, so that a word more or less shows in the result.
        variable.assign(
            chance.normal(size=variable.shape, scale=0.3) + (1.0 if variable.path.endswith("gamma") else 0.0)
        )
    return model


@pytest.fixture(scope="module")
def plain() -> np.ndarray:
    """What the default network says."""
    return _logits(_made({}))


def _logits(model: Any, source: np.ndarray = SOURCE, target: np.ndarray = TARGET) -> np.ndarray:
    logits: np.ndarray = ops.convert_to_numpy(model((source, target)))
    return logits


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_another_network_that_keeps_the_promises_of_one(name: str, plain: np.ndarray) -> None:
    model = _made(VARIANTS[name])
    together = _logits(model)
    assert np.abs(together - plain)[0].max() > 1e-2
    # Padding is invisible.
    alone = _logits(model, SOURCE[1:, :4], TARGET[1:, :3])
    np.testing.assert_allclose(together[1:, :3], alone, atol=1e-4)
    # The future is.
    changed = TARGET.copy()
    changed[0, 4] = 9
    later = _logits(model, target=changed)
    np.testing.assert_allclose(later[0, :4], together[0, :4], atol=1e-6)
    assert np.abs(later[0, 4] - together[0, 4]).max() > 1e-3
    # Steps give what teacher forcing gives, and say where they looked.
    memory = model.encode(SOURCE)
    state, (_, looked) = model.start(memory), model.decode_explained(TARGET, memory)
    for position in range(TARGET.shape[1]):
        stepped = model.step(ops.convert_to_tensor(TARGET[:, position]), state, position)
        np.testing.assert_allclose(model.logits(stepped.states)[0], together[0, position], atol=1e-4)
        np.testing.assert_allclose(stepped.attention[0], looked[0, position], atol=1e-5)
        np.testing.assert_allclose(ops.sum(stepped.attention, axis=-1), [1, 1], rtol=1e-5)
        assert not ops.convert_to_numpy(stepped.attention)[1, 4:].any()
        state = stepped.state


def _slopes(model: Any, source: Any, target: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = loss_sum(model, source, target, 0.1, training=True)
    return tape.gradient(loss, [variable.value for variable in model.trainable_variables])


@pytest.mark.parametrize("name", VARIANTS)
def test_every_weight_of_a_variant_learns_in_half_precision(name: str) -> None:
    model = _made({**_SIZES, **VARIANTS[name], "dropout": 0.1}, "bfloat16")
    for variable, slope in zip(
        model.trainable_variables, _slopes(model, tf.constant(SOURCE), tf.constant(TARGET)), strict=True
    ):
        assert slope is not None, variable.path
        assert np.isfinite(tf.convert_to_tensor(slope)).all(), variable.path
    # With its attention shown, as guided alignment asks for it, it is the same network.
    memory = model.encode(SOURCE)
    states, looked = model.decode_explained(TARGET, memory)
    np.testing.assert_array_equal(states, model.decode(TARGET, memory))
    np.testing.assert_allclose(ops.sum(looked, axis=-1), np.ones(TARGET.shape), rtol=1e-5)


@pytest.mark.parametrize("name", ["ssru", "windows, rotary", "recurrent decoder"])
def test_a_variant_learns_the_same_in_a_graph_for_all_lengths(name: str) -> None:
    model = _made({**VARIANTS[name], **_SIZES})
    signature = [tf.TensorSpec([None, None], tf.int32)] * 2
    graph = tf.function(lambda *pair: _slopes(model, *pair), input_signature=signature, autograph=False)
    for length in (6, 2):
        pair = tf.constant(SOURCE), tf.constant(TARGET[:, :length])
        for slope, expected in zip(graph(*pair), _slopes(model, *pair), strict=True):
            np.testing.assert_allclose(
                tf.convert_to_tensor(slope), tf.convert_to_tensor(expected), atol=1e-4, rtol=1e-3
            )


def test_shared_depth_has_the_weights_of_one_layer_and_a_narrow_table_few() -> None:
    one_layer = _made(_SIZES).count_params()
    assert _made({"shared_depth": True}).count_params() == one_layer
    assert _made({"shared_depth": True, "encoder_layers": 5}).count_params() == one_layer
    width, narrow = SMALL["width"], 8
    saved = V * (width - narrow) - 2 * (width * narrow) - width - narrow
    assert one_layer - _made({**_SIZES, "embedding_width": narrow}).count_params() == saved


@pytest.mark.parametrize("decoder", ["ssru", "average-attention", "recurrent"])
def test_a_state_of_fixed_size_does_not_grow(decoder: str) -> None:
    model = _made({"decoder": decoder})
    state = model.start(model.encode(SOURCE))
    shapes = [tuple(part.shape) for part in tf.nest.flatten(state)]
    for position in range(3):
        state = model.step(ops.convert_to_tensor(TARGET[:, position]), state, position).state
    assert [tuple(part.shape) for part in tf.nest.flatten(state)] == shapes


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"width": 12, "positions": "rotary"}, r"a head has width / heads = 3: give an even number"),
        ({"positions": "relative", "encoder_window": 4}, r"encoder_window: 4 works in blocks"),
        ({"positions": "relative-buckets", "decoder_window": 4}, r"decoder_window: 4 works in blocks"),
        ({"decoder": "ssru", "decoder_window": 4}, r"decoder: ssru has none: .* fixed size without a window"),
        ({"decoder": "average-attention", "positions": "rotary"}, r"is a mean, which knows no order"),
        ({"encoder": "recurrent", "encoder_window": 4}, r"encoder: recurrent has none"),
        ({"encoder": "recurrent", "width": 15, "heads": 3}, r"a half of the width, and 15 is odd"),
        ({"embedding_width": 16}, r"embedding_width: 16 saves nothing at width 16"),
        ({"encoder_window": 0}, r"greater than or equal to 1"),
        (
            {"learned_positions": 9},
            "learned_positions: 9 is read with positions: learned alone: leave it out",
        ),
        ({"positions": "rotary", "relative_distance": 9}, "relative_distance: 9 is read with positions: rel"),
        ({"global_pieces": 4}, "global_pieces: 4 is read with encoder_window or decoder_window alone"),
        ({**_NO_SELF, "positions": "rotary"}, "with encoder: recurrent and decoder: ssru there is none"),
        ({"shared_depth": True, **_SIZES}, "shared_depth is of several layers of a side, and each has one"),
        ({"cell": "gru"}, "cell: gru is read with encoder: recurrent or decoder: recurrent alone"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_reason(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TransformerConfig(**{**SMALL, **settings})


def test_people_read_what_is_not_the_default_and_a_preset_is_deep_and_shallow() -> None:
    assert str(TransformerConfig(preset="deep-shallow")) == "6+1 layers of width 256"
    variant = TransformerConfig(preset="tiny", decoder="ssru", positions="rotary", relative_distance=16)
    assert str(variant) == "2+2 layers of width 128, positions: rotary, decoder: ssru"
    # Weights of full attention may go on with a window, those of other positions may not.
    plain, windowed, rotary = (
        TransformerConfig(**more).common()
        for more in ({}, {"encoder_window": 8, "decoder": "ssru"}, {"positions": "rotary"})
    )
    assert plain == windowed != rotary


def _fast_body(model: Translator) -> Any:
    make = optional(model.config, "fast_body")
    assert make is not None
    return make(model, 20, Constants())


@pytest.mark.parametrize("name", VARIANTS)
def test_the_fast_decoder_is_not_for_what_it_does_not_know(name: str) -> None:
    assert _fast_body(_made({**_SIZES, **VARIANTS[name]})) is None


@pytest.mark.parametrize("known", [{}, {"norm": "post"}, {"encoder_layers": 3, "global_pieces": 1}])
def test_the_fast_decoder_is_for_the_network_of_the_defaults(known: dict[str, Any]) -> None:
    assert isinstance(_fast_body(_made({**_SIZES, **known})), FastBody)


EXPORTED: dict[str, dict[str, Any]] = {
    "ssru, rotary, windows": {"decoder": "ssru", "positions": "rotary", "encoder_window": 2},
    "average attention, shared, narrow": {
        "decoder": "average-attention",
        "shared_depth": True,
        "embedding_width": 8,
        "encoder_layers": 2,
        "positions": "learned",
        "learned_positions": 10,
    },
    "recurrent": {"encoder": "recurrent", "decoder": "recurrent", "encoder_layers": 2},
    "relative": {"positions": "relative", "relative_distance": 2},
    "buckets, gelu, post, deep": {
        "positions": "relative-buckets",
        "activation": "gelu",
        "norm": "post",
        "encoder_layers": 3,
    },
    "decoder window, rotary, swiglu, rms": {
        "decoder_window": 2,
        "positions": "rotary",
        "activation": "swiglu",
        "normalisation": "rms",
    },
}
ASKED = ["one two three", "", "nine", "four four four five six seven eight nine ten", "ten one", "one " * 30]


@pytest.mark.parametrize("name", EXPORTED)
def test_the_export_answers_as_the_trainers_search_alone_in_a_mixed_batch_and_in_a_fresh_process(
    name: str, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    model = _made({**_SIZES, **EXPORTED[name]}, vocabulary=vocabulary.source_size)
    search = SearchConfig(beams=3, max_target_length=12, max_source_length=40, coverage_penalty=0.1)
    expected = translate(model, vocabulary, ASKED, search)
    assert len({round(translation.score, 3) for translation in expected}) >= len(ASKED) - 1
    export_translator(model, vocabulary, search, tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1")).signatures
    for batch in (range(len(ASKED)), *([place] for place in range(len(ASKED)))):
        outputs = loaded["serving_default"](source=tf.constant([ASKED[place] for place in batch]))
        texts = [text.decode(errors="replace") for text in outputs["translation"].numpy()]
        assert texts == [expected[place].text for place in batch]
        np.testing.assert_allclose(outputs["score"], [expected[place].score for place in batch], atol=1e-3)
    explained = loaded["explain"](source=tf.constant(ASKED))
    real = explained["target_pieces"].numpy() != b""
    np.testing.assert_allclose(explained["attention"].numpy().sum(2), real, atol=1e-5)
    check_export(tmp_path / "1", ASKED, lambda: [translation.text for translation in expected])


def test_a_fresh_session_restores_a_variant_as_tensorflow_serving_does(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    everything = {"decoder": "ssru", "encoder_window": 2, "activation": "swiglu", "normalisation": "rms"}
    model = _made({**_SIZES, **everything}, vocabulary=vocabulary.source_size)
    search = SearchConfig(beams=2, max_target_length=12)
    export_translator(model, vocabulary, search, tmp_path / "1")
    check_export(
        tmp_path / "1",
        ASKED,
        lambda: [translation.text for translation in translate(model, vocabulary, ASKED, search)],
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"positions": "learned", "activation": "gelu", "shared_depth": True},
        {"positions": "sinusoidal-halves", "norm": "post"},
    ],
)
def test_ctranslate2_computes_what_it_can_express(
    settings: dict[str, Any], vocabulary: Vocabulary, tmp_path: Path
) -> None:
    ctranslate2 = pytest.importorskip("ctranslate2")
    model = _made(settings, vocabulary=vocabulary.source_size)
    export_ctranslate2(model, vocabulary, tmp_path)
    engine = ctranslate2.Translator(str(tmp_path), compute_type="float32")
    names = vocabulary.source_pieces()
    source, target = SOURCE[:1], np.array([[BOS, 20, 21, 22, EOS]], np.int32)
    (scored,) = engine.score_batch(
        [[names[piece] for piece in source[0, :-1]]], [[names[piece] for piece in target[0, 1:-1]]]
    )
    log_probs = ops.convert_to_numpy(ops.log_softmax(model((source, target[:, :-1])), axis=-1))[0]
    np.testing.assert_allclose(scored.log_probs, log_probs[np.arange(4), target[0, 1:]], atol=1e-3)


@pytest.mark.parametrize(
    "name", ["ssru", "rotary", "relative", "swiglu", "narrow table", "rms norm", "window in the encoder"]
)
def test_ctranslate2_refuses_what_it_cannot_express(
    name: str, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    pytest.importorskip("ctranslate2")
    said = ", ".join(f"{key}: {value}" for key, value in VARIANTS[name].items() if key != "relative_distance")
    with pytest.raises(ExportError, match=f"a Transformer with {said} has no form for CTranslate2"):
        export_ctranslate2(_made({**_SIZES, **VARIANTS[name]}), vocabulary, tmp_path)
