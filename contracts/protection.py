"""How well a version carries protected pieces (`contracts.vocabulary.protected_pieces`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from contracts.errors import RecordError
from contracts.scores import Record
from contracts.vocabulary import protected_pieces

PROTECTION_FILE = "protected_pieces.json"
"""In `assets.extra` of a version whose vocabulary has them: a `ProtectedPieces`."""
_ENOUGH = 0.5
"""Below, asking with pieces would mostly be asking twice."""


class ProtectedPieces(Record):
    """What was found on dev sentences with pieces in the place of words."""

    pieces: int
    sentences: int
    kept: float = Field(ge=0, le=1)
    """Share of the sentences of which each piece came back exactly once."""

    @property
    def carried(self) -> tuple[str, ...]:
        """Those to ask the version with; none where it keeps them in less than half of the sentences."""
        return protected_pieces(self.pieces) if self.kept >= _ENOUGH else ()

    def __str__(self) -> str:
        """For people."""
        return f"{self.pieces} protected pieces, kept in {self.kept:.0%} of {self.sentences} dev sentences"

    def save(self, folder: Path) -> None:
        """Write it; the folder is made."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PROTECTION_FILE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> ProtectedPieces | None:
        """Of this folder; None where there is none, as of versions without such pieces.

        Raises:
            RecordError: another version of Dragoman wrote it.
        """
        try:
            return cls.model_validate_json((folder / PROTECTION_FILE).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise RecordError(
                f"{folder / PROTECTION_FILE} is of another version of Dragoman: {error}"
            ) from error
