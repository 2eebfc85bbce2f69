"""Where a training's first weights come from, known without TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.steps.baseline.fitting import check_shape
from pipeline.steps.baseline.initial import (
    initial_translator,
    stored_translator,
    weights_note,
)
from trainer.models.transformer import TransformerConfig


def store(folder: Path, **model: Any) -> Path:
    """The part of a stored translator that says its shape."""
    folder.mkdir(parents=True)
    facts = {"format": 1, "model": TransformerConfig(**model).model_dump()}
    (folder / "translator.json").write_text(json.dumps(facts))
    return folder


def run_config(start: Path | None, **sections: Any) -> RunConfig:
    values = {"name": "m", "languages": {"source": "en", "target": "de"}, "corpora": [{"format": "embedded"}]}
    return RunConfig.model_validate({**values, "init_from": start and str(start), **sections})


def test_a_version_a_workspace_and_a_folder_can_be_started_from(tmp_path: Path) -> None:
    version = store(tmp_path / "models" / "m" / "2" / "assets.extra" / "translator")
    assert stored_translator(tmp_path / "models" / "m" / "2") == version
    trainings = tmp_path / "runs" / "m" / "artifacts" / "Trainer" / "model_run"
    store(trainings / "9" / "translator")
    newest = store(trainings / "10" / "translator")
    assert stored_translator(tmp_path / "runs" / "m") == newest
    assert stored_translator(newest) == newest
    config = run_config(tmp_path / "runs" / "m")
    assert initial_translator(config, None) == newest
    assert weights_note(config) == f"initial weights: those of {newest}"


def test_of_several_trainings_that_without_a_name_is_started_from(tmp_path: Path) -> None:
    trainings = tmp_path / "artifacts"
    store(trainings / "Trainer-teacher" / "model_run" / "9" / "translator")
    newest = store(trainings / "Trainer-language-model" / "model_run" / "10" / "translator")
    assert stored_translator(tmp_path) == newest
    student = store(trainings / "Trainer" / "model_run" / "8" / "translator")
    assert stored_translator(tmp_path) == student


def test_without_it_weights_are_fresh() -> None:
    assert initial_translator(run_config(None), None) is None
    assert weights_note(run_config(None)) == "initial weights: fresh"


def test_a_folder_without_a_translator_is_refused_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"holds no trained translator: give the folder of a version"
    ):
        initial_translator(run_config(tmp_path), None)


def test_another_shape_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    stored = store(tmp_path / "t", preset="small", dropout=0.3)
    assert initial_translator(run_config(stored), None) == stored  # Dropout is no shape.
    with pytest.raises(ConfigurationError, match=r"another shape \(.*width: 256, here 128"):
        initial_translator(run_config(stored, model={"preset": "tiny"}), None)
    # All weights would fit, and do other work.
    with pytest.raises(ConfigurationError, match=r"another shape \(heads: 4, here 8\)"):
        initial_translator(run_config(stored, model={"heads": 8}), None)


def test_what_was_stored_with_a_key_that_nothing_reads_can_be_started_from(tmp_path: Path) -> None:
    stored = store(tmp_path / "t")
    facts = json.loads((stored / "translator.json").read_text())
    facts["model"]["cell"] = "gru"
    (stored / "translator.json").write_text(json.dumps(facts))
    assert initial_translator(run_config(stored), None) == stored


def test_what_cannot_be_read_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    stored = store(tmp_path / "t")
    described = (stored / "translator.json").read_text()
    for content, said in (
        ("{", "holds no trained translator"),
        ('{"format": 99}', "has format 99"),
        (described.replace('"tied_embeddings"', '"tied_embedding"'), "describes no model that is known here"),
    ):
        (stored / "translator.json").write_text(content)
        with pytest.raises(ConfigurationError, match=f"training cannot start from .*{said}"):
            initial_translator(run_config(stored), None)
    (stored / "translator.json").write_text(described)
    (stored / "vocabulary").mkdir()
    for damaged in ("[]", '{"shared": true, "protected": "no"}'):
        (stored / "vocabulary" / "vocabulary.json").write_text(damaged)
        with pytest.raises(ConfigurationError, match=r"training cannot start from .* is not a vocabulary"):
            initial_translator(run_config(stored), None)


def test_what_is_named_may_have_other_layers_and_what_serves_may_not(tmp_path: Path) -> None:
    stored = store(tmp_path / "t", preset="small")
    model: dict[str, Any] = {"encoder_layers": 6, "feed_forward": 1024, "tied_embeddings": False}
    config = run_config(stored, model=model)
    assert initial_translator(config, None) == stored
    with pytest.raises(ConfigurationError, match=r"encoder_layers: 3, here 6.*or start anew"):
        check_shape(config.model, stored, whole=True)


def test_a_training_has_one_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one start"):
        run_config(tmp_path, spans={"weights": "served"})
    with pytest.raises(ValueError, match="several machines"):
        run_config(tmp_path, training={"strategy": "multi_worker"})


def test_a_vocabulary_without_the_protected_pieces_is_refused(tmp_path: Path) -> None:
    stored = store(tmp_path / "t")
    facts = stored / "vocabulary" / "vocabulary.json"
    facts.parent.mkdir()
    asks = {"vocabulary": {"protected": 4}, "augmentation": {"disturbances": ["placeholders"]}}
    for has, is_refused in (({}, True), ({"protected": 3}, True), ({"protected": 4}, False)):
        facts.write_text(json.dumps({"shared": True, **has}))
        if is_refused:
            with pytest.raises(
                ConfigurationError, match=rf"has {has.get('protected', 0)} protected pieces, wh"
            ):
                initial_translator(run_config(stored, **asks), None)
        else:
            assert initial_translator(run_config(stored, **asks), None) == stored
        assert initial_translator(run_config(stored), None) == stored
