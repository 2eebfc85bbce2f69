"""Long sentences in a large shape: an export against CTranslate2 in float32 with the same random weights.

Sentences of the embedded grammar are joined to 100 source pieces and every translation is held to 100 pieces
on both sides (`minimum-length`; `min_decoding_length`), so that both engines do the same steps whatever the
weights say. All else is as in `benchmarks.decoding`: threads and oneDNN as `dragoman serve` sets them for a
model of that size, the peer at its best settings on this processor, engines strictly in turn, the median of
the repetitions' ratios.

    python -m benchmarks.long_sentences
    python -m benchmarks.long_sentences --preset small --repetitions 3
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from benchmarks.engines import Answer, Engine, PeerSearch, answers_in_turn, in_batches, in_order, try_peer
from benchmarks.machine import circumstances, cores, facts, instruction_sets, refuse_when_busy
from benchmarks.peer import PeerSetting, alternatives, best_setting
from benchmarks.pieces import count
from benchmarks.rates import Rates, measure_rates
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.roofline import Batches, Share, searched_piece, share
from benchmarks.translators import random_translator
from benchmarks.turns import SAME
from grammar import generate
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import Vocabulary

PIECES = 100
"""Of each source, and of each translation."""
_VOCABULARY = 800


class Case(NamedTuple):
    """A row of the table."""

    beams: int
    batch: int
    callers: int
    sentences: int

    @property
    def name(self) -> str:
        """For the first cell."""
        search = f"beam {self.beams}" if self.beams > 1 else "greedy"
        return f"{search}, batch {self.batch}; {self.callers} caller{'s' * (self.callers > 1)}"


class Row(NamedTuple):
    """A measured one; rates are pieces a second, shares of the machine."""

    case: Case
    ratio: float
    rates: tuple[float, float]
    shares: tuple[Share, Share]
    same: float
    """The share of translations that are the same on both sides, but for the last piece, which is our end."""
    peer_setting: PeerSetting


class Models(NamedTuple):
    """What is measured."""

    folder: Path
    vocabulary: Vocabulary
    config: TransformerConfig
    rates: Rates


def cases() -> tuple[Case, ...]:
    """On the cores of this machine."""
    many = 16 * cores()
    return (Case(4, 16, cores(), many), Case(4, 1, 1, 2), Case(1, 16, cores(), many), Case(1, 1, 1, 4))


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="base", help="size of `model.preset`")
    parser.add_argument("--repetitions", type=int, default=5)
    add_options(parser)
    options = parser.parse_args()
    machine = facts(refuse_when_busy(options.busy))
    rates = measure_rates()
    with tempfile.TemporaryDirectory() as temporary:
        models = _prepare(options.preset, Path(temporary), rates)
        sources = long_sources(models.vocabulary, max(case.sentences for case in cases()))
        rows = [
            _measure(case, sources[: case.sentences], models, options.repetitions)
            for case in track(cases(), "measuring", console=Console(stderr=True))
        ]
    notes = (
        f"preset {options.preset}, sources of {PIECES} pieces and some, translations of {PIECES}, "
        f"{_VOCABULARY} in the vocabulary; "
        f"{circumstances(machine)}; {rates.text}; {options.repetitions} repetitions in turn"
    )
    tell(as_report(rows, machine | {"rates": rates._asdict()}, notes), options.results)


def long_sources(vocabulary: Vocabulary, many: int) -> list[str]:
    """Sentences joined until each has at least `PIECES`."""
    single = iter([pair.source for pair in generate(40 * many, seed=1).train])
    sources = []
    for _ in range(many):
        joined = next(single)
        while count(vocabulary.source_model, [joined]) < PIECES:
            joined += f" {next(single)}"
        sources.append(joined)
    return sources


def _prepare(preset: str, folder: Path, rates: Rates) -> Models:
    """Random weights, exported for each width of the beam and for CTranslate2."""
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.export.ctranslate2 import export_ctranslate2

    config = TransformerConfig.model_validate({"preset": preset})
    translator, vocabulary = random_translator(config, _VOCABULARY)
    for beams in {case.beams for case in cases()}:
        search = SearchConfig.model_validate(
            {
                "beams": beams,
                "length_penalty": 0.0,
                "max_target_length": PIECES,
                "max_target_ratio": PIECES,
                "constraints": [{"name": "minimum-length", "pieces": PIECES}],
            }
        )
        export_translator(translator, vocabulary, search, folder / f"export-{beams}")
    export_ctranslate2(translator, vocabulary, folder / "ctranslate2")
    return Models(folder, vocabulary, config, rates)


def _measure(case: Case, sources: Sequence[str], models: Models, repetitions: int) -> Row:
    """Find the peer's best setting, then run both engines in turn."""
    search = PeerSearch(case.beams, PIECES, 0.0, case.batch, minimum=PIECES)
    peer = models.folder / "ctranslate2"

    def asked(setting: PeerSetting | None) -> list[list[str]]:
        return in_batches(sources, case.batch, case.callers, setting)

    tried = alternatives(cores(), instruction_sets(), case.batch, case.callers)
    best, _ = best_setting(
        tried, lambda setting: try_peer(peer, case.callers, search, setting, asked(setting))
    )
    batches = asked(None), asked(best)
    engines = (
        Engine.as_served(models.folder / f"export-{case.beams}", case.callers),
        Engine.of_peer(peer, case.callers, search, best),
    )
    ours, theirs = answers_in_turn(engines, batches, repetitions)
    theirs = [answer._replace(translations=in_order(answer, batches[1], sources)) for answer in theirs]
    return as_row(case, (ours, theirs), sources, models, best)


