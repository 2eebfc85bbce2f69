"""Tables on standard output: as wide as they must be, for one that is cut off is of no use in a log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from dragoman.console import out

_WIDEST = 10_000


def show_table(
    columns: Iterable[str],
    rows: Iterable[list[str]],
    right: Collection[int] = (),
    style: Callable[[str], str] = lambda _: "",
) -> None:
    """Print rows of cells; columns by number in `right` are aligned there, `style` gives a cell's."""
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell, style=style(cell)) for cell in row))
    wanted = Measurement.get(out, out.options.update(max_width=_WIDEST), table).maximum
    Console(highlight=False, width=wanted).print(table, crop=False)
