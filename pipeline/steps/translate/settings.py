"""What the step is told under `steps.NAME`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.sections import Section


class TranslateSettings(Section):
    """Which splits get the model's translations as targets."""

    splits: tuple[Literal["train", "dev", "test"], ...] = ("train",)
    batch_sentences: int = Field(64, ge=1, description="sentences translated at once")
