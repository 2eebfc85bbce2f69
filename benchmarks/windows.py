"""What self-attention over everything and in a window cost at lengths up to 8,000 pieces: the encoder of one
Transformer of each kind, one sentence, forwards.

    taskset -c 0 python -m benchmarks.windows

Time is the processor's, on all cores, so that what others do on the machine hardly counts; the fastest of
several calls is told, and the kinds alternate. Peak memory is that of the largest moment of a process, which
each measurement has for itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.machine import circumstances, facts, module_command, refuse_when_busy
from benchmarks.memory import peak_mib
from benchmarks.report import Panel, Report, add_options, tell

_LENGTHS = (250, 500, 1000, 2000, 4000, 8000)
_WINDOW = 64


class Cost(NamedTuple):
    """Of one call."""

    seconds: float
    """Of the processor."""
    megabytes: float
    """More than before the call."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    options = _options()
    if options.one:
        length, window = options.one
        print(json.dumps(_measure(length, window or None, options.repetitions)))
        return
    machine = facts(refuse_when_busy(options.busy))
    costs = [
        (length, *(_in_a_process(length, window, options.repetitions) for window in (0, _WINDOW)))
        for length in options.lengths
    ]
    tell(as_report(costs, machine), options.results)


def as_report(costs: Sequence[tuple[int, Cost, Cost]], machine: dict[str, object]) -> Report:
    """A row for each length, with the costs of everything and of a window."""
    names = ("everything", f"window of {_WINDOW}")
    by_name = {name: [row[place] for row in costs] for place, name in enumerate(names, start=1)}
    return Report(
        name="windows",
        head=("pieces", "everything, s", "window, s", "everything, MiB", "window, MiB"),
        rows=[
            [
                f"{length:,}",
                *(f"{side.seconds:.3f}" for side in both),
                *(f"{side.megabytes:,.0f}" for side in both),
            ]
            for length, *both in costs
        ],
        notes=f"One sentence, forwards; {circumstances(machine)}",
        figures=machine
        | {
            "rows": [
                {"pieces": length, "everything": every._asdict(), "window": window._asdict()}
                for length, every, window in costs
            ]
        },
        panels=[
            Panel("processor seconds", {name: [run.seconds for run in its] for name, its in by_name.items()}),
            Panel("MiB", {name: [run.megabytes for run in its] for name, its in by_name.items()}),
        ],
        numbers=[length for length, *_ in costs],
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="+", default=_LENGTHS)
    parser.add_argument("--repetitions", type=int, default=5)
    add_options(parser)
    parser.add_argument("--one", type=int, nargs=2, metavar=("LENGTH", "WINDOW"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_a_process(length: int, window: int, repetitions: int) -> Cost:
    command = module_command("benchmarks.windows", "--one", str(length), str(window))
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
    before = peak_mib()
    source = tf.constant(np.random.default_rng(1).integers(4, 1000, (1, length)), tf.int32)
    seconds = []
    for _ in range(repetitions):
        started = time.process_time()
        encode(source).numpy()
        seconds.append(time.process_time() - started)
    return Cost(min(seconds), peak_mib() - before)


if __name__ == "__main__":
    main()
