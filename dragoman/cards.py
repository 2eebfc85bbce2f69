"""What the cards of versions on this machine tell of a model that is asked elsewhere."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.card import CardSummary

if TYPE_CHECKING:
    from contracts.confidence import Confidence
    from serving.client import Alignment, Alternatives, Translation


def newest_card(model_root: Path, model: str) -> CardSummary:
    """Of the model's newest version; empty where there is none."""
    from serving.errors import ServingError
    from serving.versions import versions

    there: dict[int, Path] = {}
    with suppress(ServingError, ValueError):  # what it tells helps, and nothing fails without
        there = versions(model_root / model)
    return CardSummary.of(there[max(there)] if there else None)


class Chances:
    """How likely an answer is good, by the card of the version that gave it."""

    def __init__(self, versions: Path) -> None:
        self._versions, self._known = versions, dict[int, "Confidence | None"]()

    def of(self, answer: Translation | Alternatives | Alignment) -> float | None:
        """0 to 1; None where no card says so, and of alternatives. Of several sentences by the mean of their
        scores."""
        version, score = answer.version, getattr(answer, "score", None)
        if version is None or score is None:
            return None
        if version not in self._known:
            self._known[version] = CardSummary.of(self._versions / str(version)).confidence
        confidence = self._known[version]
        return None if confidence is None else round(confidence.of_score(score), 4)
