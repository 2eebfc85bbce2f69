"""BLEU against speed of what `benchmarks.decoding` has measured, as a picture.

    python -m benchmarks.curve        # docs/results/speed/curve.svg of decoding.json beside it

What is farther to the right is faster, what is higher is better: a setting that another one is above and to
the right of is of no use.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SPEED = Path(__file__).resolve().parents[1] / "docs" / "results" / "speed"
_ENGINES = {"Dragoman": "dragoman", "CTranslate2": "peer"}


class Point(NamedTuple):
    """A setting of one engine."""

    rate: float
    """Target pieces a second."""
    bleu: float
    search: str
    """As `beam 4, patience 1`."""


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=_SPEED, help="folder of decoding.json")
    folder: Path = parser.parse_args().results
    try:
        measured = json.loads((folder / "decoding.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: run `make bench BENCH=decoding` first")
    draw(measured["rows"], folder / "curve.svg")
    print(f"wrote {folder / 'curve.svg'}")


def points(rows: Sequence[Mapping[str, Any]], batch: int, callers: int) -> dict[str, list[Point]]:
    """Of each engine the settings with so many sentences a batch and callers at once, the slowest first."""
    chosen = [row for row in rows if (row["batch"], row["callers"]) == (batch, callers)]
    return {
        engine: sorted(
            Point(row[key]["rate"], row[key]["bleu"], _search(row["name"]))
            for row in chosen
            if engine == "Dragoman" or row["patience"] is None
        )
        for engine, key in _ENGINES.items()
    }


def _search(name: str) -> str:
    """What a row's name says of the search; of how it is asked the panel does."""
    parts = name.split(", ")
    return ", ".join(part for part in parts if part != "one at a time" and not part.startswith("batch "))


def draw(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """A panel for the largest batches of as many callers as were measured, one for a caller of sentences."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    most, largest = (max(row[key] for row in rows) for key in ("callers", "batch"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman"}):
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        panels = (
            (largest, most, f"{largest} sentences a call, {most} callers at once"),
            (1, 1, "one by one"),
        )
        for axes, (batch, callers, title) in zip(figure.subplots(1, 2), panels, strict=True):
            _draw_panel(axes, points(rows, batch, callers))
            axes.set_title(title, fontsize="medium")
        figure.savefig(path, metadata={"Date": None})


def _draw_panel(axes: Axes, engines: Mapping[str, Sequence[Point]]) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    for (engine, settings), side in zip(engines.items(), ("right", "left"), strict=True):
        beside = -8 if side == "right" else 8
        axes.plot(
            [point.rate for point in settings], [point.bleu for point in settings], marker="o", label=engine
        )
        for point in settings:
            place = (point.rate, point.bleu)
            axes.annotate(
                *(point.search, place, (beside, -3)), textcoords="offset points", ha=side, fontsize="small"
            )
    axes.set(xscale="log", xlabel="target pieces a second", ylabel="BLEU")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.margins(x=0.4, y=0.1)
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False, loc="lower left")


if __name__ == "__main__":
    main()
