"""A picture of attention: target pieces down, source pieces along, the darker the more it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

FORMATS = (".svg", ".png")
"""Endings of a picture's name. SVG has its text as text, so every script that the viewer's machine has."""
_INCHES = 0.32
"""Of a piece, in both directions."""


def draw_heatmap(
    source: Sequence[str], target: Sequence[str], attention: Sequence[Sequence[float]], path: Path
) -> None:
    """Draw `attention[t][s]` into a file of one of the `FORMATS`.

    Raises:
        OSError: it cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman", "text.parse_math": False}):
        figure = Figure(
            figsize=(2 + _INCHES * len(source), 1.5 + _INCHES * len(target)), layout="constrained"
        )
        axes = figure.subplots()
        axes.imshow([list(row) for row in attention], cmap="Greys", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(source)), source, rotation=90)
        axes.set_yticks(range(len(target)), target)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        date = {"Date": None} if path.suffix == ".svg" else None  # The same picture, the same file.
        figure.savefig(path, metadata=date)
