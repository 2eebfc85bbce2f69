"""The gate's decision in words and numbers. TFMA decides; this says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.examples import DIRECTION
from contracts.scores import MetricScores, PartThresholds, SliceScores, Thresholds, Verdict

_CURES = {
    "corpus": "; evaluation.corpora can refuse it",
    "length": "; evaluation.lengths can refuse it",
}
"""A direction that is never trained is not refused."""


def verdict(
    blessed: bool,
    overall: SliceScores,
    slices: Sequence[SliceScores],
    thresholds: Thresholds,
    version: int | None,
    *,
    compared: bool = True,
) -> Verdict:
    """One sentence per threshold, and one per slice that fell without having one, or that could not be
    compared.

    Args:
        blessed: TFMA's decision.
        overall: scores on the whole split.
        slices: scores on its parts.
        thresholds: what was allowed.
        version: the one that serves now, if it has a number.
        compared: there is one that serves now.
    """
    reasons = list(_judged(overall.bleu, thresholds, version))
    for part in slices:
        asked = thresholds.parts.get(part.name, PartThresholds())
        reasons += [(f"{part.name}: {text}", passed) for text, passed in _judged(part.bleu, asked, version)]
    failed = [reason for reason, passed in reasons if not passed]
    return Verdict(
        blessed=blessed,
        reasons=tuple(failed or [reason for reason, _ in reasons]),
        warnings=(*_fallen(slices, thresholds, version), *(_new(slices, version) if compared else ())),
    )


def _judged(
    bleu: MetricScores, asked: Thresholds | PartThresholds, version: int | None
) -> Iterator[tuple[str, bool]]:
    if asked.bleu_floor is not None:
        yield _floor(bleu.candidate, asked.bleu_floor)
    if bleu.baseline is not None and asked.max_drop is not None:
        yield _change(bleu.candidate, bleu.baseline, asked.max_drop, version)


def _fallen(slices: Sequence[SliceScores], thresholds: Thresholds, version: int | None) -> Iterator[str]:
    """Slices without a largest drop of their own that fell further than the whole may (the first direction,
    where there are several), and not by chance.
    """
    allowed = [thresholds.max_drop, *(part.max_drop for part in thresholds.parts.values())]
    most = next((drop for drop in allowed if drop is not None), 0.0)
    for part in slices:
        asked = thresholds.parts.get(part.name, PartThresholds())
        if part.bleu.baseline is None or asked.max_drop is not None or not part.bleu.significant:
            continue
        text, passed = _change(part.bleu.candidate, part.bleu.baseline, most, version)
        if not passed:
            yield f"{part.name}: {text} on the whole{_CURES.get(part.feature or '', '')}"


def _new(slices: Sequence[SliceScores], version: int | None) -> Iterator[str]:
    """Directions that the one that serves now does not have."""
    for part in slices:
        if part.feature == DIRECTION and part.bleu.baseline is None:
            yield f"{part.name}: not compared, for {_served(version)} does not translate into its language"


def _served(version: int | None) -> str:
    return "the model that serves now" if version is None else f"version {version}"


def _floor(bleu: float, floor: float) -> tuple[str, bool]:
    score, bound = _distinct(bleu, floor)
    if bleu < floor:
        return f"BLEU {score} is below the floor {bound}", False
    return f"BLEU {score} is not below the floor {bound}", True


def _change(bleu: float, baseline: float, max_drop: float, version: int | None) -> tuple[str, bool]:
    against = _served(version)
    drop = baseline - bleu
    new, old = _distinct(bleu, baseline)
    if drop == 0:
        return f"BLEU did not change against {against} ({old})", True
    if drop < 0:
        return f"BLEU rose by {_distinct(-drop, 0)[0]} against {against} ({old} → {new})", True
    size, allowed = _distinct(drop, max_drop)
    passed = not drop > max_drop
    return f"BLEU fell by {size} against {against} ({old} → {new}), at most {allowed} allowed", passed


def _distinct(value: float, other: float) -> tuple[str, str]:
    """Both numbers with one decimal, or with as many as show that they differ: 19.96 is not `20.0`."""
    for digits in range(1, 7):
        texts = f"{value:.{digits}f}", f"{other:.{digits}f}"
        if texts[0] != texts[1]:
            break
    else:
        texts = f"{value:.1f}", f"{other:.1f}"
    return texts
