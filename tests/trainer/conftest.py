"""What the trainer's tests share: pairs to learn, a vocabulary, a tiny model, a process of one's own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from trainer.config import TrainingConfig, VocabularyConfig
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import Vocabulary, learn_vocabulary

Pairs = list[tuple[str, str]]

_WORDS = {
    "one": "eins",
    "two": "zwei",
    "three": "drei",
    "four": "vier",
    "five": "fünf",
    "six": "sechs",
    "seven": "sieben",
    "eight": "acht",
    "nine": "neun",
    "ten": "zehn",
}


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    """300 rows of one to eight numbers, translated word by word."""
    chance = random.Random(1)
    rows = [[chance.choice(list(_WORDS)) for _ in range(chance.randint(1, 8))] for _ in range(300)]
    return [(" ".join(row), " ".join(_WORDS[word] for word in row)) for row in rows]


@pytest.fixture(scope="session")
def vocabulary(pairs: Pairs) -> Vocabulary:
    """A shared vocabulary of 320 pieces, 256 of them bytes."""
    sources, targets = zip(*pairs, strict=True)
    return learn_vocabulary(VocabularyConfig(size=320), sources, targets)


@pytest.fixture(scope="session")
def tiny() -> TransformerConfig:
    """One layer a side, 32 wide, no dropout."""
    return TransformerConfig(
        preset="tiny", encoder_layers=1, decoder_layers=1, width=32, feed_forward=64, heads=2, dropout=0.0
    )


@pytest.fixture(scope="session")
def settings() -> Callable[..., TrainingConfig]:
    """A configuration of six steps; any key may be given."""

    def configured(**given: Any) -> TrainingConfig:
        defaults: dict[str, Any] = {
            "batch_tokens": 600,
            "max_steps": 6,
            "warmup_steps": 20,
            "learning_rate": 0.005,
            "evaluate_every": 3,
            "evaluate_sentences": 4,
            "strategy": "one",
        }
        return TrainingConfig(**{**defaults, **given})

    return configured


@pytest.fixture(scope="session")
def start_python() -> Callable[..., subprocess.Popen[str]]:
    """Starts Python on a script, with this checkout on its path and quiet."""

    def start(script: Path, *arguments: object, **variables: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables}
        environment = {"TF_USE_LEGACY_KERAS": "0", "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
        command: Sequence[str] = [sys.executable, str(script), *map(str, arguments)]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start
