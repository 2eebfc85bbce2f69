"""From which size of model an operation is worth more than one thread: intra 1 against intra = cores.

Exports of random weights, four beams, at most 16 pieces, loaded as TensorFlow Serving loads them; each size
and each number of callers with both settings strictly in turn, the median counts.
`serving.threads.SMALL_BYTES` is read from it.

    python -m benchmarks.threads
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.engines import Engine
from benchmarks.machine import cores, processor, refuse_when_busy
from grammar import generate
from serving.threads import weight_bytes

_PRESETS = ("tiny", "small", "base", "big")
_PIECES = 16
_CASES = ((1, 1, 24), (1, 2, 24), (32, 1, 192), (32, 2, 192))
"""Sentences a request, callers at once, sentences in all."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=list(_PRESETS), help="sizes of `model.preset`")
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    options = parser.parse_args()
    busy = refuse_when_busy(options.busy)
    sources = [pair.source for pair in generate(2000, seed=1).train][: max(count for *_, count in _CASES)]
    print("| preset | MiB | " + " | ".join(f"batch {batch}, callers {n}" for batch, n, _ in _CASES) + " |")
    print("|---" * (2 + len(_CASES)) + "|")
    for preset in track(options.presets, "measuring", console=Console(stderr=True)):
        with tempfile.TemporaryDirectory() as folder:
            export = _export(preset, Path(folder))
            ratios = [_ratio(export, sources, case, options.repetitions) for case in _CASES]
            print(f"| {preset} | {weight_bytes(export) >> 20} | {' | '.join(ratios)} |", flush=True)
    print(
        f"\nIntra 1 against intra {cores()}, inter {cores()} in both: how many times as fast. {processor()}; "
        f"{options.repetitions} repetitions in turn; others used {busy:.0%} of the cores at the start"
    )


def _export(preset: str, folder: Path) -> Path:
    from trainer.config import SearchConfig, VocabularyConfig
    from trainer.export import export_translator
    from trainer.models.build import build_translator
    from trainer.models.transformer import TransformerConfig
    from trainer.vocabulary import learn_vocabulary

    pairs = generate(2000, seed=1).train
    vocabulary = learn_vocabulary(
        VocabularyConfig(size=800), (pair.source for pair in pairs), (pair.target for pair in pairs)
    )
    config = TransformerConfig.model_validate({"preset": preset})
    translator = build_translator(
        config, vocabulary.source_size, vocabulary.target_size, shared=vocabulary.shared
    )
    search = SearchConfig(beams=4, max_target_length=_PIECES, max_target_ratio=_PIECES)
    export_translator(translator, vocabulary, search, folder / "export")
    return folder / "export"


def _ratio(export: Path, sources: list[str], case: tuple[int, int, int], repetitions: int) -> str:
    """The median of the ratios of the repetitions."""
    batch, callers, count = case
    batches = [sources[first : first + batch] for first in range(0, count, batch)]
    engines = [Engine.of_export(export, callers, intra, cores()) for intra in (1, cores())]
    try:
        for engine in engines:
            engine.translate(batches[:2])
        runs = [[engine.translate(batches)[0] for engine in engines] for _ in range(repetitions)]
    finally:
        for engine in engines:
            engine.close()
    return f"{statistics.median(many / one for one, many in runs):.2f}"


if __name__ == "__main__":
    main()
