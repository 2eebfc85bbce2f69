"""Draw docs/architecture.svg from the code (`make docs`): the rooms on their floors, what is in them, who
knows whom, the steps of a run; a test holds it up to date. The way of a request is told here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from pipeline.recipes.translator import STEPS

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "architecture.svg"
ROOMS = ("contracts", "dragoman", "grammar", "pipeline", "serving", "texts", "trainer")
REQUEST = (
    "client: splits\ninto sentences",
    "Predict, label\nstable (gRPC)",
    "normalise,\ntokenise",
    "encode",
    "search: body,\nhead, constraints",
    "detokenise",
    "answer: text,\nscore, truncated",
)
_WIDTH, _ROOM_HEIGHT, _ROOM_WIDTH, _GAP = 13.0, 1.05, 5.6, 0.6


def knows() -> dict[str, set[str]]:
    """The rooms that each room imports."""
    return {room: {name for name in _imports(room) if name in ROOMS and name != room} for room in ROOMS}


def floors(known: Mapping[str, set[str]]) -> dict[str, int]:
    """0 for rooms that know none, else one above the highest room that they know."""
    floors: dict[str, int] = {}

    def floor(room: str) -> int:
        if room not in floors:
            floors[room] = 1 + max(map(floor, known[room]), default=-1)
        return floors[room]

    for room in known:
        floor(room)
    return floors


def direct(known: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """Who knows whom, without what follows from others: the transitive reduction."""

    def reached(room: str) -> set[str]:
        return known[room].union(*map(reached, known[room]))

    return sorted(
        (room, other)
        for room in known
        for other in known[room]
        if not any(other in reached(between) for between in known[room] - {other})
    )


def folders(room: str) -> list[str]:
    """The folders in a room."""
    return sorted(path.parent.name for path in (ROOT / room).glob("*/__init__.py"))


def _imports(room: str) -> Iterator[str]:
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.split(".")[0]


def draw() -> Figure:
    """The drawing."""
    known = knows()
    floor = floors(known)
    rows = [[room for room in ROOMS if floor[room] == number] for number in range(max(floor.values()) + 1)]
    top = len(rows) * (_ROOM_HEIGHT + _GAP)
    figure = Figure(figsize=(_WIDTH, top + 3.2))
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(-3.1, top + 0.1)
    axes.axis("off")
    places = {
        room: (_WIDTH * (place + 0.5) / len(row), number * (_ROOM_HEIGHT + _GAP))
        for number, row in enumerate(rows)
        for place, room in enumerate(row)
    }
    for room, other in direct(known):
        (x, y), (other_x, other_y) = places[room], places[other]
        arrow = {"arrowstyle": "-|>", "color": "#7a8794", "shrinkA": 0, "shrinkB": 0, "linewidth": 1.1}
        axes.annotate("", (other_x, other_y + _ROOM_HEIGHT), (x, y), arrowprops=arrow)
    width = min(_ROOM_WIDTH, _WIDTH / max(map(len, rows)) - 0.4)
    for room, (x, y) in places.items():
        box = FancyBboxPatch(
            (x - width / 2, y), width, _ROOM_HEIGHT, "round,pad=0,rounding_size=0.1",
            facecolor="#eef3f8", edgecolor="#34597d",
        )  # fmt: skip
        axes.add_patch(box)
        axes.text(x, y + 0.72, room, ha="center", va="center", fontsize=13, weight="bold", color="#1d3b57")
        axes.text(x, y + 0.3, _wrapped(folders(room)), ha="center", va="center", fontsize=8.5)
    _chain(axes, -1.2, "a run, by the recipe `translator`", [use.step for use in STEPS])
    _chain(axes, -2.75, "a request", REQUEST)
    return figure


def _wrapped(names: list[str]) -> str:
    """In two lines at most."""
    text = " · ".join(names)
    if len(text) <= 58:
        return text
    half = (len(names) + 1) // 2
    return " · ".join(names[:half]) + "\n" + " · ".join(names[half:])


def _chain(axes: mpl.axes.Axes, y: float, title: str, names: list[str] | tuple[str, ...]) -> None:
    axes.text(0.15, y + 0.85, title, fontsize=11, weight="bold", color="#5a3d1e", va="center")
    step = (_WIDTH - 0.3) / len(names)
    for place, name in enumerate(names):
        x = 0.15 + place * step
        box = FancyBboxPatch(
            (x, y),
            step * 0.82,
            0.6,
            "round,pad=0,rounding_size=0.08",
            facecolor="#fbf3e6",
            edgecolor="#a8793f",
        )
        axes.add_patch(box)
        axes.text(x + step * 0.41, y + 0.3, name, ha="center", va="center", fontsize=8.5)
        if place + 1 < len(names):
            arrow = {"arrowstyle": "-|>", "color": "#a8793f", "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (x + step, y + 0.3), (x + step * 0.82, y + 0.3), arrowprops=arrow)


def write(target: Path) -> None:
    """Draw into a file, whose texts stay texts; the same code gives the same bytes."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman"}):
        draw().savefig(target, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    write(TARGET)
    print(f"wrote {TARGET.relative_to(ROOT)}")
