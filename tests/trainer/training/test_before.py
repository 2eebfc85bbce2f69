"""A training that commit fff8562 began and a translator that it stored: six steps, then the same nine.

Remade with that commit by training on the first 40 pairs of `tests/trainer/conftest.py` with the `model` and
`training` of `facts.json`, a vocabulary of 300 pieces, and, for `history`, again with `max_steps` 9.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.errors import TrainerError
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.store import load_weights
from trainer.training import TrainingResult, train
from trainer.training.initial import take_weights, weights_by_name
from trainer.vocabulary import Vocabulary


@pytest.fixture
def before(tmp_path: Path) -> Path:
    with tarfile.open(Path(__file__).with_name("before.tar.xz")) as archive:
        archive.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def facts(before: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((before / "facts.json").read_text())
    return facts


def go_on(before: Path, facts: dict[str, Any], pairs: Pairs, **changed: Any) -> TrainingResult:
    sides = [tf.constant(side, tf.string) for side in zip(*pairs[:40], strict=True)]
    data = tf.data.Dataset.from_tensor_slices(tuple(sides))
    training = TrainingConfig(**{**facts["training"], "max_steps": facts["to_step"], **changed})
    vocabulary = Vocabulary.load(before / "vocabulary")
    model = TransformerConfig(**facts["model"])
    return train(model, training, vocabulary, data, data, before / "training")[1]


def test_a_training_begun_before_goes_on(
    before: Path, facts: dict[str, Any], pairs: Pairs, capfd: pytest.CaptureFixture[str]
) -> None:
    old = json.loads((before / "training" / "history.json").read_text())
    result = go_on(before, facts, pairs)
    assert "resuming at step 6 (epoch 1)" in capfd.readouterr().err
    assert (result.steps, result.best_step, result.best) == (9, 3, 0.0)
    assert result.history[: len(old)] == old
    # Dropout too drew what it would have drawn.
    losses, expected = (
        [row["loss"] for row in rows if "loss" in row] for rows in (result.history, facts["history"])
    )
    assert losses == pytest.approx(expected, rel=1e-4)


def test_a_training_begun_before_with_other_settings_is_refused(
    before: Path, facts: dict[str, Any], pairs: Pairs
) -> None:
    with pytest.raises(TrainerError, match="another model, vocabulary or other settings"):
        go_on(before, facts, pairs, clip_norm=0.5)
    assert go_on(before, facts, pairs, checkpoint_seconds=5).steps == 9
    # From now on it is said what is another one.
    with pytest.raises(TrainerError, match=r"\(training\.clip_norm 0\.5, was 1\.0\)"):
        go_on(before, facts, pairs, clip_norm=0.5)


def test_a_translator_stored_before_is_read_by_name(before: Path, facts: dict[str, Any]) -> None:
    stored = load_weights(before / "translator")
    translator = build_translator(TransformerConfig(**facts["model"]), 300, 300, shared=True)
    assert take_weights(translator, stored) == [f"initial weights: all {len(stored)} taken"]
    for name, weight in weights_by_name(translator).items():
        np.testing.assert_array_equal(weight, stored[name])
