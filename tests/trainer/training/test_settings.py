"""Which settings may change while a training goes on, and what is said of those that may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.kinds import FOLDERS, add_folders
from tests.trainer import models
from trainer.config import TrainingConfig
from trainer.models.base import ArchitectureConfig
from trainer.models.transformer import TransformerConfig
from trainer.training.settings import TrainingSettings
from trainer.vocabulary import Vocabulary


def test_limits_may_change_and_the_rest_is_named(
    vocabulary: Vocabulary, tiny: TransformerConfig, settings: Callable[..., TrainingConfig]
) -> None:
    saved = json.loads(json.dumps(TrainingSettings(tiny, settings(), vocabulary, 1).saved()))

    def differences(model: TransformerConfig = tiny, replicas: int = 1, **training: Any) -> list[str]:
        return TrainingSettings(model, settings(**training), vocabulary, replicas).differences(saved)

    assert differences(max_steps=99, max_minutes=3, patience=9, checkpoint_seconds=1) == []
    assert differences(learning_rate=0.1, seed=7) == [
        "training.learning_rate 0.1, was 0.005",
        "training.seed 7, was 1",
    ]
    assert differences(tiny.model_copy(update={"dropout": 0.5})) == ["model.dropout 0.5, was 0.0"]
    assert differences(replicas=2) == ["2 devices, were 1"]
    changed = Vocabulary(vocabulary.source_model, vocabulary.target_model + b"\x1a\x00", shared=False)
    assert TrainingSettings(tiny, settings(), changed, 1).differences(saved) == ["the vocabulary"]


def test_another_architecture_is_another_model(
    vocabulary: Vocabulary,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    add_folders([Path(models.__file__).parent])
    model = ArchitectureConfig.model_validate({"architecture": "gated"})
    gated, ours = (TrainingSettings(config, settings(), vocabulary, 1) for config in (model, tiny))
    assert gated.differences(gated.saved()) == ours.differences(ours.saved()) == []
    assert "model.architecture gated, was transformer" in gated.differences(ours.saved())
    assert f"model.heads not set, was {tiny.heads}" in gated.differences(ours.saved())
    assert "model.tied_embeddings true, was not set" in ours.differences(gated.saved())
    assert "model.architecture transformer, was gated" in ours.differences(gated.saved())
    assert gated.differences("a digest from before there were objectives") == ["some of them"]


def test_a_key_that_nothing_reads_may_have_been_anything(
    vocabulary: Vocabulary, tiny: TransformerConfig, settings: Callable[..., TrainingConfig]
) -> None:
    recurrent = ArchitectureConfig.model_validate({"architecture": "recurrent", "encoder_layers": 1})
    for model, idle in ((tiny, {"global_pieces": 3}), (recurrent, {"reach": 3})):
        now = TrainingSettings(model, settings(optimizer="adafactor"), vocabulary, 1)
        saved = now.saved()
        saved["model"] |= idle
        saved["training"]["beta_2"] = 0.9
        assert now.differences(saved) == []


def test_a_key_that_came_since_was_at_its_default(
    vocabulary: Vocabulary, tiny: TransformerConfig, settings: Callable[..., TrainingConfig]
) -> None:
    now = TrainingSettings(tiny, settings(), vocabulary, 1)
    saved = now.saved()
    del saved["training"]["accumulate"]
    assert now.differences(saved) == []
    later = TrainingSettings(tiny, settings(accumulate=2), vocabulary, 1)
    assert later.differences(saved) == ["training.accumulate 2, was 1"]
    # A key that is gone, or a value that is no longer known, is another setting.
    assert now.differences({**saved, "training": {**saved["training"], "gone": 1}}) != []
