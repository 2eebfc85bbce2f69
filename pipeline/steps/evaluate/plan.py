"""What the gate would ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pipeline.config import EvaluationConfig


@dataclass(frozen=True)
class PlannedGate:
    """What the candidate has to reach, in BLEU from 0 to 100."""

    tokenize: str
    bleu_floor: float
    max_drop: float
    parts: dict[str, dict[str, float]]
    """`bleu_floor` and `max_drop` of the corpora and lengths that have their own."""

    @classmethod
    def of(cls, evaluation: EvaluationConfig) -> PlannedGate:
        """From the configuration."""
        parts = {**evaluation.corpora, **evaluation.lengths}
        own = {name: part.model_dump(exclude_none=True) for name, part in parts.items()}
        return cls(evaluation.tokenize, evaluation.bleu_floor, evaluation.max_drop, own)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)

    @property
    def text(self) -> str:
        """For people."""
        return (
            f"BLEU ({self.tokenize}) of {self.bleu_floor:g} at least, and at most {self.max_drop:g} below "
            f"the version that serves{''.join(map(self._part_text, self.parts))}"
        )

    def _part_text(self, name: str) -> str:
        asked = ", ".join(f"{key} {value:g}" for key, value in self.parts[name].items())
        return f"; {name}: {asked}" if asked else ""
