"""The page: content into HTML. Everything from outside is escaped; nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from contracts.scores import Scores
from pipeline.steps.report.charts import (
    SliceRow,
    histograms,
    reliability_curve,
    slice_intervals,
    training_curves,
)
from pipeline.steps.report.content import Content
from pipeline.steps.report.words import duration, moment, number, p_value, signed

_LABEL_CHARACTERS = 36
# A browser shows none of them, and some of them end an HTML text early.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render(content: Content) -> str:
    """The HTML document."""
    environment = Environment(
        loader=PackageLoader("pipeline.steps.report", "."),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        signed=signed, p_value=p_value, moment=moment, duration=duration, number=number
    )
    environment.finalize = lambda value: _visible(value) if isinstance(value, str) else value
    template = environment.get_template("template.html")
    name = "" if content.scores is None else baseline_name(content.scores)
    return template.render(content=content, figures=_figures(content), style=_style(), baseline_name=name)


def write(content: Content, path: Path) -> None:
    """Writes the document, making its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(content), encoding="utf-8")


def _figures(content: Content) -> dict[str, Markup]:
    """The figures that there is something to draw in."""
    figures = {}
    for training in content.trainings:
        if training.loss or training.quality:
            curves = training_curves(training.loss, training.quality, training.best_step)
            figures[f"training {training.name}"] = curves
    if content.data is not None and content.data.lengths is not None:
        figures["lengths"] = histograms(*content.data.lengths, unit="words")
    if content.scores is not None:
        scores = content.scores
        baseline = None if scores.baseline is None else baseline_name(scores)
        figures["bleu"] = slice_intervals(_rows(scores, "bleu"), "BLEU", "candidate", baseline)
    if content.confidence is not None:
        figures["reliability"] = reliability_curve(content.confidence.reliability)
    return {name: Markup(_visible(svg)) for name, svg in figures.items()}  # matplotlib escapes


def baseline_name(scores: Scores) -> str:
    """What the candidate was compared with."""
    if scores.baseline is None or scores.baseline.version is None:
        return "serving now"
    return f"version {scores.baseline.version}"


def _rows(scores: Scores, metric: str) -> Sequence[SliceRow]:
    parts = (scores.overall, *scores.slices)
    return [SliceRow(_short(part.name), getattr(part, metric)) for part in parts]


def _style() -> Markup:
    return Markup(Path(__file__).with_name("style.css").read_text(encoding="utf-8"))


def _short(text: str) -> str:
    return text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…"


def _visible(text: str) -> str:
    """Control characters as U+FFFD; Markup stays Markup."""
    return type(text)(_UNSEEN.sub("\ufffd", text))