def as_row(
    case: Case,
    answers: tuple[Sequence[Answer], Sequence[Answer]],
    sources: Sequence[str],
    models: Models,
    setting: PeerSetting,
) -> Row:
    """What the answers of both engines come to.

    Raises:
        ValueError: fewer than half of the translations are the same: then the work was not, either.
    """
    ours, theirs = (its[0].translations for its in answers)
    same = statistics.mean(other.startswith(own.rstrip()) for own, other in zip(ours, theirs, strict=True))
    if same < SAME:
        raise ValueError(f"{same:.0%} of the translations are the same: the engines do not do the same work")
    read = count(models.vocabulary.source_model, sources, ends=1) / len(sources)
    asking = Batches(case.beams, case.batch, PIECES, read / PIECES)
    work = searched_piece(models.config, models.vocabulary.target_size, asking)
    written = PIECES * len(sources)
    rates = [statistics.median(written / answer.seconds for answer in its) for its in answers]
    return Row(
        case,
        statistics.median(peer.seconds / dragoman.seconds for dragoman, peer in zip(*answers, strict=True)),
        (rates[0], rates[1]),
        (share(rates[0], work, models.rates), share(rates[1], work, models.rates)),
        same,
        setting,
    )


def as_report(rows: Sequence[Row], machine: dict[str, object], notes: str) -> Report:
    """The table, its figures and plots."""
    sides = ("Dragoman", "CTranslate2")
    return Report(
        name="long_sentences",
        head=(
            *("setting", "Dragoman tok/s", "CTranslate2 tok/s", "ratio", "share of the machine"),
            *("CTranslate2's share", "same translations", "its best setting"),
        ),
        rows=[
            [
                row.case.name,
                *(f"{rate:,.0f}" for rate in row.rates),
                f"{row.ratio:.2f}",
                *(side.text for side in row.shares),
                f"{row.same:.0%}",
                row.peer_setting.text,
            ]
            for row in rows
        ],
        notes=notes,
        figures={
            **machine,
            "circumstances": notes,
            "rows": [
                {**row.case._asdict(), "ratio": row.ratio, "rates": dict(zip(sides, row.rates, strict=True))}
                for row in rows
            ],
        },
        panels=[
            Panel("Dragoman / CTranslate2", {"ratio": [row.ratio for row in rows]}),
            Panel(
                "% of the machine's GFLOP/s",
                {
                    side: [100 * row.shares[place].arithmetic for row in rows]
                    for place, side in enumerate(sides)
                },
            ),
        ],
    )


if __name__ == "__main__":
    main()
