"""Where a training stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HISTORY = "history.json"
"""In the folder of a training: its history, which a checkpoint has too."""
HistoryLine = dict[str, float | str]
"""A line of the history: `step`, `epoch`, `seconds`, and what was known then."""

MEASURE, NOUN, BEST = "measure", "measure_noun", "best"
"""Keys of a line with a dev measure: the measure's own key, what people call it, and 1 where it was the best
so far."""


def history_of(folder: Path) -> list[dict[str, Any]]:
    """The history of the training in a folder, line by line.

    Raises:
        OSError: there is none.
    """
    lines: list[dict[str, Any]] = json.loads((folder / HISTORY).read_text(encoding="utf-8"))
    return lines


@dataclass
class Position:
    """All that training knows beside the weights; saved with them."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    """Batches of the epoch that are done."""
    seconds: float = 0.0
    evaluating: float = 0.0
    """Seconds of those that went into measuring with the dev sentences."""
    tokens: int = 0
    """What the speed counts, padding excluded."""
    best: float | None = None
    """The best dev measure so far."""
    best_step: int = 0
    worse: int = 0
    """Evaluations since the best one."""
    finished: str = ""
    """Why training ended; empty while it goes on."""
    history: list[HistoryLine] = field(default_factory=list)

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Position:
        """What a checkpoint says, also one from before there were objectives."""
        values = dict(saved)
        if "best_bleu" in values:
            bleu = values.pop("best_bleu")
            values["best"] = bleu if values["best_step"] else None
        return cls(**values)

    def note(self, values: Mapping[str, float | str]) -> None:
        """A line of the history, as of now."""
        self.history.append(
            {"step": self.step, "epoch": self.epoch + 1, "seconds": round(self.seconds, 1), **values}
        )
