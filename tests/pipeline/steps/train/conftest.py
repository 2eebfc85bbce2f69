"""Small trainings as TFX runs them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tfx.components.trainer.fn_args_utils import FnArgs

from contracts.settings import effective_json
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.train import training
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.train.training import run_fn
from pipeline.workspace import progress
from trainer.config import VocabularyConfig
from trainer.training.step import TrainingStep
from trainer.vocabulary import learn_vocabulary

STEPS = 2
WORDS = ["one", "two", "three", "four", "five", "six"]
TEXTS = [f"{first} {second}" for first in WORDS for second in WORDS]


@dataclass
class Trainings:
    """Runs `run_fn` as TFX does, each time with an empty output folder; counts the optimizer steps."""

    folder: Path
    steps: int = 0
    runs: int = 0

    signatures: tuple[str, ...] = ()
    good_chrf: float | None = None
    layers: int = 1
    init_from: Path | None = None
    lines: list[str] = field(default_factory=list)

    def noted(self, text: str) -> None:
        """What is said of the progress."""
        self.lines.append(text)

    def settings(self, max_steps: int = STEPS, **search: Any) -> TrainerSettings:
        """Of a small training."""
        return TrainerSettings.model_validate(
            {
                "languages": {"source": "en", "target": "de"},
                "model": {
                    "preset": "tiny",
                    "encoder_layers": self.layers,
                    "decoder_layers": 1,
                    "width": 16,
                    "feed_forward": 16,
                    "heads": 2,
                },
                "training": {"max_steps": max_steps, "evaluate_every": 1, "evaluate_sentences": 2},
                "search": {"beams": 1, "max_target_length": 8, "max_source_length": 16, **search},
                "export": {"signatures": self.signatures, "good_chrf": self.good_chrf},
                "tokenize": "13a",
            }
        )

    def run(self, max_steps: int = STEPS, **search: Any) -> Path:
        """The folder of the ModelRun artifact."""
        self.runs += 1
        run_fn(
            FnArgs(
                train_files=[str(self.folder / "Split-train" / "*")],
                eval_files=[str(self.folder / "Split-dev" / "*")],
                model_run_dir=str(self.model_run(self.runs)),
                serving_model_dir=str(self.exported(self.runs)),
                custom_config={
                    "settings": effective_json(self.settings(max_steps, **search)),
                    "checkpoints": str(self.checkpoints),
                    "vocabulary": str(self.folder / "vocabulary"),
                    **({"init_from": [str(self.init_from)]} if self.init_from else {}),
                },
            )
        )
        return self.model_run(self.runs)

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def model_run(self, number: int = 1) -> Path:
        """The folder of the ModelRun artifact of a run."""
        return self.folder / f"model_run-{number}"

    def exported(self, number: int = 1) -> Path:
        return self.folder / f"model-{number}" / "Format-Serving"


@contextlib.contextmanager
def counted(trainings: Trainings) -> Iterator[pytest.MonkeyPatch]:
    """While its steps are counted."""
    step = TrainingStep.run

    def run(self: TrainingStep, *batches: Any) -> float:
        trainings.steps += 1
        return step(self, *batches)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TrainingStep, "run", run)
        # It starts a process of its own, and has tests of its own (tests/trainer/export/test_export.py).
        patched.setattr(training, "check_export", lambda *_: None)
        yield patched


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    """A run for tests that only read what it left."""
    folder = tmp_path_factory.mktemp("first")
    for split, kept in (("train", TEXTS), ("dev", TEXTS[:3])):
        with ShardWriter(str(folder / f"Split-{split}"), "data") as writer:
            for line, text in enumerate(kept):
                writer.write(Pair(text.encode(), text.upper().encode(), b"c", line))
    learn(folder, VocabularyConfig(size=300))
    trainings = Trainings(folder)
    with counted(trainings) as patched:
        patched.setattr(progress, "observers", [trainings])
        trainings.run()
    assert trainings.steps == STEPS
    return trainings


@pytest.fixture
def trainings(first: Trainings, tmp_path: Path) -> Iterator[Trainings]:
    """Goes on after the first in a folder of the test's own; what a training is known by is not its place."""
    trainings = replace(first, folder=tmp_path / "trainings")
    shutil.copytree(first.folder, trainings.folder)
    with counted(trainings):
        yield trainings


def learn(folder: Path, config: VocabularyConfig) -> None:
    learn_vocabulary(config, TEXTS, [text.upper() for text in TEXTS]).save(folder / "vocabulary")
