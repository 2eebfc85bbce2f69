"""`model_card.json`: what a version is, what it was made of, and how good it was found to be."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from pipeline.errors import PushError
from pipeline.steps.evaluate.scores import Record, Signatures, Slice
from serving.versions import EXTRA

JSON_NAME = "model_card.json"
MARKDOWN_NAME = "model_card.md"


class CardScores(Slice):
    """BLEU and chrF, 0 to 100, on all of the test split or on a slice of it."""

    bleu: float
    chrf: float


class Gate(Record):
    """What the gate said, and against which version; None where nothing served."""

    blessed: bool
    reasons: tuple[str, ...]
    baseline_version: int | None = None


class Data(Record):
    """What the model was trained and tested on: SHA-256 of the examples, pairs per split."""

    fingerprint: str
    pairs: dict[str, int]


class Code(Record):
    """The program that made the model."""

    version: str
    commit: str | None = None  # None outside a git checkout
    packages: dict[str, str]


class ModelCard(Record):
    """The whole card. `version` is None until the push gives the number."""

    schema_version: Literal[1] = 1
    model: str
    version: int | None = None
    candidate_fingerprint: str = Field(min_length=1, description="SHA-256 of the exported files")
    source_language: str
    target_language: str
    created: AwareDatetime
    signatures: Signatures
    overall: CardScores
    slices: tuple[CardScores, ...] = ()
    gate: Gate
    data: Data
    configuration: dict[str, Any]
    code: Code

    def same_version(self, other: ModelCard) -> bool:
        """Whether both cards are of one version: the same exported files, of which they state the same.

        What they are compared with, by which settings, when and by which program is how a version came to
        be; what it translates, on which data and how well is what it is.
        """
        return all(getattr(self, fact) == getattr(other, fact) for fact in _FACTS)

    def as_json(self) -> str:
        """The content of `model_card.json`."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def load(cls, version_folder: Path) -> ModelCard:
        """Read the card of a pushed version.

        Raises:
            PushError: there is none, or another version of Dragoman wrote it.
        """
        path = version_folder / EXTRA / JSON_NAME
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise PushError(f"cannot read {path}: {error.strerror}: push the model again") from error
        except ValidationError as error:
            raise PushError(f"{path} is no model card of this version of Dragoman: {error}") from error


_FACTS = (
    "candidate_fingerprint",
    "source_language",
    "target_language",
    "signatures",
    "overall",
    "slices",
    "data",
)


def as_of(moment: datetime) -> str:
    """A time as a card shows it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z").strip()
