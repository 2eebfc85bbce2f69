"""The trainer's `history.json`: records of `loss` and speed now and then, of `dev_bleu` at evaluations."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from statistics import median

from pipeline.errors import PipelineError
from pipeline.steps.report.charts import Series
from pipeline.steps.report.content import Training
from pipeline.steps.report.words import duration, number
from pipeline.steps.train.phases import read_phases

FILE_NAME = "history.json"


def read_history(folder: Path) -> Training:
    """Curves and facts from the `history.json` in the folder of a training, at whatever depth.

    Raises:
        PipelineError: there is none.
    """
    found = sorted(folder.rglob(FILE_NAME), key=lambda path: len(path.parts))
    if not found:
        raise PipelineError(f"no {FILE_NAME} in {folder}")
    records = json.loads(found[0].read_text(encoding="utf-8"))
    losses = [record for record in records if "loss" in record]
    evaluations = [record for record in records if "dev_bleu" in record]
    best = max(evaluations, key=lambda record: record["dev_bleu"], default=None)
    return Training(
        loss=_series("train", losses, "loss"),
        quality=_series("dev BLEU", evaluations, "dev_bleu"),
        best_step=None if best is None else best["step"],
        facts=[*_facts(records, best), *_around(read_phases(folder))],
    )


def _around(seconds: dict[str, float]) -> list[tuple[str, str]]:
    """What came after the fit; of the fit itself these are only the seconds since the last interruption."""
    return [(phase, f"{taken:.1f} s") for phase, taken in seconds.items() if phase != "fit"]


def _series(title: str, records: list[dict[str, float]], key: str) -> list[Series]:
    if not records:
        return []
    return [Series(title, [record["step"] for record in records], [record[key] for record in records])]


def _facts(records: list[dict[str, float]], best: dict[str, float] | None) -> list[tuple[str, str]]:
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
    if best is not None:
        facts.append(("best dev BLEU", f"{best['dev_bleu']:.1f} at step {number(int(best['step']))}"))
        if "dev_bleu_signature" in best:
            facts.append(("its signature", str(best["dev_bleu_signature"])))
    return facts
