"""BLEU by the length of the source, as the cards of pushed versions have it: a table, and a picture.

python -m benchmarks.lengths models/elman/1 models/bahdanau/1 --picture docs/textbook/lengths.svg
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from contracts.card import ModelCard
from contracts.errors import RecordError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Curve(NamedTuple):
    """Of one version."""

    model: str
    overall: float
    """BLEU of all sentences."""
    by_length: dict[str, float]
    """BLEU by length slice, as `7–9`, the shortest first."""


def main() -> None:
    """Print the table in Markdown, draw the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("versions", type=Path, nargs="+", help="pushed versions, MODEL_ROOT/NAME/VERSION")
    parser.add_argument("--picture", type=Path, help="an SVG or PNG file")
    options = parser.parse_args()
    try:
        curves = [read_curve(version) for version in options.versions]
    except RecordError as error:
        sys.exit(str(error))
    print(as_markdown(curves))
    if options.picture:
        _draw(curves, options.picture)


def read_curve(version: Path) -> Curve:
    """Raises RecordError where the version has no card."""
    card = ModelCard.load(version)
    by_length = {part.value or "": part.bleu for part in card.slices if part.feature == "length"}
    return Curve(card.model, card.overall.bleu, by_length)


def as_markdown(curves: Sequence[Curve]) -> str:
    """A line for each version."""
    lengths = _lengths(curves)
    lines = [f"| model | all | {' | '.join(lengths)} |", f"|{'---|' * (len(lengths) + 2)}"]
    for curve in curves:
        cells = [f"{curve.by_length[length]:.1f}" if length in curve.by_length else "" for length in lengths]
        lines.append(f"| {curve.model} | {curve.overall:.1f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _lengths(curves: Sequence[Curve]) -> list[str]:
    """Those that any of them has, in their order."""
    return list(dict.fromkeys(length for curve in curves for length in curve.by_length))


def _draw(curves: Sequence[Curve], path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman"}):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        _plot(curves, figure)
        date = {"Date": None} if path.suffix == ".svg" else None  # The same versions, the same file.
        figure.savefig(path, metadata=date)


def _plot(curves: Sequence[Curve], figure: Figure) -> None:
    axes = figure.subplots()
    lengths = _lengths(curves)
    for curve in curves:
        known = [(place, length) for place, length in enumerate(lengths) if length in curve.by_length]
        values = [curve.by_length[length] for _, length in known]
        axes.plot([place for place, _ in known], values, marker="o", label=curve.model)
    axes.set_xticks(range(len(lengths)), lengths)
    axes.set(xlabel="words of the source", ylabel="BLEU", ylim=(0, None))
    axes.grid(alpha=0.3, axis="y")
    figure.legend(loc="outside right upper", frameon=False)


if __name__ == "__main__":
    main()
