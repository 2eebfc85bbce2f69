"""Which translations the report shows, with what differs from the reference marked, and where the model
looked."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pipeline.steps.evaluate.scoring import sentence_chrf
from pipeline.steps.evaluate.translations import EvaluatedSentence
from pipeline.steps.translate.exported import Explanation

Explain = Callable[[EvaluatedSentence], Explanation | None]

_SEED = 1
_CHARACTERS_SHOWN = 600
_PIECES_SHOWN = 48


@dataclass(frozen=True)
class Span:
    """A part of a translation; `same` if the reference has it too, at this place."""

    text: str
    same: bool


@dataclass(frozen=True)
class Heatmap:
    """Attention weights, one row for each target piece; cut to what fits on a screen."""

    columns: list[str]
    rows: list[tuple[str, list[float]]]
    cut: bool


@dataclass(frozen=True)
class Sample:
    """One test sentence on the page."""

    source: str
    reference: str
    candidate: list[Span]
    baseline: list[Span] | None
    chrf: float
    baseline_chrf: float | None
    corpus: str
    line: int
    heatmap: Heatmap | None


@dataclass(frozen=True)
class SampleGroup:
    """Samples chosen by one rule."""

    title: str
    samples: list[Sample] = field(default_factory=list)


def choose(
    translations: Sequence[EvaluatedSentence],
    explain: Explain,
    best: int = 3,
    worst: int = 3,
    chance: int = 4,
) -> list[SampleGroup]:
    """Drawn by chance (seeded), best and worst by sentence chrF; no sentence twice.

    Args:
        translations: of the test split.
        explain: pieces and attention of a sentence, or None where there are none.
        best: how many of the best.
        worst: how many of the worst.
        chance: how many drawn by chance.
    """
    scores = [sentence_chrf(t.candidate, t.reference) for t in translations]
    drawn = random.Random(_SEED).sample(range(len(translations)), min(chance, len(translations)))
    ranked = [row for row in sorted(range(len(scores)), key=scores.__getitem__) if row not in set(drawn)]
    worst_rows = ranked[:worst]
    # Sentences of a word or two are the best of every test split and show nothing.
    longer = [row for row in ranked[worst:] if len(translations[row].source) > 20] or ranked[worst:]
    best_rows = longer[::-1][:best]
    groups = [
        ("Drawn by chance", drawn),
        ("Best, by sentence chrF", best_rows),
        ("Worst, by sentence chrF", worst_rows),
    ]
    return [
        SampleGroup(title, [_sample(translations[row], scores[row], explain) for row in rows])
        for title, rows in groups
        if rows
    ]


def _sample(translation: EvaluatedSentence, chrf: float, explain: Explain) -> Sample:
    explanation = explain(translation)
    baseline = translation.baseline
    return Sample(
        source=shorten(translation.source),
        reference=shorten(translation.reference),
        candidate=spans(translation.candidate, translation.reference),
        baseline=None if baseline is None else spans(baseline, translation.reference),
        chrf=chrf,
        baseline_chrf=None if baseline is None else sentence_chrf(baseline, translation.reference),
        corpus=" ".join(filter(None, (translation.corpus, translation.direction))),
        line=translation.line,
        heatmap=None if explanation is None else heatmap(explanation),
    )


def shorten(text: str, characters: int = _CHARACTERS_SHOWN) -> str:
    """A line of 100 kB has no place on a page."""
    return text if len(text) <= characters else text[:characters] + " […]"


def spans(hypothesis: str, reference: str) -> list[Span]:
    """The hypothesis in parts that the reference has and has not, by words (characters without spaces)."""
    hypothesis, reference = shorten(hypothesis), shorten(reference)
    words, expected = _tokens(hypothesis), _tokens(reference)
    parts = []
    for kind, start, end, _, _ in SequenceMatcher(None, words, expected, autojunk=False).get_opcodes():
        if end > start:
            parts.append(Span("".join(words[start:end]), same=kind == "equal"))
    return parts


def _tokens(text: str) -> list[str]:
    words = text.split(" ")
    if len(words) <= 2:
        return list(text)
    return [word + " " for word in words[:-1]] + [words[-1]]


def heatmap(explanation: Explanation) -> Heatmap:
    """The upper left corner of the attention, if it is large."""
    columns = explanation.source_pieces[:_PIECES_SHOWN]
    pieces = explanation.target_pieces[:_PIECES_SHOWN]
    weights = explanation.attention[: len(pieces), : len(columns)]
    rows = [(piece, [round(float(w), 3) for w in row]) for piece, row in zip(pieces, weights, strict=True)]
    cut = len(columns) < len(explanation.source_pieces) or len(pieces) < len(explanation.target_pieces)
    return Heatmap(columns, rows, cut)
