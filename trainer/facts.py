"""What stored translators and vocabularies say of themselves, in JSON beside their weights and pieces: read
without Keras and without the pieces.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from trainer.errors import DataError, TrainerError
from trainer.models.base import ArchitectureConfig

VOCABULARY = "vocabulary"
"""The folder of its vocabulary, in that of a stored translator."""
WEIGHTS = "weights.npz"
"""The file of its weights, there."""


@dataclass(frozen=True)
class TranslatorFacts:
    """`translator.json`: what network it is."""

    FILE: ClassVar[str] = "translator.json"
    FORMAT: ClassVar[int] = 1

    model: ArchitectureConfig

    def save(self, folder: Path) -> None:
        """Write it into the folder of a stored translator."""
        facts = {"format": self.FORMAT, "model": self.model.model_dump()}
        (folder / self.FILE).write_text(json.dumps(facts, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Of the translator that is stored in a folder.

        Raises:
            TrainerError: there is none, a damaged one, one of a format that is not known, or an architecture
                that is not here.
        """
        try:
            facts = json.loads((folder / cls.FILE).read_bytes())
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
                f"{folder / cls.FILE} describes no model that is known here ({_reasons(error)}): install the "
                "architecture that it was trained with, or name its folder; or train again"
            ) from error


class VocabularyFacts(BaseModel):
    """`vocabulary.json`: see `trainer.vocabulary.Vocabulary`; the sizes are for people."""

    model_config = ConfigDict(frozen=True)

    FILE: ClassVar[str] = "vocabulary.json"

    shared: bool
    source_size: int | None = None
    target_size: int | None = None
    targets: tuple[str, ...] = ()
    protected: int = 0
    context: bool = False

    def save(self, folder: Path) -> None:
        """Write it into the folder of a vocabulary; what came later, only where the vocabulary has it."""
        facts = self.model_dump(mode="json", exclude_defaults=True)
        (folder / self.FILE).write_text(json.dumps(facts, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Of the vocabulary in a folder.

        Raises:
            DataError: it is missing or damaged.
        """
        try:
            return cls.model_validate_json((folder / cls.FILE).read_bytes())
        except (OSError, ValidationError) as error:
            reasons = _reasons(error) if isinstance(error, ValidationError) else error
            raise DataError(
                f"{folder} is not a vocabulary ({reasons}): learn it again, or give the folder that holds "
                f"source.model, target.model and {cls.FILE}"
            ) from error


def _reasons(error: ValidationError) -> str:
    """In a line, each with the key that it is of."""
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, mistake["loc"])), mistake["msg"])))
        for mistake in error.errors()
    )
