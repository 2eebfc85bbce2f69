"""Training speed: source plus target tokens a second of the trainer's own loop, on Multi30k, for some steps.

python -m benchmarks.training --steps 60
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import processor, refuse_when_busy

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"


def main() -> None:
    """Train for some steps from fresh weights and print the median speed after the first report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus", type=Path, default=_CORPUS, help="folder with train.en.gz and train.de.gz"
    )
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--vocabulary", type=int, default=6000)
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    options = parser.parse_args()
    busy = refuse_when_busy(options.busy)
    if not (options.corpus / "train.en.gz").exists():
        sys.exit(f"{options.corpus} holds no train.en.gz: give --corpus")

    import tensorflow as tf

    from trainer.config import TrainingConfig, VocabularyConfig
    from trainer.models.transformer import TransformerConfig
    from trainer.training.train import train
    from trainer.vocabulary import learn_vocabulary

    sources, targets = _lines(options.corpus / "train.en.gz"), _lines(options.corpus / "train.de.gz")
    vocabulary = learn_vocabulary(VocabularyConfig(size=options.vocabulary), sources, targets)
    pairs = tf.data.Dataset.from_tensor_slices((sources, targets))
    training = TrainingConfig(
        batch_tokens=options.batch_tokens,
        max_steps=options.steps,
        evaluate_every=options.steps,
        evaluate_sentences=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        model = TransformerConfig(preset="small")
        _, result = train(model, training, vocabulary, pairs, pairs.take(1), Path(folder))
    speeds = [record["tokens_per_second"] for record in result.history if "tokens_per_second" in record]
    print(
        f"training, preset small, {options.batch_tokens} tokens a batch, {training.precision}: "
        f"{statistics.median(speeds[1:] or speeds):,.0f} source+target tokens/s over {options.steps} steps "
        f"({processor()}; others used {busy:.0%} of the cores at the start)"
    )


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


if __name__ == "__main__":
    main()
