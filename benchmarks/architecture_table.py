"""The table of architectures, and its picture, of the rows that `benchmarks.architectures` has measured.

python -m benchmarks.architecture_table --folder runs/architectures --picture docs/results/architectures.svg
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.architectures import LENGTHS

_LINES_IN_PICTURE = 10


def main() -> None:
    """Print the table in Markdown, draw the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/architectures"))
    parser.add_argument("--picture", type=Path, help="an SVG or PNG file")
    options = parser.parse_args()
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in options.folder.glob("*/row.json")]
    if not rows:
        sys.exit(f"{options.folder} holds no row: run `python -m benchmarks.architectures ROW` first")
    rows.sort(key=lambda row: -row["bleu"])
    print(as_markdown(rows))
    if options.picture:
        _draw(rows, options.picture)


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """One line a row, the best first."""
    head = [
        *("row", "BLEU val", "chrF val", "BLEU test", *(f"≤ {words}" for words in LENGTHS[:3])),
        *(f"joined to {words}" for words in LENGTHS[3:]),
        *("M weights", "MB", "steps", "tokens/s trained", "sentences/s"),
    ]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        test = row.get("test_2016_flickr")
        cells = [
            row["row"],
            f"{row['bleu']:.1f}",
            f"{row['chrf']:.1f}",
            f"{test['bleu']:.1f}" if test else "",
            *(f"{row['by_length'][str(words)]:.1f}" for words in LENGTHS),
            f"{row['parameters'] / 1e6:.1f}",
            f"{row['bytes'] / 1e6:.0f}",
            f"{row['steps']:,}",
            f"{row['training_tokens_per_second']:,.0f}",
            f"{row['sentences_per_second']:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """BLEU by source length, and BLEU against speed."""
    figure, (by_length, by_speed) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    places = range(len(LENGTHS))
    for row in rows[:_LINES_IN_PICTURE]:
        values = [row["by_length"][str(words)] for words in LENGTHS]
        by_length.plot(places, values, marker="o", label=row["row"])
    by_length.set(xlabel="words of the source", ylabel="BLEU, val", title="Long sentences")
    by_length.set_xticks(list(places), [*(f"≤ {n}" for n in LENGTHS[:3]), *map(str, LENGTHS[3:])])
    by_length.legend(fontsize="small")
    for row in rows:
        speed = row["sentences_per_second"]
        by_speed.scatter(speed, row["bleu"], s=20 + row["parameters"] / 1e5)
        by_speed.annotate(row["row"], (speed, row["bleu"]), xytext=(4, 4), textcoords="offset points")
    by_speed.set(
        xlabel="sentences/s, exported, beam 4", ylabel="BLEU, val", title="Quality, speed and size (area)"
    )
    for axes in (by_length, by_speed):
        axes.grid(alpha=0.3)
    figure.savefig(path)


if __name__ == "__main__":
    main()
