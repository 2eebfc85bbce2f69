"""Which translations are shown, and what is marked in them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.evaluate.translations import EvaluatedSentence
from pipeline.steps.report.samples import Span, choose, heatmap, shorten, spans
from pipeline.steps.translate.exported import Explanation


def translation(line: int, candidate: str, reference: str = "das ist ein guter Satz") -> EvaluatedSentence:
    return EvaluatedSentence(f"this is sentence number {line}", reference, "c", line, "≤ 10", candidate, None)


def test_best_worst_and_chance_share_no_sentence() -> None:
    hypotheses = ["das ist ein guter Satz"] * 5 + ["das ist ein Satz"] * 20 + ["qqq"] * 5
    rows = [translation(line, text) for line, text in enumerate(hypotheses)]
    groups = {group.title: group.samples for group in choose(rows, lambda _: None)}
    lines = [sample.line for samples in groups.values() for sample in samples]
    assert len(lines) == len(set(lines)) == 10
    assert [s.chrf for s in groups["Best, by sentence chrF"]] == [100.0] * 3
    assert [s.chrf for s in groups["Worst, by sentence chrF"]] == [0.0] * 3
    assert choose(rows, lambda _: None) == choose(rows, lambda _: None)


def test_a_handful_of_sentences_is_enough() -> None:
    assert sum(len(group.samples) for group in choose([translation(1, "a")], lambda _: None)) == 1
    assert choose([], lambda _: None) == []


def test_what_the_reference_has_not_is_marked() -> None:
    assert spans("ein alter Mann schläft", "ein junger Mann schläft") == [
        Span("ein ", True),
        Span("alter ", False),
        Span("Mann schläft", True),
    ]
    assert spans("我喜欢猫", "我喜欢狗") == [Span("我喜欢", True), Span("猫", False)]
    assert spans("", "ein Satz") == []


@given(st.text(max_size=80), st.text(max_size=80))
def test_spans_are_the_whole_hypothesis(hypothesis: str, reference: str) -> None:
    assert "".join(span.text for span in spans(hypothesis, reference)) == hypothesis


def test_long_texts_and_large_maps_are_cut() -> None:
    assert len(shorten("x" * 100_000)) < 700
    pieces = [str(n) for n in range(100)]
    shown = heatmap(Explanation(pieces, pieces[:60], np.full((60, 100), 0.01)))
    assert shown.cut
    assert len(shown.columns) == len(shown.rows) == len(shown.rows[0][1]) == 48
    assert not heatmap(Explanation(["a"], ["b"], np.ones((1, 1)))).cut
