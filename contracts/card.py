"""`model_card.json`: what a version is, what it was made of, and how good it was found to be.

Who makes versions writes and reads the whole card, and refuses one that is not of this version of Dragoman.
Who serves versions of any age reads a summary, in which what cannot be read is None.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from contracts.attention import AligningHead
from contracts.confidence import Confidence
from contracts.directions import Direction
from contracts.errors import RecordError
from contracts.protection import ProtectedPieces
from contracts.scores import Record, Signatures, Slice

EXTRA = "assets.extra"
"""In a version's folder: what a model server does not read, but for warm-up requests."""
TRANSLATOR = "translator"
"""In `EXTRA` of a version, and in what a Trainer puts out: what `trainer.store` wrote."""

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
    optional_signatures: tuple[str, ...] = Field((), description="of `contracts.signatures.OPTIONAL`")
    directions: tuple[Direction, ...] = Field((), description="where there are several; `languages`' first")
    aligning_head: AligningHead | None = Field(None, description="what `align` goes by, where it was chosen")
    protected_pieces: ProtectedPieces | None = Field(None, description="where its vocabulary has them")
    confidence: Confidence | None = Field(None, description="where it was calibrated")
    context: int = Field(0, ge=0, description="sentences before a source that it was trained to read with it")

    def same_version(self, other: ModelCard) -> bool:
        """Whether both cards are of one version: the same exported files, of which they state the same.

        What they are compared with, by which settings, when and by which program is how a version came to
        be; what it translates, on which data and how well is what it is.
        """
        return all(getattr(self, fact) == getattr(other, fact) for fact in _FACTS)

    def as_json(self) -> str:
        """The content of `model_card.json`."""
        # As before there were any: older programs refuse keys that they do not know.
        later = (
            "optional_signatures",
            "directions",
            "aligning_head",
            "protected_pieces",
            "confidence",
            "context",
        )
        unsaid = {name for name in later if not getattr(self, name)}
        return json.dumps(self.model_dump(mode="json", exclude=unsaid), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def load(cls, version_folder: Path) -> ModelCard:
        """Read the card of a pushed version.

        Raises:
            RecordError: there is none, or another version of Dragoman wrote it.
        """
        path = version_folder / EXTRA / JSON_NAME
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise RecordError(f"cannot read {path}: {error.strerror}: push the model again") from error
        except ValidationError as error:
            raise RecordError(f"{path} is no model card of this version of Dragoman: {error}") from error


_FACTS = (
    "candidate_fingerprint",
    "source_language",
    "target_language",
    "directions",
    "signatures",
    "overall",
    "slices",
    "data",
)


def as_of(moment: datetime) -> str:
    """A time as a card shows it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z").strip()


Value = TypeVar("Value")


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


OrNone = Annotated[Value | None, WrapValidator(_or_none)]
"""None where it is absent, or something else than it should be."""


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class MetricSummary(_Lenient):
    """BLEU and chrF: scores, or how they were computed."""

    bleu: OrNone[float | str] = None
    chrf: OrNone[float | str] = None


class SliceSummary(_Lenient):
    """Scores of a part of the test split."""

    feature: OrNone[str] = None
    value: OrNone[str] = None
    bleu: OrNone[float] = None
    chrf: OrNone[float] = None


class CardSummary(_Lenient):
    """What anybody may ask of the card of a version, whoever made it."""

    source_language: OrNone[str] = None
    target_language: OrNone[str] = None
    created: OrNone[str] = None
    overall: OrNone[MetricSummary] = None
    signatures: OrNone[MetricSummary] = None
    optional_signatures: OrNone[tuple[str, ...]] = None
    directions: OrNone[tuple[Direction, ...]] = None
    slices: OrNone[tuple[SliceSummary, ...]] = None
    protected_pieces: OrNone[ProtectedPieces] = None
    confidence: OrNone[Confidence] = None
    context: OrNone[int] = None

    @property
    def carried(self) -> tuple[str, ...]:
        """What the version is asked in the place of placeholders; none of one that does not carry them."""
        return self.protected_pieces.carried if self.protected_pieces else ()

    @classmethod
    def of(cls, version_folder: Path | None) -> CardSummary:
        """Of the version in this folder; empty where there is no card that can be read."""
        if version_folder is None:
            return cls()
        try:
            return cls.model_validate_json((version_folder / EXTRA / JSON_NAME).read_bytes())
        except (OSError, ValueError):
            return cls()
