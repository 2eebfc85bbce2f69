"""What self-attention over everything and in a window cost at lengths up to 8,000 pieces: the encoder of one
Transformer of each kind, one sentence, forwards.

    taskset -c 0 python -m benchmarks.windows --picture docs/results/windows.svg

Time is the processor's, on all cores, so that what others do on the machine hardly counts; the fastest of
several calls is told, and the kinds alternate. Peak memory is that of the largest moment of a process, which
each measurement has for itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.machine import processor, refuse_when_busy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LENGTHS = (250, 500, 1000, 2000, 4000, 8000)
_WINDOW = 64


class Cost(NamedTuple):
    """Of one call."""

    seconds: float
    """Of the processor."""
    megabytes: float
    """More than before the call."""


def main() -> None:
    """Measure, print a table in Markdown, and draw."""
    options = _options()
    if options.one:
        length, window = options.one
        print(json.dumps(_measure(length, window or None, options.repetitions)))
        return
    busy = refuse_when_busy(options.busy)
    costs: dict[str, list[Cost]] = {"everything": [], f"window of {_WINDOW}": []}
    print("| pieces | everything, s | window, s | everything, MiB | window, MiB |\n|---|---|---|---|---|")
    for length in options.lengths:
        row = [_in_a_process(length, window, options.repetitions) for window in (0, _WINDOW)]
        for known, cost in zip(costs.values(), row, strict=True):
            known.append(cost)
        cells = [*(f"{one.seconds:.3f}" for one in row), *(f"{one.megabytes:,.0f}" for one in row)]
        print(f"| {length:,} | {' | '.join(cells)} |", flush=True)
    print(f"\nOne sentence, forwards; {processor()}; others used {busy:.0%} of the cores at the start")
    if options.picture:
        _draw(options.lengths, costs, options.picture)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="+", default=_LENGTHS)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--picture", type=Path, help="an SVG or PNG file")
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    parser.add_argument("--one", type=int, nargs=2, metavar=("LENGTH", "WINDOW"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_a_process(length: int, window: int, repetitions: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.windows", "--one", str(length), str(window)]
    command += ["--repetitions", str(repetitions)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "0"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*json.loads(done.stdout.splitlines()[-1]))


def _measure(length: int, window: int | None, repetitions: int) -> Cost:
    import numpy as np
    import tensorflow as tf

    from trainer.models.build import build_translator
    from trainer.models.transformer import TransformerConfig

    config = TransformerConfig(preset="small", decoder_layers=1, encoder_window=window)
    translator = build_translator(config, 1000, 1000, shared=True)
    signature = [tf.TensorSpec([None, None], tf.int32)]
    encode = tf.function(lambda source: translator.encode(source).states, input_signature=signature)
    encode(tf.constant([[5] * 100]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = tf.constant(np.random.default_rng(1).integers(4, 1000, (1, length)), tf.int32)
    seconds = []
    for _ in range(repetitions):
        started = time.process_time()
        encode(source).numpy()
        seconds.append(time.process_time() - started)
    return Cost(min(seconds), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def _draw(lengths: Sequence[int], costs: dict[str, list[Cost]], picture: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman"}):
        figure = Figure(figsize=(9, 3.5), layout="constrained")
        _plot(lengths, costs, figure)
        date = {"Date": None} if picture.suffix == ".svg" else None  # The same picture, the same file.
        figure.savefig(picture, metadata=date)


def _plot(lengths: Sequence[int], costs: dict[str, list[Cost]], figure: Figure) -> None:
    time_axis, memory_axis = figure.subplots(1, 2)
    for name, known in costs.items():
        time_axis.plot(lengths, [one.seconds for one in known], marker="o", label=name)
        memory_axis.plot(lengths, [one.megabytes for one in known], marker="o", label=name)
    for axis, unit in ((time_axis, "processor seconds"), (memory_axis, "MiB")):
        axis.set(xlabel="source pieces", ylabel=unit, ylim=(0, None))
        axis.legend(frameon=False)


if __name__ == "__main__":
    main()
