"""Decoding speed of the exported model against CTranslate2 in float32, with the same weights.

The export is loaded as TensorFlow Serving loads it (session loader) with the threads that `dragoman serve`
sets; each engine has its own process, the same sentences in the same batches (ordered by length), the same
beam and length limit; tokenization is inside the time on both sides. CTranslate2 gets its best settings on
this processor (`benchmarks.peer`), which the table names. Each row is measured with one caller and with as
many at once as there are cores. The engines run strictly in turn, several times; the median counts, and of
the single calls' times what 50, 95 and 99 % stay below. An absolute figure means nothing on another machine:
the ratio does, between machines whose peer is believable, and so does the share of the cores' GFLOP/s or of
the memory's bandwidth that a rate makes use of (measured in the same run; `benchmarks.roofline` counts).

The length penalties are not the same formula: ours divides by ((5 + T) / 6)^alpha, CTranslate2's by T^alpha.
In the rows "without penalty" both search for the same thing; in the others alpha is 1 for us and 0.7 for
CTranslate2, which weigh a piece more or less alike at T = 13, the average here. CTranslate2 stops when as
many hypotheses have ended as there are beams; so do we in the rows "patience 1", and in the others when it is
proven that nothing better can come.

    python -m benchmarks.decoding --translator runs/multi30k-en-de/.../translator
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import sacrebleu
import sentencepiece
from rich.console import Console
from rich.progress import track

from benchmarks import curve
from benchmarks.corpora import read_lines
from benchmarks.engines import Answer, Engine, PeerSearch, answers_in_turn, in_batches, in_order, try_peer
from benchmarks.latency import Latency, latency
from benchmarks.machine import circumstances, cores, facts, instruction_sets, refuse_when_busy
from benchmarks.peer import ImplausiblePeerError, PeerSetting, alternatives, best_setting, check_plausible
from benchmarks.rates import Rates, measure_rates
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.roofline import Batches, Share, searched_piece, share
from benchmarks.translators import newest_translator
from serving.onednn import VARIABLE
from trainer.models.transformer import TransformerConfig

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"
_LIMIT = 48
"""Target pieces at most."""
_PROBE = 0.3
"""The share of a row's sentences that settings of the peer are tried on."""
_BELIEVED_FROM = 32
"""Sentences a batch from which the peer's products are set against the cores'."""


class Setting(NamedTuple):
    """A row of the table, for each number of callers."""

    name: str
    beams: int
    batch: int
    sentences: int
    penalties: tuple[float, float]
    """Exponents of the length penalty: Dragoman's, CTranslate2's."""
    patience: float | None = None
    """Dragoman's; CTranslate2's is 1."""

    @property
    def export(self) -> str:
        """The folder of the model that searches so."""
        return f"export-{self.beams}-{self.penalties[0]}-{self.patience}"


class Outcome(NamedTuple):
    """What an engine did in a setting."""

    rate: float
    """Target pieces per second, the median of the repetitions."""
    rates: list[float]
    """Of each."""
    latency: Latency | None
    """Of the calls of all repetitions; None where a call is all sentences."""
    bleu: float
    share: Share


class Row(NamedTuple):
    """A measured row."""

    setting: Setting
    callers: int
    dragoman: Outcome
    peer: Outcome
    ratio: float
    """The median of the ratios of the repetitions."""
    peer_setting: PeerSetting
    tried: list[tuple[PeerSetting, float]]


class Models(NamedTuple):
    """What is measured."""

    folder: Path
    """Of the exports and the CTranslate2 model."""
    source: sentencepiece.SentencePieceProcessor
    target: sentencepiece.SentencePieceProcessor
    """Both count pieces."""
    config: TransformerConfig
    rates: Rates


_SAME, _NONE = (1.0, 0.7), (0.0, 0.0)
SETTINGS = (
    Setting("beam 4, batch 32", 4, 32, 1000, _SAME),
    Setting("beam 4, batch 32, patience 1", 4, 32, 1000, _SAME, 1),
    Setting("beam 4, batch 32, without penalty", 4, 32, 1000, _NONE),
    Setting("greedy, batch 32", 1, 32, 1000, _NONE),
    Setting("beam 4, one at a time", 4, 1, 200, _SAME),
    Setting("beam 4, one at a time, patience 1", 4, 1, 200, _SAME, 1),
    Setting("beam 4, one at a time, without penalty", 4, 1, 200, _NONE),
    Setting("greedy, one at a time", 1, 1, 200, _NONE),
)


