"""In a minute: is this checkout as fast as the last release? Search (one sentence and 32, beam and greedy),
ingestion with cleaning, and steps of training, each of both strictly in turn, until it is known on which side
of 10 % a work is. Where one is slower by 10 % or more, or the machine too noisy to say, the exit code is 1.

The last release is the newest tag; as long as there is none, the commit with which this benchmark began.
--old takes another commit or tag, or the folder of a checkout. Both sides have the same trained weights,
which each exports itself, and run in the same Python with the packages that are installed here.

    python -m benchmarks.quick                              # or: make bench-quick
    python -m benchmarks.quick --old 2044ab8                # or: make bench-quick OLD=2044ab8
    python -m benchmarks.quick --old ../dragoman-of-may     # a checkout
    python -m benchmarks.quick --old /tmp/OLD --translator TRANSLATOR      # an export of that translator, as
                                                            # `benchmarks.exports --help` makes it

An operation has one thread, as `dragoman serve` sets it, in training as well. Cleaning is without TFX and
Beam around it (`benchmarks.ingestion` has them). Ratios are medians of the rounds; an interval of 95 %.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.machine import circumstances, facts, refuse_when_busy
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.sides import DEFAULT_SEARCH, Side, sides
from benchmarks.translators import newest_translator
from benchmarks.turns import SAME, Ratio, order, ratio

SLOWER = 0.10
"""What counts as slower, as a share of the old speed; noise has to be below it."""
_ROUNDS = (7, 40)
"""Of a work, at least and at most."""
_GREEDY = {"beams": 1, "length_penalty": 0.0, "patience": None}
"""Settings of `search`."""
WORKS: dict[str, dict[str, Any]] = {
    "beam, one sentence": {"kind": "search", "search": DEFAULT_SEARCH, "batch": 1, "sentences": 8},
    "beam, batch 32": {"kind": "search", "search": DEFAULT_SEARCH, "batch": 32, "sentences": 32},
    "greedy, one sentence": {"kind": "search", "search": _GREEDY, "batch": 1, "sentences": 16},
    "greedy, batch 32": {"kind": "search", "search": _GREEDY, "batch": 32, "sentences": 64},
    "ingestion and cleaning": {"kind": "clean"},
    "training": {"kind": "train", "batch_tokens": 1024, "steps": 2},
}
_UNITS = {"search": "sentences/s", "clean": "pairs/s", "train": "tokens/s"}


class Measured(NamedTuple):
    """What the rounds of a work came to."""

    rounds: list[tuple[float, float]]
    """Seconds for one of what was done, old and new: each side makes its own batches."""
    amounts: tuple[int, int]
    """What was done in a turn, by old and by new."""
    same: float
    """Share of the answers that are the same on both sides."""

    @property
    def ratio(self) -> Ratio:
        """New speed by old speed."""
        return ratio(self.rounds)


class Verdict(NamedTuple):
    """Whether a work has become slower."""

    fine: bool
    text: str


def main() -> None:
    """Measure, print, and exit with 1 where something is slower."""
    options = _options()
    machine = facts(refuse_when_busy(options.busy))
    translator = options.translator or newest_translator("runs/multi30k-en-de", ".demo/runs")
    if translator is None:
        sys.exit("no trained model under runs/ or .demo/: `make demo` trains one, or give --translator")
    with (
        tempfile.TemporaryDirectory() as temporary,
        sides(options.old, translator, WORKS, Path(temporary)) as both,
    ):
        measured = compare(both.old, both.new, both.works, time.monotonic() + options.seconds)
    if any(result.same < SAME for result in measured.values()):
        sys.exit(
            "the two translate differently: --old is no export of that translator, or a search is broken"
        )
    weights = f"{translator.parent.name}/{translator.name}"
    notes = f"{circumstances(machine)}; old: {both.name}; weights: {weights}"
    tell(as_report(measured, both.missing, machine, notes), options.results)
    failed = [
        f"{name}: {verdict(result.ratio).text}" for name, result in measured.items() if not _fine(result)
    ]
    if failed:
        sys.exit("\n" + "\n".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--old", help="commit, tag, folder of a checkout, or export; the last release if not given"
    )
    parser.add_argument(
        "--translator",
        type=Path,
        help="folder of a saved translator; if not given the newest Multi30k run's, or the demo's",
    )
    parser.add_argument(
        "--seconds", type=float, default=20, help="to measure in, beside those in which both get ready"
    )
    add_options(parser)
    return parser.parse_args()


def compare(old: Side, new: Side, works: Collection[str], until: float) -> dict[str, Measured]:
    """Rounds of all works, and more of those of which it is not known yet, until (monotonic seconds)."""
    measured: dict[str, Measured] = {}
    left = list(works)
    for number in range(_ROUNDS[1]):
        for work in left:
            turns: list[dict[str, Any]] = [{}, {}]
            for place in order(number):
                turns[place] = (old, new)[place].ask(work)
            each = tuple(turn["seconds"] / turn["amount"] for turn in turns)
            amounts = tuple(turn["amount"] for turn in turns)
            rounds = measured[work].rounds if work in measured else []
            pairs = list(zip(*(turn["answers"] for turn in turns), strict=True))
            same = sum(answer == other for answer, other in pairs) / len(pairs) if pairs else 1.0
            measured[work] = Measured([*rounds, (each[0], each[1])], (amounts[0], amounts[1]), same)
        if number + 1 >= _ROUNDS[0]:
            left = [work for work in left if not _decided(measured[work].ratio)]
            if not left or time.monotonic() > until:
                break
    return measured


def _decided(known: Ratio) -> bool:
    """Whether all of the interval is on one side, and the noise below what is looked for."""
    return not known.low <= 1 - SLOWER < known.high and known.high - known.low < SLOWER


def verdict(known: Ratio) -> Verdict:
    """What is said of a work."""
    if known.median <= 1 - SLOWER:
        return Verdict(False, f"slower: {known.median:.2f} of the old speed")
    if known.low <= 1 - SLOWER and known.high - known.low >= SLOWER:
        noise = f"{known.low:.2f} to {known.high:.2f}"
        return Verdict(False, f"too noisy to say ({noise}): a quieter machine, or more --seconds")
    return Verdict(True, "as fast" if known.median < 1 + SLOWER else "faster")


def _fine(measured: Measured) -> bool:
    return verdict(measured.ratio).fine


def as_report(
    measured: Mapping[str, Measured], missing: Mapping[str, str], machine: dict[str, object], notes: str
) -> Report:
    """A row for each work."""
    rows: list[list[str]] = []
    figures = []
    for work, result in measured.items():
        old, new = (1 / statistics.median(side) for side in zip(*result.rounds, strict=True))
        unit = _UNITS[WORKS[work]["kind"]]
        same = "" if WORKS[work]["kind"] != "search" else f"{result.same:.0%}"
        rows.append(
            [work, f"{old:,.0f}", f"{new:,.0f}", unit, result.ratio.text, str(len(result.rounds)), same]
        )
        rows[-1].append(verdict(result.ratio).text)
        figures.append({"work": work, "unit": unit, "old": old, "new": new, **result.ratio._asdict()})
        figures[-1] |= {
            "rounds": result.rounds,
            "amounts": result.amounts,
            "same": result.same,
            "fine": _fine(result),
        }
    left_out = "".join(
        f"\nNot compared: {work}, which the old one cannot do ({why})." for work, why in missing.items()
    )
    return Report(
        name="quick",
        head=("work", "old", "new", "", "new / old", "95 %", "rounds", "same translations", ""),
        rows=rows,
        notes=notes + left_out,
        figures={**machine, "circumstances": notes, "rows": figures, "missing": dict(missing)},
        panels=[
            Panel(
                "new / old, times as fast",
                {"new / old": [result.ratio.median for result in measured.values()]},
            )
        ],
    )


if __name__ == "__main__":
    main()
