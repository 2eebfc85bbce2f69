"""The trainer's `history.json`: records of `loss` and speed now and then, of the dev measure at evaluations.

Trainings from before there were objectives measured BLEU, and did not say so.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.errors import PipelineError
from pipeline.steps.report.charts import Series
from pipeline.steps.report.content import TrainingFacts
from pipeline.steps.report.words import duration, number
from pipeline.steps.train.phases import read_phases
from trainer.training.position import BEST, HISTORY, MEASURE, NOUN, history_of

_BLEU = "dev_bleu"


def read_history(folder: Path) -> TrainingFacts:
    """Curves and facts from the `history.json` in the folder of a training, at whatever depth.

    Raises:
        PipelineError: there is none.
    """
    files = sorted(folder.rglob(HISTORY), key=lambda path: len(path.parts))
    if not files:
        raise PipelineError(f"no {HISTORY} in {folder}")
    records = history_of(files[0].parent)
    losses = [record for record in records if "loss" in record]
    key, noun = next(
        ((record[MEASURE], record[NOUN]) for record in records if MEASURE in record), (_BLEU, "dev BLEU")
    )
    evaluations = [record for record in records if key in record]
    best = _best(evaluations, key)
    facts = _facts(records)
    if best is not None:
        shown = f"{best[key]:.1f}" if key == _BLEU else f"{best[key]:.4g}"
        facts.append((f"best {noun}", f"{shown} at step {number(int(best['step']))}"))
        if f"{key}_signature" in best:
            facts.append(("its signature", str(best[f"{key}_signature"])))
    return TrainingFacts(
        loss=_series("train", losses, "loss"),
        quality=_series(noun, evaluations, key),
        best_step=None if best is None else best["step"],
        facts=[*facts, *_around(read_phases(folder))],
    )


def _best(evaluations: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """The last one that was the best so far; of those that do not say so, the one with the highest BLEU."""
    best = next((record for record in reversed(evaluations) if record.get(BEST)), None)
    return best or max(evaluations, key=lambda record: record[key], default=None)


def _around(seconds: dict[str, float]) -> list[tuple[str, str]]:
    """What came after the fit; of the fit itself these are only the seconds since the last interruption."""
    return [(phase, f"{taken:.1f} s") for phase, taken in seconds.items() if phase != "fit"]


def _series(title: str, records: list[dict[str, Any]], key: str) -> list[Series]:
    if not records:
        return []
    return [Series(title, [record["step"] for record in records], [record[key] for record in records])]


def _facts(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What the records say, in words; records may lack any of it."""
    if not records:
        return []
    last = records[-1]
    facts = [("steps", number(int(last["step"])))]
    if "epoch" in last:
        facts.append(("epochs", number(int(last["epoch"]))))
    if "seconds" in last:
        facts.append(("time", duration(timedelta(seconds=last["seconds"]))))
    speeds = [record["tokens_per_second"] for record in records if "tokens_per_second" in record]
    if speeds:
        facts.append(("speed, median", f"{number(round(median(speeds)))} source+target tokens/s"))
    return facts
