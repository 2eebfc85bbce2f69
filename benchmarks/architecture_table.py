"""The page of the rows that `benchmarks.architectures` has measured, and their picture.

python -m benchmarks.architecture_table --write         # docs/results/architectures.md and .svg
python -m benchmarks.architecture_table vocabularies    # only say it
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.architectures import LENGTHS, RESULTS, TABLES, read_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LENGTHS = (
    f"≤ {LENGTHS[0]}",
    *(f"{above + 1} to {words}" for above, words in pairwise(LENGTHS[:3])),
    *(f"joined to {words}" for words in LENGTHS[3:]),
)


def main() -> None:
    """Print the page in Markdown, or write it beside its picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", nargs="?", choices=TABLES, default=TABLES[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the tables' folders")
    parser.add_argument("--write", action="store_true", help="page and picture into that folder")
    options = parser.parse_args()
    folder: Path = options.results / options.table
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    if not rows:
        sys.exit(f"{folder} holds no row: run `python -m benchmarks.architectures ROW` first")
    rows.sort(key=lambda row: -row["bleu"])
    page = as_page(options.table, rows)
    print(page)
    if options.write:
        folder.with_suffix(".md").write_text(page + "\n", encoding="utf-8")
        _draw(rows, folder.with_suffix(".svg"))


def as_page(table: str, rows: Sequence[dict[str, Any]]) -> str:
    """The table, how its rows came about, and which are still to be measured."""
    measured = {row["row"] for row in rows}
    missing = [name for name in read_rows(table) if name not in measured]
    said = {key: _each(row[key] for row in rows) for key in ("processor", "date", "commit", "signature")}
    minutes = _each(f"{row['minutes']:g}" for row in rows)
    return f"""# {table.capitalize()}

Written by `python -m benchmarks.architecture_table {table} --write` of [{table}/]({table}), where
`python -m benchmarks.architectures ROW` left each row. {minutes} minutes of training for each on
{said["processor"]}; {said["date"]}; commit {said["commit"]}. BLEU is
`{said["signature"]}`, also by words of the source. The last column is what others
used of the same cores when a row began: where it is much, speed says little, and fewer steps were made.
Of the other cores it says nothing: rows that are made side by side, one a core, share memory and caches.

{as_markdown(rows)}

Not measured yet: {", ".join(missing) or "none"}.

![BLEU, BLEU by length, and sentences a second, of each row]({table}.svg)"""


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """One line a row, the best first."""
    head = [
        *("row", "BLEU val", "chrF val", "BLEU test", *_LENGTHS),
        *("M weights", "MB", "steps", "tokens/s trained", "MiB in training", "sentences/s", "others"),
    ]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        cells = [
            row["row"],
            *(f"{row[metric]:.1f}" for metric in ("bleu", "chrf")),
            f"{row['test']['bleu']:.1f}" if "test" in row else "",
            *("" if bleu is None else f"{bleu:.1f}" for bleu in _by_length(row)),
            f"{row['parameters'] / 1e6:.1f}",
            f"{row['bytes'] / 1e6:.0f}",
            f"{row['steps']:,}",
            f"{row['training_tokens_per_second']:,.0f}",
            f"{row['training_mebibytes']:,.0f}",
            f"{row['sentences_per_second']:.0f}",
            f"{row['busy']:.0%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _by_length(row: dict[str, Any]) -> list[float | None]:
    return [row["by_length"][str(words)] for words in LENGTHS]


def _each(values: Iterable[str]) -> str:
    """Each of them once."""
    return ", ".join(sorted(set(values)))


def _draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """A line of the picture for each row, so that no two names meet."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    named = {
        "font.sans-serif": ["DejaVu Sans", "sans-serif"]
    }  # In each text: a long list makes a large file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman", **named}):
        figure = Figure(figsize=(12, 1.6 + 0.3 * len(rows)), layout="constrained")
        _plot(rows, figure)
        figure.savefig(path, metadata={"Date": None})  # The same rows, the same file.


def _plot(rows: Sequence[dict[str, Any]], figure: Figure) -> None:
    quality, by_length, speed = figure.subplots(1, 3, sharey=True)
    places = range(len(rows), 0, -1)
    quality.barh(places, [row["bleu"] for row in rows])
    for number, label in enumerate(_LENGTHS):
        values = [math.nan if (bleu := _by_length(row)[number]) is None else bleu for row in rows]
        shade = f"{0.8 - 0.8 * number / (len(_LENGTHS) - 1):.2f}"  # The longer, the darker.
        by_length.plot(values, places, "o", color=shade, label=label)
    speed.barh(places, [row["sentences_per_second"] for row in rows], color="tab:gray")
    quality.set_yticks(list(places), [row["row"] for row in rows])
    quality.set_xlabel("BLEU, val")
    by_length.set_xlabel("BLEU by words of the source")
    speed.set_xlabel("sentences/s, exported, beam 4")
    by_length.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(_LENGTHS), fontsize="small")
    for panel in (quality, by_length, speed):
        panel.grid(alpha=0.3, axis="x")
        panel.set_axisbelow(True)


if __name__ == "__main__":
    main()
