"""Figures as inline SVG: matplotlib draws, then the page's own colours and fonts are put in."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from contracts.confidence import Bin
from contracts.scores import MetricScores

# Colours that stand for the page's variables; each is replaced in the SVG.
_INK, _FAINT, _FIRST, _SECOND = "#010203", "#040506", "#070809", "#0a0b0c"
_VARIABLES = {
    _INK: "var(--ink-soft)",
    _FAINT: "var(--line)",
    _FIRST: "var(--accent)",
    _SECOND: "var(--second)",
}
_STEPS = [1, 2, 5, 10]  # between ticks, times a power of ten
_STYLE = {
    "svg.fonttype": "none",  # text stays text: the browser has the fonts for every script
    "text.parse_math": False,  # a corpus may have a dollar in its name
    "font.size": 10,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _FAINT,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": _INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Series:
    """A curve: y over x, both of the same length."""

    title: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Histogram:
    """How many sentences have each length; bin i covers edges[i] to edges[i + 1]."""

    label: str
    edges: Sequence[float]
    counts: Sequence[float]


@dataclass(frozen=True)
class SliceRow:
    """A row of the slice plot."""

    label: str
    scores: MetricScores


def training_curves(loss: Sequence[Series], quality: Sequence[Series], best_step: int | None) -> str:
    """Loss on the left, decoded dev BLEU on the right, both over optimizer steps."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": "training"}):
        figure = _figure(9.2, 2.9)
        panels = [panel for panel in (("loss", loss), ("dev BLEU, decoded", quality)) if panel[1]]
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for ax, (title, curves) in zip(axes, panels, strict=True):
            ax.set_title(title)
            ax.set_xlabel("step")
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=_STEPS))
            for curve, colour in zip(curves, (_FIRST, _SECOND), strict=False):
                marker = "o" if len(curve.x) < 40 else ""
                ax.plot(curve.x, curve.y, color=colour, label=curve.title, marker=marker, markersize=3)
            if len(curves) > 1:
                ax.legend(loc="best", fontsize=9)
            if best_step is not None and curves is quality:
                ax.axvline(best_step, color=_INK, linewidth=0.8, linestyle=(0, (3, 3)))
        return _svg(figure, "Training curves")


def histograms(source: Histogram, target: Histogram, unit: str) -> str:
    """Lengths of both sides, side by side on one scale."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": "lengths"}):
        figure = _figure(9.2, 2.5)
        left, right = figure.subplots(1, 2, sharey=True)
        for ax, histogram, colour in ((left, source, _FIRST), (right, target, _SECOND)):
            widths = [
                (high - low) * 0.92 for low, high in zip(histogram.edges, histogram.edges[1:], strict=False)
            ]
            ax.bar(histogram.edges[:-1], histogram.counts, width=widths, align="edge", color=colour)
            ax.set_title(histogram.label)
            ax.set_xlabel(unit)
            ax.grid(axis="x", visible=False)
            ax.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=_STEPS))
            ax.yaxis.set_major_locator(MaxNLocator(4, integer=True, steps=_STEPS))
        left.set_ylabel("sentences")
        return _svg(figure, "Sentence lengths")


def slice_intervals(rows: Sequence[SliceRow], metric: str, candidate: str, baseline: str | None) -> str:
    """Scores with their 95 % intervals, one line per slice and system."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": f"slices-{metric}"}):
        figure = _figure(9.2, 0.75 + 0.42 * len(rows))
        ax = figure.subplots()
        for place, row in enumerate(rows):
            scores = row.scores
            shift = 0.0 if scores.baseline is None else 0.14
            _interval(ax, place - shift, scores.candidate, scores.candidate_interval, _FIRST)
            if scores.baseline is not None and scores.baseline_interval is not None:
                _interval(ax, place + shift, scores.baseline, scores.baseline_interval, _SECOND)
        ax.set_yticks(range(len(rows)), [row.label for row in rows])
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlabel(metric)
        ax.grid(axis="y", visible=False)
        ax.plot([], [], "o-", color=_FIRST, label=candidate)
        if baseline is not None:
            ax.plot([], [], "o-", color=_SECOND, label=baseline)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9, borderaxespad=0.2)
        return _svg(figure, f"{metric} by slice with 95 % intervals")


def reliability_curve(bins: Sequence[Bin]) -> str:
    """The share of good sentences over the confidence that was said, and the diagonal, where both agree."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": "reliability"}):
        figure = _figure(4.6, 3.6)
        ax = figure.subplots()
        ax.plot((0, 1), (0, 1), color=_INK, linewidth=0.8, linestyle=(0, (3, 3)))
        most = max(part.sentences for part in bins)
        ax.plot([part.confidence for part in bins], [part.good for part in bins], color=_FIRST)
        ax.scatter(
            [part.confidence for part in bins],
            [part.good for part in bins],
            s=[12 + 100 * part.sentences / most for part in bins],
            color=_FIRST,
        )
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_xlabel("confidence")
        ax.set_ylabel("share of good sentences")
        return _svg(figure, "Reliability of the confidence")


def _interval(ax: Axes, place: float, score: float, interval: tuple[float, float], colour: str) -> None:
    ax.plot(interval, (place, place), color=colour, linewidth=2, solid_capstyle="round")
    ax.plot([score], [place], "o", color=colour, markersize=5)


def _figure(width: float, height: float) -> Figure:
    # No pyplot: no global state, no window system.
    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure, title: str) -> str:
    """The figure as an `<svg>` element: no prologue, no metadata, no fixed size, the page's colours."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # A glyph that matplotlib's font lacks only spoils its guess of a width; the browser draws the text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<(metadata|style).*?</\1>\s*", "", text, flags=re.DOTALL)
    # Groups have the same names in every figure; clip paths and markers, which are referred to, keep theirs.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    # In HTML the namespaces are known.
    text = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", text)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', rf'\1 role="img" aria-label="{title}"', text, count=1)
    text = re.sub(r"font-family: [^;\"]*;?", "", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    return text
