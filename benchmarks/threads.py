"""From which size of model an operation is worth more than one thread: intra 1 against intra = cores; and,
with `--one-dnn`, from which size oneDNN's products are worth their preparation: without it against with it.

Exports of random weights, four beams, at most 16 pieces, loaded as TensorFlow Serving loads them; each size
and each number of callers with both settings strictly in turn, the median counts. Beside each ratio stands
what the better setting makes use of: of the cores' GFLOP/s or the memory's bandwidth, measured in the same
run (`benchmarks.roofline`), by the pieces of the sentences and of what came back.
`SMALL_BYTES` of `serving.threads` and of `serving.onednn` are read from it.

    python -m benchmarks.threads
    python -m benchmarks.threads --one-dnn
    python -m benchmarks.threads --presets tiny small --repetitions 3
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from benchmarks.counter import Counter
from benchmarks.engines import Engine, answers_in_turn
from benchmarks.latency import Latency, latency
from benchmarks.machine import circumstances, cores, facts, refuse_when_busy
from benchmarks.rates import Rates, measure_rates
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.roofline import Share
from benchmarks.translators import random_translator
from grammar import generate
from serving.onednn import VARIABLE
from serving.threads import weight_bytes
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import Vocabulary

_PRESETS = ("tiny", "small", "base", "big")
_PIECES, _BEAMS, _VOCABULARY = 16, 4, 800


class Case(NamedTuple):
    """How an export is asked."""

    batch: int
    """Sentences a request."""
    callers: int
    """At once."""
    sentences: int
    """In all."""

    @property
    def name(self) -> str:
        """For the head of a column."""
        return f"batch {self.batch}, callers {self.callers}"


CASES = (Case(1, 1, 24), Case(1, 2, 24), Case(32, 1, 192), Case(32, 2, 192))


class Comparison(NamedTuple):
    """What is set against what."""

    name: str
    """Of the files."""
    axis: str
    """What the ratio is of."""
    text: str
    engines: Callable[[Path, int], tuple[Engine, Engine]]
    """Of an export and so many callers; the first is the one that may be faster."""


THREADS = Comparison(
    "threads",
    "one thread an operation, times as fast",
    f"Intra 1 against intra {cores()}, inter {cores()} in both",
    lambda export, callers: (
        Engine.of_export(export, callers, 1, cores()),
        Engine.of_export(export, callers, cores(), cores()),
    ),
)
WITHOUT_ONE_DNN = Comparison(
    "onednn",
    "without oneDNN, times as fast",
    f"{VARIABLE}=0 against 1, intra 1 and inter {cores()} in both",
    lambda export, callers: (
        Engine.of_export(export, callers, 1, cores(), one_dnn=False),
        Engine.of_export(export, callers, 1, cores(), one_dnn=True),
    ),
)


class Outcome(NamedTuple):
    """Of one case with one preset."""

    ratio: float
    """How many times as fast the first way is, the median of the repetitions."""
    rate: float
    """Pieces a second, of the better setting."""
    latency: Latency
    """Of its calls."""
    share: Share


class Size(NamedTuple):
    """A row of the table."""

    preset: str
    mebibytes: int
    outcomes: list[Outcome]
    """Of the cases, in their order."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=list(_PRESETS), help="sizes of `model.preset`")
    parser.add_argument("--one-dnn", action="store_true", help="without oneDNN against with it, instead")
    add_options(parser)
    options = parser.parse_args()
    comparison = WITHOUT_ONE_DNN if options.one_dnn else THREADS
    machine = facts(refuse_when_busy(options.busy))
    rates = measure_rates()
    sources = [pair.source for pair in generate(2000, seed=1).train][: max(case.sentences for case in CASES)]
    sizes: list[Size] = []
    console = Console(stderr=True)
    for preset in track(options.presets, "measuring", console=console):
        sizes.append(_size(preset, sources, options.repetitions, rates, comparison))
        console.print(*_cells(sizes[-1]))  # A larger one may be too large for this machine.
    notes = (
        f"{comparison.text}: how many times as fast; of the better "
        "one its share of the machine, and the ms that 50, 95 and 99 % of the calls stay "
        f"below. {circumstances(machine)}; {rates.text}; {options.repetitions} repetitions in turn"
    )
    tell(as_report(comparison, sizes, machine | {"rates": rates._asdict()}, notes), options.results)


def as_report(
    comparison: Comparison, sizes: Sequence[Size], machine: dict[str, object], notes: str
) -> Report:
    """A row for each preset."""
    rows = [
        {
            "preset": size.preset,
            "mebibytes": size.mebibytes,
            **case._asdict(),
            **out._asdict(),
            "latency": out.latency._asdict(),
            "share": out.share._asdict(),
        }
        for size in sizes
        for case, out in zip(CASES, size.outcomes, strict=True)
    ]
    by_case = {case.name: [size.outcomes[number] for size in sizes] for number, case in enumerate(CASES)}
    return Report(
        name=comparison.name,
        head=("preset", "MiB", *by_case),
        rows=[_cells(size) for size in sizes],
        notes=notes,
        figures={**machine, "circumstances": notes, "rows": rows},
        panels=[
            Panel(
                comparison.axis,
                {name: [out.ratio for out in outs] for name, outs in by_case.items()},
            ),
            Panel(
                "% of the machine's GFLOP/s",
                {name: [100 * out.share.arithmetic for out in outs] for name, outs in by_case.items()},
            ),
        ],
    )


def _cells(size: Size) -> list[str]:
    cells = (
        f"{outcome.ratio:.2f} ({outcome.share.text}; {outcome.latency.milliseconds})"
        for outcome in size.outcomes
    )
    return [size.preset, str(size.mebibytes), *cells]


def _size(preset: str, sources: list[str], repetitions: int, rates: Rates, comparison: Comparison) -> Size:
    config = TransformerConfig.model_validate({"preset": preset})
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export"
        counter = Counter(config, _export(config, export), _BEAMS, rates)
        outcomes = []
        for case in CASES:
            outcomes.append(_outcome(comparison, export, sources, case, repetitions, counter))
        return Size(preset, weight_bytes(export) >> 20, outcomes)


def _export(config: TransformerConfig, folder: Path) -> Vocabulary:
    """Write it; the vocabulary that it has."""
    from trainer.config import SearchConfig
    from trainer.export import export_translator

    translator, vocabulary = random_translator(config, _VOCABULARY)
    search = SearchConfig(beams=_BEAMS, max_target_length=_PIECES, max_target_ratio=_PIECES)
    export_translator(translator, vocabulary, search, folder)
    return vocabulary


def _outcome(
    comparison: Comparison,
    export: Path,
    sources: list[str],
    case: Case,
    repetitions: int,
    counter: Counter,
) -> Outcome:
    """Both ways in turn."""
    chosen = sources[: case.sentences]
    batches = [chosen[first : first + case.batch] for first in range(0, len(chosen), case.batch)]
    answers = answers_in_turn(comparison.engines(export, case.callers), (batches, batches), repetitions)
    seconds = [statistics.median(answer.seconds for answer in its) for its in answers]
    better = min(range(2), key=seconds.__getitem__)
    translations = answers[better][0].translations
    return Outcome(
        statistics.median(many.seconds / single.seconds for single, many in zip(*answers, strict=True)),
        counter.written(translations) / seconds[better],
        latency([call for answer in answers[better] for call in answer.latencies]),
        counter.share(case.batch, len(chosen) / seconds[better], chosen, translations),
    )


if __name__ == "__main__":
    main()
