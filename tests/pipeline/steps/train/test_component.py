"""The Trainer as a component."""

from __future__ import annotations

from pathlib import Path

from tfx import types
from tfx.types import standard_artifacts
from tfx.utils import import_utils

from pipeline.config.load import parse
from pipeline.steps.train.component import Trainer
from pipeline.steps.vocabulary.component import VocabularyArtifact


def test_it_can_be_made_again_after_tfx_has_loaded_its_function_anew(tmp_path: Path) -> None:
    """As in the second run of a catch-up."""
    config = parse("{name: m, languages: {source: en, target: de}, corpora: [{format: embedded}]}")
    for _ in range(2):
        examples = types.Channel(type=standard_artifacts.Examples)
        trainer = Trainer(examples, types.Channel(type=VocabularyArtifact), config, tmp_path)
        module, _, function = trainer.exec_properties["run_fn"].rpartition(".")
        assert callable(import_utils.import_func_from_module(module, function))
