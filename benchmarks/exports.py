"""Two exports of one translator, as two checkouts write them, strictly in turn: how many times as fast the
second is.

    for CHECKOUT in OLD NEW; do (cd $CHECKOUT && python -c '
    import sys; from pathlib import Path
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.store import load_translator
    export_translator(*load_translator(Path(sys.argv[1])), SearchConfig(), Path(sys.argv[2]))
    ' TRANSLATOR /tmp/$CHECKOUT); done
    python -m benchmarks.exports /tmp/OLD /tmp/NEW --translator TRANSLATOR

With --translator also the share of the machine that each makes use of, of its GFLOP/s or its memory's
bandwidth, measured in the same run (`benchmarks.roofline`); a search of another width is told with --beams.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.counter import Counter
from benchmarks.engines import Answer, Engine
from benchmarks.latency import Latency, latency
from benchmarks.machine import circumstances, cores, facts, refuse_when_busy
from benchmarks.rates import Rates, measure_rates
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.roofline import Share
from benchmarks.turns import SAME, Ratio, order, ratio
from grammar import generate

_BATCHES = (1, 32)
_SENTENCES = 256
_BEAMS = 4
"""SearchConfig's default."""


class Outcome(NamedTuple):
    """What one export did in one size of batches."""

    rate: float
    """Sentences a second, the median of the repetitions."""
    latency: Latency
    share: Share | None
    """Where the translator was given."""


class Row(NamedTuple):
    """Of one size of batches."""

    batch: int
    ratio: Ratio
    old: Outcome
    new: Outcome
    same: float
    """Share of the translations that both give: roundings may tip some."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    options = _options()
    machine = facts(refuse_when_busy(options.busy))
    rates = measure_rates()
    counter = _counter(options.translator, options.beams, rates) if options.translator else None
    if options.sentences:
        sources = options.sentences.read_text(encoding="utf-8").splitlines()[:_SENTENCES]
    else:
        sources = [pair.source for pair in generate(2000, seed=1).train][:_SENTENCES]
    exports = (options.old, options.new)
    rows = [_row(exports, sources, batch, options.repetitions, counter) for batch in options.batches]
    notes = (
        f"Sentences a second, {len(sources)} sentences, one caller; {circumstances(machine)}; {rates.text}; "
        f"{options.repetitions} repetitions in turn"
    )
    tell(as_report(rows, machine | {"rates": rates._asdict()}, notes), options.results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--sentences", type=Path, help="a file of them; otherwise the embedded corpus")
    parser.add_argument("--batches", nargs="+", type=int, default=_BATCHES, help="sentences a call")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--translator", type=Path, help="folder of the translator that both were exported of")
    parser.add_argument("--beams", type=int, default=_BEAMS, help="that both search with")
    add_options(parser)
    return parser.parse_args()


def _counter(translator: Path, beams: int, rates: Rates) -> Counter:
    """Ends the program where the translator is no Transformer, for which alone there is a count."""
    from trainer.models.transformer import TransformerConfig
    from trainer.store import load_translator

    model, vocabulary = load_translator(translator)
    if not isinstance(model.config, TransformerConfig):
        sys.exit(f"{translator} is no Transformer: leave --translator out, and no share is told")
    return Counter(model.config, vocabulary, beams, rates)


def _row(
    exports: tuple[Path, Path], sources: list[str], batch: int, repetitions: int, counter: Counter | None
) -> Row:
    """Both in turn.

    Raises:
        SystemExit: less than half of the translations are the same.
    """
    batches = [sources[first : first + batch] for first in range(0, len(sources), batch)]
    engines = [Engine.of_export(export, 1, 1, cores()) for export in exports]
    try:
        translations = [engine.translate(batches)[1] for engine in engines]
        same = sum(translation == other for translation, other in zip(*translations, strict=True)) / len(
            sources
        )
        if same < SAME:
            sys.exit("the two exports translate differently: they are not of one translator")
        answers: tuple[list[Answer], list[Answer]] = ([], [])
        for repetition in range(repetitions):
            for place in order(repetition):
                answers[place].append(engines[place].answer(batches))
    finally:
        for engine in engines:
            engine.close()
    rounds = [(old.seconds, new.seconds) for old, new in zip(*answers, strict=True)]
    outcomes = []
    for its, texts in zip(answers, translations, strict=True):
        rate = len(sources) / statistics.median(answer.seconds for answer in its)
        used = counter.share(batch, rate, sources, texts) if counter else None
        calls = [seconds for answer in its for seconds in answer.latencies]
        outcomes.append(Outcome(rate, latency(calls), used))
    return Row(batch, ratio(rounds), *outcomes, same)


def as_report(rows: Sequence[Row], machine: dict[str, object], notes: str) -> Report:
    """A row for each size of batches."""
    counted = all(row.new.share for row in rows)
    return Report(
        name="exports",
        head=(
            *("batch", "old", "new", "new / old", "95 % interval", "same translations"),
            *("old, ms a call, 50 / 95 / 99 %", "new"),
            *(("old, share of the machine", "new") if counted else ()),
        ),
        rows=[
            [
                str(row.batch),
                *(f"{side.rate:,.1f}" for side in (row.old, row.new)),
                row.ratio.text,
                f"{row.same:.0%}",
                *(side.latency.milliseconds for side in (row.old, row.new)),
                *(side.share.text for side in (row.old, row.new) if side.share),
            ]
            for row in rows
        ],
        notes=notes,
        figures={**machine, "circumstances": notes, "rows": [_figures(row) for row in rows]},
        panels=[
            Panel(
                "sentences/s", {"old": [row.old.rate for row in rows], "new": [row.new.rate for row in rows]}
            ),
            Panel("new / old", {"new / old": [row.ratio.median for row in rows]}),
        ],
    )


def _figures(row: Row) -> dict[str, object]:
    """A row for JSON."""
    figures: dict[str, object] = {"batch": row.batch, "ratio": row.ratio._asdict(), "same": row.same}
    for name, side in (("old", row.old), ("new", row.new)):
        figures[name] = {
            "rate": side.rate,
            "latency": side.latency._asdict(),
            "share": side.share._asdict() if side.share else None,
        }
    return figures


if __name__ == "__main__":
    main()
