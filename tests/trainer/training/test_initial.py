"""Initial weights are taken by name, and it is said what was taken, what was not, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.errors import TrainerError
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.training import train
from trainer.training.initial import take_weights, weights_by_name
from trainer.vocabulary import Vocabulary

ATTENTION = ("output", "query_key_value")
SIDES = {"encoder_0": ("attention",), "decoder_0": ("attention", "cross_attention")}
NAMES = {
    *(f"transformer/{table}_embedding/table" for table in ("source", "target")),
    *(f"transformer/{side}_norm/{part}" for side in ("encoder", "decoder") for part in ("gamma", "beta")),
    *(
        f"transformer/{layer}/{part}_residual/norm/{weight}"
        for layer, parts in SIDES.items()
        for part in (*parts, "feed_forward")
        for weight in ("gamma", "beta")
    ),
    *(
        f"transformer/{layer}/{linear}/{weight}"
        for layer in SIDES
        for linear in (
            "attention/output",
            "attention/query_key_value",
            "feed_forward/inner",
            "feed_forward/outer",
        )
        for weight in ("kernel", "bias")
    ),
    *(
        f"transformer/decoder_0/cross_attention/{linear}/{weight}"
        for linear in ("output", "query", "key_value")
        for weight in ("kernel", "bias")
    ),
    "transformer/output_projection/kernel",
}


def translator_of(**model: Any) -> Translator:
    sizes = {"encoder_layers": 1, "decoder_layers": 1, "width": 8, "feed_forward": 16, "heads": 2}
    return build_translator(TransformerConfig(**{**sizes, **model}), 20, 22, shared=False)


def test_the_names_of_the_weights_stay_from_version_to_version() -> None:
    """Stored translators are read by them: whoever renames a layer keeps the name of its weights."""
    assert weights_by_name(translator_of(tied_embeddings=False)).keys() == NAMES


def test_what_two_models_have_in_common_is_taken_and_the_rest_begins_fresh() -> None:
    theirs = {
        name: np.full_like(weight, 7)
        for name, weight in weights_by_name(translator_of(decoder_layers=2)).items()
    }
    translator = translator_of(encoder_layers=3, feed_forward=12, tied_embeddings=False)
    fresh = weights_by_name(translator)
    lines = take_weights(translator, theirs)
    taken = {
        name
        for name, weight in weights_by_name(translator).items()
        if weight.shape == np.shape(theirs.get(name)) and (weight == 7).all()
    }
    feed_forward = {
        f"transformer/{layer}/feed_forward/{weight}"
        for layer in SIDES
        for weight in ("inner/kernel", "inner/bias", "outer/kernel")
    }
    assert taken == NAMES - feed_forward - {"transformer/output_projection/kernel"}
    for name in fresh.keys() - taken:
        np.testing.assert_array_equal(weights_by_name(translator)[name], fresh[name])
    assert lines == [
        "initial weights: 32 of 63 taken: target_embedding (1), source_embedding (1), encoder_0 (9), "
        "decoder_0 (17), encoder_norm (2), decoder_norm (2)",
        "not taken, of another shape: encoder_0/feed_forward/inner/kernel [8, 16], here [8, 12], "
        "encoder_0/feed_forward/inner/bias [16], here [12], "
        "encoder_0/feed_forward/outer/kernel [16, 8], here [12, 8], "
        "decoder_0/feed_forward/inner/kernel [8, 16], here [8, 12], "
        "decoder_0/feed_forward/inner/bias [16], here [12], "
        "decoder_0/feed_forward/outer/kernel [16, 8], here [12, 8]",
        "begin fresh, absent there: encoder_1 (12), encoder_2 (12), output_projection (1)",
        "left there, absent here: decoder_1 (20)",
    ]


def test_where_nothing_fits_training_does_not_start() -> None:
    weights = weights_by_name(translator_of())
    renamed = {f"other/{name}": weight for name, weight in weights.items()}
    with pytest.raises(TrainerError, match=r"none fits: begin fresh.*give `model` the shape"):
        take_weights(translator_of(), renamed)
    with pytest.raises(TrainerError, match=r"none fits: not taken, of another shape: target_embedding/table"):
        take_weights(translator_of(width=12, feed_forward=20), weights)


def test_a_training_says_it_where_it_begins_and_not_where_it_goes_on(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    size = vocabulary.source_size
    weights = weights_by_name(build_translator(tiny, size, size, shared=True))
    deeper = tiny.model_copy(update={"encoder_layers": 2})
    sides = [tf.constant(side, tf.string) for side in zip(*pairs[:40], strict=True)]
    data = tf.data.Dataset.from_tensor_slices(tuple(sides))

    def output_of(steps: int) -> str:
        config = settings(max_steps=steps, evaluate_every=1)
        train(deeper, config, vocabulary, data, data.take(4), tmp_path / "run", initial_weights=weights)
        return capfd.readouterr().err

    first = output_of(1)
    assert (
        "training on 40 sentence pairs\ninitial weights: 37 of 49 taken: target_embedding (1), enc" in first
    )
    assert "begin fresh, absent there: encoder_1 (12)\n" in first
    second = output_of(2)
    assert "resuming at step 1" in second
    assert "initial weights" not in second
