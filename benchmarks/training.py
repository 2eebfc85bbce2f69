"""Training speed: source plus target tokens a second of the trainer's own loop, on Multi30k, for some steps.

    python -m benchmarks.training --steps 60
    python -m benchmarks.training --precision float32 bfloat16

Beside it stands what share that is of the cores' GFLOP/s in that precision, or of the memory's bandwidth,
measured in the same run (`benchmarks.roofline` has the count). Precisions train one after the other, each
once: run it again before a ratio of two is believed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpora import read_lines
from benchmarks.machine import circumstances, facts, refuse_when_busy
from benchmarks.pieces import count
from benchmarks.rates import Rates, measure_rates
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.roofline import Share, share, trained_piece

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"
_COUNTED = 1000
"""Pairs whose pieces are counted for the share of the sources."""


class Outcome(NamedTuple):
    """Of one precision."""

    precision: str
    rate: float
    """Source plus target pieces a second, without padding: the median of the reports after the first."""
    share: Share


def main() -> None:
    """Train for some steps from fresh weights in each precision, and tell the speed."""
    options = _options()
    machine = facts(refuse_when_busy(options.busy))
    if not (options.corpus / "train.en.gz").exists():
        sys.exit(f"{options.corpus} holds no train.en.gz: give --corpus")
    rates = measure_rates()
    texts = [list(read_lines(options.corpus / f"train.{language}.gz")) for language in ("en", "de")]
    outcomes = [measure(*texts, precision, options, rates) for precision in options.precision]
    notes = (
        f"Source plus target pieces a second, preset {options.preset}, {options.batch_tokens} tokens a batch"
        f", vocabulary {options.vocabulary}, {options.steps} steps, each precision once; "
        f"{circumstances(machine)}; {rates.text}"
    )
    tell(as_report(outcomes, machine | {"rates": rates._asdict()}, notes), options.results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, default=_CORPUS, help="folder with train.en.gz and train.de.gz"
    )
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--vocabulary", type=int, default=6000)
    parser.add_argument("--preset", default="small", help="of `model`")
    parser.add_argument(
        "--precision", nargs="+", choices=("float32", "bfloat16"), default=["float32"], help="one row each"
    )
    add_options(parser)
    return parser.parse_args()


def measure(
    sources: Sequence[str], targets: Sequence[str], precision: str, options: argparse.Namespace, rates: Rates
) -> Outcome:
    """One training in that precision."""
    import tensorflow as tf

    from trainer.config import TrainingConfig, VocabularyConfig
    from trainer.data import TokenBatches
    from trainer.models.transformer import TransformerConfig
    from trainer.training.train import train
    from trainer.vocabulary import learn_vocabulary

    vocabulary = learn_vocabulary(VocabularyConfig(size=options.vocabulary), sources, targets)
    pairs = tf.data.Dataset.from_tensor_slices((sources, targets))
    training = TrainingConfig(
        batch_tokens=options.batch_tokens,
        max_steps=options.steps,
        evaluate_every=options.steps,
        evaluate_sentences=1,
        precision=precision,
    )
    model = TransformerConfig.model_validate({"preset": options.preset})
    with tempfile.TemporaryDirectory() as folder:
        _, result = train(model, training, vocabulary, pairs, pairs.take(1), Path(folder))
    speeds = [record["tokens_per_second"] for record in result.history if "tokens_per_second" in record]
    rate = statistics.median(speeds[1:] or speeds)
    read = count(vocabulary.source_model, sources[:_COUNTED], ends=1)
    written = count(vocabulary.target_model, targets[:_COUNTED], ends=1)
    batches = TokenBatches(pairs, vocabulary, training.batch_tokens, training.max_length, training.seed)
    pieces = statistics.mean(batches.count_tokens(batch) for batch in batches.epoch(0).take(options.steps))
    work = trained_piece(model, vocabulary.target_size, read / (read + written), pieces)
    return Outcome(precision, rate, share(rate, work, rates, precision))


def as_report(outcomes: Sequence[Outcome], machine: dict[str, object], notes: str) -> Report:
    """A row for each precision."""
    return Report(
        name="training",
        head=("precision", "tokens/s", "share of the machine", "tokens/s that it allows"),
        rows=[
            [outcome.precision, f"{outcome.rate:,.0f}", outcome.share.text, f"{outcome.share.roof:,.0f}"]
            for outcome in outcomes
        ],
        notes=notes,
        figures={
            **machine,
            "circumstances": notes,
            "rows": [{**outcome._asdict(), "share": outcome.share._asdict()} for outcome in outcomes],
        },
        panels=[
            Panel("tokens/s", {"tokens/s": [outcome.rate for outcome in outcomes]}),
            Panel(
                "% of the machine's GFLOP/s",
                {"share": [100 * outcome.share.arithmetic for outcome in outcomes]},
            ),
        ],
    )


if __name__ == "__main__":
    main()
