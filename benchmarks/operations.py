"""Where the time of an export goes: which operations run, how often in a step of its search, how long.

    python -m benchmarks.operations EXPORT                  # one sentence at a time
    python -m benchmarks.operations EXPORT --batch 32 --results docs/results/speed

The export is loaded as TensorFlow Serving loads it and traced by the session (`FULL_TRACE`), which itself
costs time at each operation: what counts is how operations compare, and how many there are. A step is a run
of the body of the loop that ran most often, the search's: what asks whether to go on runs once more each time
the loop is entered. There is one thread, so that the times of all add up to that of the call; a call that is
not inlined counts what it holds a second time.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.engines import load_session
from benchmarks.machine import circumstances, facts, refuse_when_busy
from benchmarks.report import Panel, Report, add_options, tell
from grammar import generate
from serving.onednn import VARIABLE

_SHOWN = 25
"""Kinds of operations."""
_LABEL = re.compile(r" = (\w+)\(")
"""In a trace's label, `NAME = KIND(INPUTS)`."""


class Run(NamedTuple):
    """An operation that ran once."""

    name: str
    kind: str
    """As `MatMul`."""
    microseconds: float


class Row(NamedTuple):
    """All runs of one kind of operation."""

    kind: str
    runs: float
    """In a step."""
    microseconds: float
    """In a step, of all its runs."""


class Profile(NamedTuple):
    """Of some calls together."""

    rows: list[Row]
    """What takes most of the time first."""
    steps: int

    @property
    def microseconds(self) -> float:
        """A step, of all operations."""
        return sum(row.microseconds for row in self.rows)


def profile(runs: Iterable[Run]) -> Profile:
    """Sum up by kind.

    A step is a `NextIteration`, which ends each run of a loop's body; where there is none, as the loop was
    not lowered, a run of what ran most often.

    Raises:
        ValueError: nothing ran.
    """
    counts: Counter[str] = Counter()
    by_name: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for run in runs:
        by_name[run.name] += 1
        ended[run.name] += run.kind == "NextIteration"
        counts[run.kind] += 1
        times[run.kind] += run.microseconds  # type: ignore[assignment]
    if not counts:
        raise ValueError("the trace holds no operation")
    steps = max(ended.values()) or max(by_name.values())
    rows = [Row(kind, counts[kind] / steps, times[kind] / steps) for kind in counts]
    return Profile(sorted(rows, key=lambda row: -row.microseconds), steps)


def traced(devices: Iterable[Any]) -> list[Run]:
    """The runs that a session's RunMetadata has of its devices."""
    runs = []
    for device in devices:
        for node in device.node_stats:
            kind = _LABEL.search(node.timeline_label)
            # Where there is no label, as of `_Send`, the name says what it is.
            runs.append(
                Run(node.node_name, kind[1] if kind else node.node_name, node.all_end_rel_nanos / 1000)
            )
    return runs


def trace(export: Path, batches: Sequence[Sequence[str]]) -> list[Run]:
    """Of all batches, one after the other, each for the second time."""
    import tensorflow as tf

    session, fed, fetched = load_session(export, 1, 1)
    options = tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE)
    runs = []
    for batch in batches:
        feeds = {fed: [sentence.encode() for sentence in batch]}
        session.run(fetched, feeds)
        metadata = tf.compat.v1.RunMetadata()
        session.run(fetched, feeds, options=options, run_metadata=metadata)
        runs += traced(metadata.step_stats.dev_stats)
    return runs


def as_report(known: Profile, name: str, machine: dict[str, object], notes: str) -> Report:
    """A row for each kind, and one for those that take least."""
    shown, others = known.rows[:_SHOWN], known.rows[_SHOWN:]
    if others:
        runs, microseconds = (sum(column) for column in list(zip(*others, strict=True))[1:])
        shown = [*shown, Row(f"{len(others)} other kinds", runs, microseconds)]
    return Report(
        name=name,
        head=("operation", "runs a step", "µs each", "µs a step", "share"),
        rows=[
            [
                row.kind,
                f"{row.runs:.1f}",
                f"{row.microseconds / row.runs:.1f}",
                f"{row.microseconds:.0f}",
                f"{row.microseconds / known.microseconds:.1%}",
            ]
            for row in shown
        ],
        notes=f"{known.steps} steps, {known.microseconds:.0f} µs and "
        f"{sum(row.runs for row in known.rows):.0f} operations each. {notes}",
        figures={
            **machine,
            "circumstances": notes,
            "steps": known.steps,
            "rows": [row._asdict() for row in known.rows],
        },
        panels=[
            Panel("µs a step", {"µs a step": [row.microseconds for row in shown]}),
            Panel("runs a step", {"runs a step": [row.runs for row in shown]}),
        ],
    )


def main() -> None:
    """Trace, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", type=Path)
    parser.add_argument("--batch", type=int, default=1, help="sentences a call")
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--sentences", type=Path, help="a file of them; otherwise the embedded corpus")
    add_options(parser)
    options = parser.parse_args()
    machine = facts(refuse_when_busy(options.busy))
    # Read where TensorFlow is first imported, below; as `dragoman serve` sets it, unless it is set.
    one_dnn = os.environ.setdefault(VARIABLE, "0")
    if options.sentences:
        sources = options.sentences.read_text(encoding="utf-8").splitlines()
    else:
        sources = [pair.source for pair in generate(2000, seed=1).train]
    sources = sources[: options.calls * options.batch]
    batches = [sources[first : first + options.batch] for first in range(0, len(sources), options.batch)]
    known = profile(trace(options.export, batches))
    notes = f"{len(batches)} calls of {options.batch}; {VARIABLE}={one_dnn}; {circumstances(machine)}"
    tell(as_report(known, f"operations-{options.batch}", machine, notes), options.results)


if __name__ == "__main__":
    main()
