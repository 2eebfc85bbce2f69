"""Decoding speed of the exported model against CTranslate2 in float32, with the same weights.

The export is loaded as TensorFlow Serving loads it (session loader) with the threads that `dragoman serve`
sets; each engine has its own process, the same sentences in the same batches (ordered by length), the same
beam and length limit; tokenization is inside the time on both sides. CTranslate2 gets its best settings on
this processor (`benchmarks.peer`), which the table names. Each row is measured with one caller and with as
many at once as there are cores. The engines run strictly in turn, several times; the median counts. An
absolute figure means nothing on another machine: the ratio does, between machines whose peer is believable.

The length penalties are not the same formula: ours divides by ((5 + T) / 6)^alpha, CTranslate2's by T^alpha.
In the rows "without penalty" both search for the same thing; in the others alpha is 1 for us and 0.7 for
CTranslate2, which weigh a piece more or less alike at T = 13, the average here. CTranslate2 stops when as
many hypotheses have ended as there are beams; so do we in the rows "patience 1", and in the others when it is
proven that nothing better can come.

    python -m benchmarks.decoding --translator runs/multi30k-en-de/.../translator
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
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
from rich.table import Table

from benchmarks.engines import Engine, EngineError, PeerSearch
from benchmarks.machine import cores, instruction_sets, measure_gflops, processor, refuse_when_busy
from benchmarks.peer import (
    ImplausiblePeerError,
    PeerSetting,
    alternatives,
    best_setting,
    check_plausible,
    megaflops_per_piece,
)
from trainer.models.transformer import TransformerConfig

_ROOT = Path(__file__).resolve().parents[1]
_CORPUS = _ROOT.parent / "shared" / "corpora" / "multi30k-en-de"
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
    seconds: float
    """A call, of the same repetition."""
    bleu: float


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
    share: float
    """Of the cores' GFLOP/s, the peer's."""


class Models(NamedTuple):
    """What is measured."""

    folder: Path
    """Of the exports and the CTranslate2 model."""
    pieces: sentencepiece.SentencePieceProcessor
    """Counts target pieces."""
    config: TransformerConfig
    gflops: float


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
    busy = refuse_when_busy(options.busy)
    translator = options.translator or _newest_translator()
    pairs = list(zip(_lines(options.source), _lines(options.target), strict=True))[:1000]
    with tempfile.TemporaryDirectory() as temporary:
        models = _prepare(translator, Path(temporary))
        work = [(setting, callers) for setting in SETTINGS for callers in sorted({1, cores()})]
        try:
            rows = [
                _measure(setting, callers, pairs, models, options)
                for setting, callers in track(work, "measuring", console=Console(stderr=True))
            ]
        except ImplausiblePeerError as error:
            sys.exit(f"{error}\n{_circumstances(options, models, busy)}")
    console = Console(width=None if sys.stdout.isatty() else 180)
    console.print(_table(rows))
    console.print(_circumstances(options, models, busy), soft_wrap=True)
    if options.json:
        figures = [{**row._asdict(), "peer_text": row.peer_setting.text} for row in rows]
        facts = {"rows": figures, "circumstances": _circumstances(options, models, busy)}
        options.json.write_text(json.dumps(facts, indent=2))


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
    parser.add_argument("--one-dnn", action="store_true", help="run TensorFlow with TF_ENABLE_ONEDNN_OPTS=1")
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    parser.add_argument(
        "--json", type=Path, help="also write the figures, and all that was tried, to this file"
    )
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
    pieces = sentencepiece.SentencePieceProcessor(model_proto=vocabulary.target_model)
    return Models(folder, pieces, model.config, measure_gflops())


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
    chosen = sorted(pairs[::step][: setting.sentences], key=lambda pair: len(models.pieces.encode(pair[0])))
    sources, references = [source for source, _ in chosen], [target for _, target in chosen]
    search = PeerSearch(setting.beams, _LIMIT, setting.penalties[1], setting.batch)
    tried = alternatives(cores(), instruction_sets(), setting.batch, callers)
    probe = sources[:: round(1 / _PROBE)]
    best, seen = best_setting(tried, lambda one: _probe(models, callers, search, one, probe))

    export = models.folder / setting.export
    engines = (
        Engine.of_export(export, callers, options.intra, max(cores(), callers), options.one_dnn),
        Engine.of_peer(models.folder / "ctranslate2", callers, search, best),
    )
    batches = _batches(sources, setting.batch), _peer_batches(sources, setting.batch, callers, best)
    try:
        for engine, its in zip(engines, batches, strict=True):
            engine.translate(its[:3] + its[-3:])
        runs = [
            [engine.translate(its) for engine, its in zip(engines, batches, strict=True)]
            for _ in range(options.repetitions)
        ]
    finally:
        for engine in engines:
            engine.close()
    outcomes: list[Outcome] = []
    rates, count = [], 0
    for place in range(2):
        translations = runs[0][place][1]
        by_source = dict(zip((one for batch in batches[place] for one in batch), translations, strict=True))
        count = sum(len(ids) + 1 for ids in models.pieces.encode(translations))
        rates.append([count / run[place][0] for run in runs])
        seconds = statistics.median(run[place][0] for run in runs)
        bleu = sacrebleu.corpus_bleu([by_source[one] for one in sources], [references]).score
        calls = -(-len(sources) // setting.batch)
        outcomes.append(Outcome(count / seconds, seconds / calls * callers, bleu))
    ratio = statistics.median(first / second for first, second in zip(*rates, strict=True))
    ours, theirs = outcomes
    source_per_target = sum(map(len, models.pieces.encode(sources))) / count
    megaflops = megaflops_per_piece(
        models.config, models.pieces.get_piece_size(), setting.beams, source_per_target
    )
    share = theirs.rate * megaflops / 1000 / models.gflops
    if setting.batch >= _BELIEVED_FROM:
        check_plausible(theirs.rate, megaflops, models.gflops, best)
    return Row(setting, callers, ours, theirs, ratio, best, seen, share)


def _probe(
    models: Models, callers: int, search: PeerSearch, setting: PeerSetting, sources: list[str]
) -> float | None:
    """Sentences a second under a setting, the better of two tries; None where the processor refuses it."""
    batches = _peer_batches(sources, search.batch, callers, setting)
    engine = Engine.of_peer(models.folder / "ctranslate2", callers, search, setting)
    try:
        engine.translate(batches[:2])
        return len(sources) / min(engine.translate(batches)[0] for _ in range(2))
    except EngineError:
        return None
    finally:
        engine.close()


def _batches(sources: Sequence[str], batch: int) -> list[list[str]]:
    return [list(sources[first : first + batch]) for first in range(0, len(sources), batch)]


def _peer_batches(sources: Sequence[str], batch: int, callers: int, setting: PeerSetting) -> list[list[str]]:
    """As ours, or, where it makes its batches itself, all sentences in a list for each caller."""
    if setting.own_batching:
        return [list(sources[caller::callers]) for caller in range(callers)]
    return _batches(sources, batch)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(
        "setting", "callers", "Dragoman tok/s", "CTranslate2 tok/s", "ratio", "ms a call", "BLEU (both)",
        "CTranslate2's best setting", "its share of the cores",
    )  # fmt: skip
    for row in rows:
        ours, theirs = row.dragoman, row.peer
        table.add_row(
            row.setting.name,
            str(row.callers),
            f"{ours.rate:,.0f}",
            f"{theirs.rate:,.0f}",
            f"{row.ratio:.2f}",
            f"{ours.seconds * 1000:.1f} / {theirs.seconds * 1000:.1f}",
            f"{ours.bleu:.2f} / {theirs.bleu:.2f}",
            row.peer_setting.text,
            f"{row.share:.0%}",
        )
    return table


def _circumstances(options: argparse.Namespace, models: Models, busy: float) -> str:
    """What the figures depend on."""
    metric = sacrebleu.BLEU()
    metric.corpus_score(["a"], [["a"]])
    parts = [
        f"{processor()}, {models.gflops:.0f} GFLOP/s in float32 products",
        f"{options.repetitions} repetitions in turn, at most {_LIMIT} pieces",
        f"ours: {options.intra} threads an operation, TF_ENABLE_ONEDNN_OPTS={int(options.one_dnn)}",
        f"others used {busy:.0%} of the cores at the start",
        *(["busy: trust the ratios at most"] if options.busy else []),
        f"BLEU {metric.get_signature()}",
    ]
    return "; ".join(parts)


def _newest_translator() -> Path:
    """The translator of the newest Multi30k run under runs/."""
    found = sorted(
        (_ROOT / "runs" / "multi30k-en-de").glob("**/translator/translator.json"), key=os.path.getmtime
    )
    if not found:
        sys.exit("no trained Multi30k model under runs/: train it with `make multi30k`, or give --translator")
    return found[-1].parent


def _lines(path: Path) -> list[str]:
    if not path.exists():
        sys.exit(f"{path} is missing: give --source and --target")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


if __name__ == "__main__":
    main()
