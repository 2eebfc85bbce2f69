"""Two exports of one translator, as two checkouts write them, strictly in turn: how many times as fast the
second is.

    for CHECKOUT in OLD NEW; do (cd $CHECKOUT && python -c '
    import sys; from pathlib import Path
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.store import load_translator
    export_translator(*load_translator(Path(sys.argv[1])), SearchConfig(), Path(sys.argv[2]))
    ' TRANSLATOR /tmp/$CHECKOUT); done
    python -m benchmarks.exports /tmp/OLD /tmp/NEW
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.engines import Engine
from benchmarks.machine import cores, processor, refuse_when_busy
from grammar import generate

_BATCHES = (1, 32)
_SENTENCES = 256


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--sentences", type=Path, help="a file of them; otherwise the embedded corpus")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    options = parser.parse_args()
    busy = refuse_when_busy(options.busy)
    if options.sentences:
        sources = options.sentences.read_text(encoding="utf-8").splitlines()[:_SENTENCES]
    else:
        sources = [pair.source for pair in generate(2000, seed=1).train][:_SENTENCES]
    print("| batch | new / old | 95 % interval |\n|---|---|---|")
    for batch in _BATCHES:
        ratio, low, high = _ratio((options.old, options.new), sources, batch, options.repetitions)
        print(f"| {batch} | {ratio:.3f} | {low:.3f} to {high:.3f} |", flush=True)
    print(
        f"\nSentences a second, {len(sources)} sentences, one caller; {processor()}; {options.repetitions} "
        f"repetitions in turn; others used {busy:.0%} of the cores at the start"
    )


def _ratio(
    exports: tuple[Path, Path], sources: list[str], batch: int, repetitions: int
) -> tuple[float, float, float]:
    """The geometric mean of the repetitions' ratios, and its bootstrap interval."""
    batches = [sources[first : first + batch] for first in range(0, len(sources), batch)]
    engines = [Engine.of_export(export, 1, 1, cores()) for export in exports]
    try:
        answers = [engine.translate(batches)[1] for engine in engines]
        if answers[0] != answers[1]:
            raise SystemExit("the two exports translate differently: they are not of one translator")
        logarithms = []
        for repetition in range(repetitions):
            order = (0, 1) if repetition % 2 else (1, 0)
            seconds = {place: engines[place].translate(batches)[0] for place in order}
            logarithms.append(np.log(seconds[0] / seconds[1]))
    finally:
        for engine in engines:
            engine.close()
    draws = np.random.default_rng(1).choice(logarithms, (10_000, repetitions)).mean(axis=1)
    return tuple(np.exp([np.mean(logarithms), *np.percentile(draws, [2.5, 97.5])]))


if __name__ == "__main__":
    main()
