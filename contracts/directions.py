"""From which language into which: what a run of several directions trains and measures; its card names it."""

from __future__ import annotations

from contracts.sections import Section


class Direction(Section):
    """One of several; `zero_shot`: measured, and never trained (Johnson et al. 2017, section 4)."""

    source_language: str
    target_language: str
    zero_shot: bool = False

    @property
    def name(self) -> str:
        """As `en-de`."""
        return f"{self.source_language}-{self.target_language}"
