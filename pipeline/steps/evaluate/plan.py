"""What the gate would ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contracts.directions import Direction
from pipeline.config import EvaluationConfig


@dataclass(frozen=True)
class PlannedGate:
    """What the candidate has to reach, in BLEU from 0 to 100."""

    tokenize: str
    bleu_floor: float
    max_drop: float
    parts: dict[str, dict[str, float]]
    """`bleu_floor` and `max_drop` of the directions, corpora and lengths that have their own, and `max_drop`
    of disturbances."""
    directions: tuple[str, ...] = ()
    """Those that are gated, where there are several."""

    @classmethod
    def of(cls, evaluation: EvaluationConfig, directions: Sequence[Direction] = ()) -> PlannedGate:
        """From the configuration."""
        parts = {**evaluation.directions, **evaluation.corpora, **evaluation.lengths, **evaluation.disturbed}
        own = {name: part.model_dump(exclude_none=True) for name, part in parts.items()}
        gated = tuple(direction.name for direction in directions if not direction.zero_shot)
        return cls(evaluation.tokenize, evaluation.bleu_floor, evaluation.max_drop, own, gated)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        facts = asdict(self)
        return {name: fact for name, fact in facts.items() if fact or name != "directions"}

    @property
    def text(self) -> str:
        """For people."""
        return (
            f"BLEU ({self.tokenize}) of {self.bleu_floor:g} at least, and at most {self.max_drop:g} below "
            f"the version that serves{self._each}{''.join(map(self._part_text, self.parts))}"
        )

    @property
    def _each(self) -> str:
        return f", in each of {', '.join(self.directions)}" if self.directions else ""

    def _part_text(self, name: str) -> str:
        asked = ", ".join(f"{key} {value:g}" for key, value in self.parts[name].items())
        return f"; {name}: {asked}" if asked else ""
