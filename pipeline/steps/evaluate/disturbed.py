"""The candidate on dev sentences as users type them, beside the same sentences as they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from contracts.scores import DisturbedScores, Verdict
from pipeline.config import EvaluationConfig
from pipeline.examples.shards import Pair
from pipeline.examples.text import as_text
from pipeline.steps.evaluate.scoring import CorpusMetric, corpus_metrics
from texts.disturbances.base import DISTURBANCES, DisturbanceConfig, SentencePair
from texts.normalisation import normalise

SENTENCES = 500
"""Of dev at most."""
_SEED = 1

Translate = Callable[[Sequence[Pair]], Sequence[bytes]]
"""Pairs to the translations of their sources, in order."""


def spread(pairs: Sequence[Pair]) -> Sequence[Pair]:
    """So many of them, from all over."""
    return pairs[:: max(1, len(pairs) // SENTENCES)][:SENTENCES]


def score_disturbed(
    pairs: Sequence[Pair], translate: Translate, config: EvaluationConfig
) -> tuple[DisturbedScores, ...]:
    """Of each disturbance that the configuration names, those of the pairs that it can disturb; nothing of
    one that finds none.
    """
    metrics, plain = corpus_metrics(config), dict[Pair, bytes]()
    scores = []
    for name, gate in config.disturbed.items():
        both = disturb(name, pairs)
        if not both:
            continue
        if new := [pair for pair, _ in both if pair not in plain]:
            plain.update(zip(new, translate(new), strict=True))
        as_they_are = _scores(metrics.values(), [pair for pair, _ in both], [plain[pair] for pair, _ in both])
        changed = [other for _, other in both]
        bleu, chrf = _scores(metrics.values(), changed, translate(changed))
        scores.append(
            DisturbedScores(
                disturbance=name,
                sentences=len(both),
                bleu=bleu,
                chrf=chrf,
                undisturbed_bleu=as_they_are[0],
                undisturbed_chrf=as_they_are[1],
                max_drop=gate.max_drop,
            )
        )
    return tuple(scores)


def disturb(name: str, pairs: Sequence[Pair]) -> list[tuple[Pair, Pair]]:
    """The pairs that have something to disturb, and what becomes of each; always the same."""
    disturbance = DisturbanceConfig.model_validate({"name": name})
    both, before = [], None
    for pair in pairs:
        source, target = as_text(pair.source), as_text(pair.target)
        given = SentencePair(source, target, before=before)
        with DISTURBANCES.running(disturbance.name):
            sides = disturbance.disturb(given, random.Random(f"{_SEED} {source}"))
        if sides is not None:
            source_now, target_now = (normalise(side).encode() for side in sides)
            both.append((pair, pair._replace(source=source_now, target=target_now)))
        before = source, target
    return both


def _scores(
    metrics: Iterable[CorpusMetric], pairs: Sequence[Pair], translations: Sequence[bytes]
) -> tuple[float, float]:
    """BLEU and chrF."""
    hypotheses = [as_text(translation) for translation in translations]
    references = [as_text(pair.target) for pair in pairs]
    bleu, chrf = (
        metric.score(metric.matrix(hypotheses, references).sum(axis=0).tolist()) for metric in metrics
    )
    return bleu, chrf


def judged(verdict: Verdict, disturbed: Sequence[DisturbedScores]) -> Verdict:
    """The gate's verdict with what it says of disturbed sentences."""
    asked = [part for part in disturbed if part.max_drop is not None]
    failed = tuple(_text(part) for part in asked if not part.passed)
    if failed:
        reasons = (*(() if verdict.blessed else verdict.reasons), *failed)
        return verdict.model_copy(update={"blessed": False, "reasons": reasons})
    if not verdict.blessed:
        return verdict
    return verdict.model_copy(update={"reasons": (*verdict.reasons, *map(_text, asked))})


def _text(part: DisturbedScores) -> str:
    return (
        f"{part.disturbance}: BLEU {part.bleu:.2f} where it is {part.undisturbed_bleu:.2f} on the same "
        f"{part.sentences} dev sentences as they are, at most {part.max_drop:g} less allowed"
    )
