"""What the plan says of a training."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.steps.train.plan import length_remark
from trainer.config import TrainingConfig, VocabularyConfig


@pytest.mark.parametrize(
    ("vocabulary", "training", "remark"),
    [
        ({}, {}, ""),
        ({"algorithm": "char"}, {}, "warning: sentences over 128 pieces, here characters, are left out"),
        ({"shared": False, "target": {"algorithm": "byte"}}, {}, "over 128 pieces, here bytes, are left out"),
        ({"algorithm": "char"}, {"max_length": 512}, ""),
    ],
)
def test_short_pieces_need_more_of_them(
    vocabulary: dict[str, Any], training: dict[str, Any], remark: str
) -> None:
    said = length_remark(VocabularyConfig(**vocabulary), TrainingConfig(**training))
    assert remark in said
    assert bool(said) == bool(remark)
