"""What stored translators and vocabularies are made of: the names of their files, and what a vocabulary says
of itself, read without its pieces. What a translator says of its network is in `trainer.models.facts`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from trainer.errors import DataError

DESCRIPTION = "translator.json"
"""The file of a stored translator that says what network it is."""
WEIGHTS = "weights.npz"
"""The file of its weights, there."""
VOCABULARY = "vocabulary"
"""The folder of its vocabulary, there."""


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
            reasons = list_mistakes(error) if isinstance(error, ValidationError) else error
            raise DataError(
                f"{folder} is not a vocabulary ({reasons}): learn it again, or give the folder that holds "
                f"source.model, target.model and {cls.FILE}"
            ) from error


def list_mistakes(error: ValidationError) -> str:
    """In a line, each with the key that it is of."""
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, mistake["loc"])), mistake["msg"])))
        for mistake in error.errors()
    )
