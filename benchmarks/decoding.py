"""Decoding speed of the exported model against CTranslate2 in float32, with the same weights.

The export is loaded as TensorFlow Serving loads it (session loader), each engine in its own process, with
the same sentences in the same batches (ordered by length), the same beam, length limit and threads;
tokenization is inside the time on both sides. They run strictly in turn, several times; the median counts.
An absolute figure means nothing on another machine: the ratio does.

The length penalties are not the same formula: ours divides by ((5 + T) / 6)^alpha, CTranslate2's by T^alpha.
In the rows "without penalty" both search for the same thing; in the others alpha is 1 for us and 0.7 for
CTranslate2, which weigh a piece more or less alike at T = 13, the average here.

    python -m benchmarks.decoding --translator runs/multi30k-en-de/.../translator
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import sacrebleu
import sentencepiece
from rich.console import Console
from rich.table import Table

from benchmarks.engines import Engine

_ROOT = Path(__file__).resolve().parents[1]
_CORPUS = _ROOT.parent / "shared" / "corpora" / "multi30k-en-de"
_LIMIT = 48
"""Target pieces at most."""


class Setting(NamedTuple):
    """A row of the table."""

    name: str
    beams: int
    batch: int
    sentences: int
    penalties: tuple[float, float]
    """Exponents of the length penalty: Dragoman's, CTranslate2's."""


class Outcome(NamedTuple):
    """What an engine did in a setting."""

    rate: float
    """Target pieces per second, the median of the repetitions."""
    seconds: float
    """For each batch, of the same repetition."""
    bleu: float


_SAME, _NONE = (1.0, 0.7), (0.0, 0.0)
SETTINGS = (
    Setting("beam 4, batch 32", 4, 32, 1000, _SAME),
    Setting("beam 4, batch 32, without penalty", 4, 32, 1000, _NONE),
    Setting("greedy, batch 32", 1, 32, 1000, _NONE),
    Setting("beam 4, one at a time", 4, 1, 100, _SAME),
    Setting("beam 4, one at a time, without penalty", 4, 1, 100, _NONE),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--translator", type=Path, help="folder of a saved translator; the newest run's if not given"
    )
    parser.add_argument("--source", type=Path, default=_CORPUS / "test_2016_flickr.en.gz")
    parser.add_argument("--target", type=Path, default=_CORPUS / "test_2016_flickr.de.gz")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one-dnn", action="store_true", help="run TensorFlow with TF_ENABLE_ONEDNN_OPTS=1")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    translator = options.translator or _newest_translator()
    pairs = list(zip(_lines(options.source), _lines(options.target), strict=True))[:1000]

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = _prepare(translator, folder)
        table = Table("setting", "Dragoman tok/s", "CTranslate2 tok/s", "ratio", "ms a batch", "BLEU (both)")
        figures = {}
        for setting in SETTINGS:
            ours, theirs, ratio = _measure(setting, pairs, folder, model, options)
            figures[setting.name] = {
                "dragoman": ours._asdict(),
                "ctranslate2": theirs._asdict(),
                "ratio": ratio,
            }
            table.add_row(
                setting.name,
                f"{ours.rate:,.0f}",
                f"{theirs.rate:,.0f}",
                f"{ratio:.2f}",
                f"{ours.seconds * 1000:.1f} / {theirs.seconds * 1000:.1f}",
                f"{ours.bleu:.2f} / {theirs.bleu:.2f}",
            )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(_circumstances(options), soft_wrap=True)
    if options.json:
        options.json.write_text(
            json.dumps({"figures": figures, "circumstances": _circumstances(options)}, indent=2)
        )


def _prepare(translator: Path, folder: Path) -> sentencepiece.SentencePieceProcessor:
    """Write both models of both widths under `folder`; returns what counts target pieces."""
    from benchmarks.ctranslate import convert
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.store import load_translator

    model, vocabulary = load_translator(translator)
    for beams, (penalty, _) in sorted({(setting.beams, setting.penalties) for setting in SETTINGS}):
        search = SearchConfig(
            beams=beams, length_penalty=penalty, max_target_length=_LIMIT, max_target_ratio=_LIMIT
        )
        export_translator(model, vocabulary, search, folder / f"export-{beams}-{penalty}")
    convert(model, vocabulary, folder / "ctranslate2")
    (folder / "ctranslate2" / "source.spm").write_bytes(vocabulary.source_model)
    (folder / "ctranslate2" / "target.spm").write_bytes(vocabulary.target_model)
    return sentencepiece.SentencePieceProcessor(model_proto=vocabulary.target_model)


def _measure(
    setting: Setting,
    pairs: list[tuple[str, str]],
    folder: Path,
    model: sentencepiece.SentencePieceProcessor,
    options: argparse.Namespace,
) -> tuple[Outcome, Outcome, float]:
    """Both engines in turn; the ratio is the median of the ratios of the repetitions."""
    step = len(pairs) // setting.sentences
    chosen = sorted(pairs[::step][: setting.sentences], key=lambda pair: len(model.encode(pair[0])))
    sources, references = [source for source, _ in chosen], [target for _, target in chosen]
    batches = [sources[first : first + setting.batch] for first in range(0, len(sources), setting.batch)]
    ours, theirs = setting.penalties
    engines = (
        Engine(
            "session", folder / f"export-{setting.beams}-{ours}", options.threads, one_dnn=options.one_dnn
        ),
        Engine(
            "ctranslate2",
            folder / "ctranslate2",
            options.threads,
            search=(setting.beams, _LIMIT, theirs),
        ),
    )
    try:
        for engine in engines:
            engine.translate(batches[:3] + batches[-3:])
        runs = [[engine.translate(batches) for engine in engines] for _ in range(options.repetitions)]
    finally:
        for engine in engines:
            engine.close()
    outcomes, rates = [], []
    for place in range(2):
        translations = runs[0][place][1]
        count = sum(len(ids) + 1 for ids in model.encode(translations))
        rates.append([count / run[place][0] for run in runs])
        seconds = statistics.median(run[place][0] for run in runs)
        bleu = sacrebleu.corpus_bleu(translations, [references]).score
        outcomes.append(Outcome(count / seconds, seconds / len(batches), bleu))
    ratio = statistics.median(first / second for first, second in zip(*rates, strict=True))
    return outcomes[0], outcomes[1], ratio


def _circumstances(options: argparse.Namespace) -> str:
    """What the figures depend on."""
    metric = sacrebleu.BLEU()
    metric.corpus_score(["a"], [["a"]])
    load = os.getloadavg()[1]
    return (
        f"{_processor()}, {options.threads} threads, {options.repetitions} repetitions in turn, "
        f"at most {_LIMIT} pieces, "
        f"TF_ENABLE_ONEDNN_OPTS={int(options.one_dnn)}, load average {load:.1f}"
        f"{' (the machine is busy: trust the ratios only)' if load > options.threads + 1 else ''}; "
        f"BLEU {metric.get_signature()}"
    )


def _processor() -> str:
    """The machine's name for its processor."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


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
