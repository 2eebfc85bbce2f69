"""What a benchmark leaves: a table in Markdown, its figures as JSON, and a plot, all of one name."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEIGHT = 0.35
"""Inches a row."""


class Panel(NamedTuple):
    """One of the plots beside each other."""

    label: str
    """Of its axis, with the unit."""
    series: Mapping[str, Sequence[float | None]]
    """By name, a value for each row; None where there is none."""


class Report(NamedTuple):
    """All of one benchmark."""

    name: str
    """Of the files."""
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: str
    """What the figures depend on."""
    figures: Mapping[str, Any]
    """As they are, for JSON."""
    panels: Sequence[Panel]
    numbers: Sequence[float] = ()
    """What the rows stand for, where that is a number: then curves over it are drawn, and bars otherwise."""

    @property
    def markdown(self) -> str:
        """The table with its notes."""
        lines = [f"| {' | '.join(self.head)} |", f"|{'---|' * len(self.head)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join([*lines, "", self.notes])


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark of speed takes."""
    parser.add_argument(
        "--results", type=Path, help="also keep the table, the figures as JSON and a plot in this folder"
    )
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")


def tell(report: Report, folder: Path | None) -> None:
    """Print it, and keep it in the folder as NAME.md, NAME.json and NAME.svg."""
    print(report.markdown, flush=True)
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / report.name
    place.with_suffix(".md").write_text(report.markdown + "\n", encoding="utf-8")
    place.with_suffix(".json").write_text(json.dumps(report.figures, indent=2) + "\n", encoding="utf-8")
    _draw(report, place.with_suffix(".svg"))


def _draw(report: Report, path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    named = {
        "font.sans-serif": ["DejaVu Sans", "sans-serif"]
    }  # In each text: a long list makes a large file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman", **named}):
        size = (4 + 4 * len(report.panels), 1.4 + max(_HEIGHT * len(report.rows), 2 * bool(report.numbers)))
        figure = Figure(figsize=size, layout="constrained")
        (_draw_curves if report.numbers else _draw_bars)(report, figure)
        figure.savefig(path, metadata={"Date": None})  # The same figures, the same file.


def _draw_bars(report: Report, figure: Figure) -> None:
    """Bars, a group of them for each row of the table; a row is named by its first cell."""
    all_axes = figure.subplots(1, len(report.panels), sharey=True, squeeze=False)[0]
    places = range(len(report.rows), 0, -1)
    for axes, panel in zip(all_axes, report.panels, strict=True):
        height = 0.8 / len(panel.series)
        for number, (name, values) in enumerate(panel.series.items()):
            known = [math.nan if value is None else value for value in values]
            shifted = [place + 0.4 - height * (number + 0.5) for place in places]
            axes.barh(shifted, known, height=height, label=name)
        axes.set_xlabel(panel.label)
        axes.grid(alpha=0.3, axis="x")
        axes.set_axisbelow(True)
        if len(panel.series) > 1:
            axes.legend(
                loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(panel.series), fontsize="small"
            )
    all_axes[0].set_yticks(list(places), [row[0] for row in report.rows])


def _draw_curves(report: Report, figure: Figure) -> None:
    """Over the numbers of the rows, which the first column's head names."""
    for axes, panel in zip(
        figure.subplots(1, len(report.panels), squeeze=False)[0], report.panels, strict=True
    ):
        for name, values in panel.series.items():
            known = [math.nan if value is None else value for value in values]
            axes.plot(report.numbers, known, marker="o", label=name)
        axes.set(xlabel=report.head[0], ylabel=panel.label, ylim=(0, None))
        axes.legend(frameon=False)
