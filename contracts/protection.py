"""How well a version carries protected pieces (`contracts.vocabulary.protected_pieces`)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from contracts.records import FiledRecord
from contracts.vocabulary import protected_pieces

PROTECTION_FILE = "protected_pieces.json"
"""In `assets.extra` of a version whose vocabulary has them: a `ProtectedPieces`."""
_ENOUGH = 0.5
"""Below, asking with pieces would mostly be asking twice."""


class ProtectedPieces(FiledRecord):
    """What was found on dev sentences with pieces in the place of words."""

    file: ClassVar[str] = PROTECTION_FILE

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
