"""What a stored translator says of its network, in JSON beside its weights: read without Keras."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError
from typing_extensions import Self

from trainer.errors import TrainerError
from trainer.facts import DESCRIPTION, list_mistakes
from trainer.models.base import ArchitectureConfig


@dataclass(frozen=True)
class TranslatorFacts:
    """`translator.json`: what network it is."""

    FORMAT: ClassVar[int] = 1

    model: ArchitectureConfig

    def save(self, folder: Path) -> None:
        """Write it into the folder of a stored translator."""
        facts = {"format": self.FORMAT, "model": self.model.model_dump()}
        (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Of the translator that is stored in a folder.

        Raises:
            TrainerError: there is none, a damaged one, one of a format that is not known, or an architecture
                that is not here.
        """
        try:
            facts = json.loads((folder / DESCRIPTION).read_bytes())
            form, model = facts.get("format"), facts.get("model")
        except (OSError, ValueError, AttributeError) as error:
            raise TrainerError(
                f"{folder} holds no trained translator ({error}): give a folder that save_translator wrote"
            ) from error
        if form != cls.FORMAT:
            raise TrainerError(
                f"{folder} has format {form}, and this version reads {cls.FORMAT}: train again, or use the "
                "version that wrote it"
            )
        try:
            return cls(ArchitectureConfig.stored(model))
        except ValidationError as error:
            raise TrainerError(
                f"{folder / DESCRIPTION} describes no model that is known here ({list_mistakes(error)}): "
                "install the architecture that it was trained with, or name its folder; or train again"
            ) from error