def main() -> None:
    """Measure and print."""
    options = _options()
    machine = facts(refuse_when_busy(options.busy))
    translator = options.translator or newest_translator("runs/multi30k-en-de")
    if translator is None:
        sys.exit("no trained Multi30k model under runs/: train it with `make multi30k`, or give --translator")
    pairs = list(zip(_lines(options.source), _lines(options.target), strict=True))[:1000]
    with tempfile.TemporaryDirectory() as temporary:
        models = _prepare(translator, Path(temporary))
        work = [(setting, callers) for setting in SETTINGS for callers in sorted({1, cores()})]
        rows: list[Row] = []
        problem = ""
        try:
            for setting, callers in track(work, "measuring", console=Console(stderr=True)):
                rows.append(_measure(setting, callers, pairs, models, options))
        except ImplausiblePeerError as error:  # The rows before it are told nevertheless.
            problem = f"{error}\n{_circumstances(options, models, machine)}"
    if rows:
        known = machine | {"rates": models.rates._asdict()}
        report = as_report(rows, known, _circumstances(options, models, machine))
        tell(report, options.results)
        if options.results:
            curve.draw(report.figures["rows"], options.results / "curve.svg")
    if problem:
        sys.exit(problem)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--translator", type=Path, help="folder of a saved translator; the newest run's if not given"
    )
    parser.add_argument("--source", type=Path, default=_CORPUS / "test_2016_flickr.en.gz")
    parser.add_argument("--target", type=Path, default=_CORPUS / "test_2016_flickr.de.gz")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--intra", type=int, default=1, help="threads an operation of ours; `dragoman serve` sets 1"
    )
    parser.add_argument("--one-dnn", action="store_true", help=f"run TensorFlow with {VARIABLE}=1")
    add_options(parser)
    return parser.parse_args()


def _prepare(translator: Path, folder: Path) -> Models:
    """Write both models of both widths under `folder`."""
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.export.ctranslate2 import export_ctranslate2
    from trainer.store import load_translator

    model, vocabulary = load_translator(translator)
    for name, setting in {setting.export: setting for setting in SETTINGS}.items():
        search = SearchConfig(
            beams=setting.beams,
            length_penalty=setting.penalties[0],
            patience=setting.patience,
            max_target_length=_LIMIT,
            max_target_ratio=_LIMIT,
        )
        export_translator(model, vocabulary, search, folder / name)
    export_ctranslate2(model, vocabulary, folder / "ctranslate2")
    source, target = (
        sentencepiece.SentencePieceProcessor(model_proto=proto)
        for proto in (vocabulary.source_model, vocabulary.target_model)
    )
    return Models(folder, source, target, model.config, measure_rates())


def _measure(
    setting: Setting,
    callers: int,
    pairs: list[tuple[str, str]],
    models: Models,
    options: argparse.Namespace,
) -> Row:
    """Find the peer's best setting, then run both engines in turn.

    Raises:
        ImplausiblePeerError: the peer's best is not believable on this machine.
    """
    step = len(pairs) // setting.sentences
    chosen = sorted(pairs[::step][: setting.sentences], key=lambda pair: len(models.source.encode(pair[0])))
    sources = [source for source, _ in chosen]
    search = PeerSearch(setting.beams, _LIMIT, setting.penalties[1], setting.batch)
    tried = alternatives(cores(), instruction_sets(), setting.batch, callers)
    probe = sources[:: round(1 / _PROBE)]
    peer = models.folder / "ctranslate2"

    def asked(setting: PeerSetting) -> list[list[str]]:
        return in_batches(probe, search.batch, callers, setting)

    best, seen = best_setting(tried, lambda setting: try_peer(peer, callers, search, setting, asked(setting)))
    export = models.folder / setting.export
    engines = (
        Engine.of_export(export, callers, options.intra, max(cores(), callers), options.one_dnn),
        Engine.of_peer(peer, callers, search, best),
    )
    batches = tuple(in_batches(sources, setting.batch, callers, its) for its in (None, best))
    answers = answers_in_turn(engines, batches, options.repetitions)
    ours, theirs = (_outcome(answers[place], batches[place], chosen, setting, models) for place in range(2))
    if best.own_batching:  # A call is all sentences.
        theirs = theirs._replace(latency=None)
    if setting.batch >= _BELIEVED_FROM:
        check_plausible(theirs.rate, theirs.share, models.rates, best)
    ratio = statistics.median(rate / other for rate, other in zip(ours.rates, theirs.rates, strict=True))
    return Row(setting, callers, ours, theirs, ratio, best, seen)


def _outcome(
    answers: Sequence[Answer],
    batches: Sequence[Sequence[str]],
    pairs: Sequence[tuple[str, str]],
    setting: Setting,
    models: Models,
) -> Outcome:
    """What an engine's answers to the same batches come to; `pairs`: sources and references of them all."""
    translations = in_order(answers[0], batches, [source for source, _ in pairs])
    count = sum(len(ids) + 1 for ids in models.target.encode(translations))
    rates = [count / answer.seconds for answer in answers]
    source_pieces = sum(len(ids) + 1 for ids in models.source.encode([source for source, _ in pairs]))
    asking = Batches(setting.beams, setting.batch, count / len(pairs), source_pieces / count)
    work = searched_piece(models.config, models.target.get_piece_size(), asking)
    rate = statistics.median(rates)
    return Outcome(
        rate,
        rates,
        latency([seconds for answer in answers for seconds in answer.latencies]),
        sacrebleu.corpus_bleu(translations, [[reference for _, reference in pairs]]).score,
        share(rate, work, models.rates),
    )


def as_report(rows: Sequence[Row], machine: dict[str, object], notes: str) -> Report:
    """The table, its figures, and plots of ratios, shares and latencies."""
    engines = {"Dragoman": [row.dragoman for row in rows], "CTranslate2": [row.peer for row in rows]}
    arithmetic = {name: [100 * side.share.arithmetic for side in its] for name, its in engines.items()}
    milliseconds = {
        name: [1000 * side.latency.p95 if side.latency else None for side in its]
        for name, its in engines.items()
    }
    return Report(
        name="decoding",
        head=(
            *("setting", "Dragoman tok/s", "CTranslate2 tok/s", "ratio"),
            *("ms a call, 50 / 95 / 99 %", "CTranslate2's", "BLEU (both)", "share of the machine"),
            *("CTranslate2's share", "its best setting"),
        ),
        rows=[_cells(row) for row in rows],
        notes=notes,
        figures={**machine, "circumstances": notes, "rows": [_figures(row) for row in rows]},
        panels=[
            Panel("Dragoman / CTranslate2", {"ratio": [row.ratio for row in rows]}),
            Panel("% of the machine's GFLOP/s", arithmetic),
            Panel("ms that 95 % of the calls stay below", milliseconds),
        ],
    )


def _cells(row: Row) -> list[str]:
    ours, theirs = row.dragoman, row.peer
    return [
        f"{row.setting.name}; {row.callers} caller{'s' * (row.callers > 1)}",
        f"{ours.rate:,.0f}",
        f"{theirs.rate:,.0f}",
        f"{row.ratio:.2f}",
        *(side.latency.milliseconds if side.latency else "" for side in (ours, theirs)),
        f"{ours.bleu:.2f} / {theirs.bleu:.2f}",
        ours.share.text,
        theirs.share.text,
        row.peer_setting.text,
    ]


def _figures(row: Row) -> dict[str, object]:
    """A row for JSON."""
    figures: dict[str, object] = {**row.setting._asdict(), "callers": row.callers, "ratio": row.ratio}
    for name, side in (("dragoman", row.dragoman), ("peer", row.peer)):
        figures[name] = {
            **side._asdict(),
            "latency": side.latency._asdict() if side.latency else None,
            "share": side.share._asdict(),
        }
    tried = [(setting.text, rate) for setting, rate in row.tried]
    return figures | {"peer_setting": row.peer_setting.text, "tried": tried}


def _circumstances(options: argparse.Namespace, models: Models, machine: dict[str, object]) -> str:
    """What the figures depend on."""
    metric = sacrebleu.BLEU()
    metric.corpus_score(["a"], [["a"]])
    parts = [
        f"{circumstances(machine)}; {models.rates.text}",
        f"{options.repetitions} repetitions in turn, at most {_LIMIT} pieces",
        f"ours: {options.intra} threads an operation, {VARIABLE}={int(options.one_dnn)}",
        *(["busy: trust the ratios at most"] if options.busy else []),
        f"BLEU {metric.get_signature()}",
    ]
    return "; ".join(parts)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        sys.exit(f"{path} is missing: give --source and --target")
    return list(read_lines(path))


if __name__ == "__main__":
    main()
