"""One row of the table of architectures: train it, export it, ask it. `benchmarks.architecture_table` makes
the table and the picture of the rows.

python -m benchmarks.architectures transformer            # 30 minutes of training, then val
python -m benchmarks.architectures --list
python -m benchmarks.architectures transformer --test     # once, at the end: test_2016_flickr, too

A row that was broken off goes on where it was. All rows have one vocabulary, one kind of token batch and the
same time; a row is a name in benchmarks/architectures.yaml, with what it sets otherwise.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import cores, processor, refuse_when_busy

_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"
_ROWS = Path(__file__).with_name("architectures.yaml")
LENGTHS = (10, 15, 20, 60, 100)
"""Words of a source at most, up to 20 as the corpus has them, then sentences joined to so many."""
_BATCH = 32


def main() -> None:
    """Train and measure one row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rows: dict[str, dict[str, Any]] = yaml.safe_load(_ROWS.read_text(encoding="utf-8"))
    parser.add_argument("row", nargs="?", choices=sorted(rows.keys() - {"common"}), metavar="ROW")
    parser.add_argument("--list", action="store_true", help="the rows that there are")
    parser.add_argument("--minutes", type=float, default=30.0, help="of training")
    parser.add_argument("--steps", type=int, help="at most, for a trial; the row is marked")
    parser.add_argument("--corpus", type=Path, default=_CORPUS, help="folder of train, val and test files")
    parser.add_argument("--folder", type=Path, default=Path("runs/architectures"), help="trainings and rows")
    parser.add_argument("--test", action="store_true", help="measure test_2016_flickr, too")
    parser.add_argument("--busy", action="store_true", help="measure on a machine that does other work, too")
    options = parser.parse_args()
    if options.list or options.row is None:
        print("\n".join(name for name in rows if name != "common"))
        return
    if not (options.corpus / "train.en.gz").exists():
        sys.exit(f"{options.corpus} holds no train.en.gz: give --corpus")
    busy = refuse_when_busy(options.busy)
    settings = merge(rows["common"], rows[options.row])
    settings["training"]["max_minutes"] = options.minutes
    if options.steps:
        settings["training"]["max_steps"] = options.steps
    folder = options.folder / options.row
    facts = _train(settings, options.corpus, folder)
    facts |= _ask(folder / "export", options.corpus, "val")
    if options.test:
        facts["test_2016_flickr"] = _ask(folder / "export", options.corpus, "test_2016_flickr")
    facts |= {"row": options.row, "minutes": options.minutes, "processor": processor(), "busy": busy}
    (folder / "row.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(facts, indent=1))


def merge(common: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """What holds for all, with what a row sets, section by section."""
    return {section: {**common.get(section, {}), **row.get(section, {})} for section in common.keys() | row}


def _train(settings: dict[str, Any], corpus: Path, folder: Path) -> dict[str, Any]:
    """Train in the folder, export into it, and say what it cost."""
    import numpy as np
    import tensorflow as tf

    from trainer.config import SearchConfig, TrainingConfig, VocabularyConfig
    from trainer.export import export_translator
    from trainer.models.base import ArchitectureConfig
    from trainer.training.train import train
    from trainer.vocabulary import learn_vocabulary

    sources, targets = (_lines(corpus / f"train.{language}.gz") for language in ("en", "de"))
    vocabulary = learn_vocabulary(VocabularyConfig(**settings["vocabulary"]), sources, targets)
    pairs, dev = (
        tf.data.Dataset.from_tensor_slices(
            tuple(_lines(corpus / f"{split}.{one}.gz") for one in ("en", "de"))
        )
        for split in ("train", "val")
    )
    model = ArchitectureConfig.model_validate(settings["model"])
    training = TrainingConfig.model_validate(settings["training"])
    translator, result = train(model, training, vocabulary, pairs, dev, folder / "training")
    export_translator(
        translator, vocabulary, SearchConfig.model_validate(settings["search"]), folder / "export"
    )
    return {
        "model": str(model),
        "parameters": int(sum(np.prod(variable.shape) for variable in translator.trainable_variables)),
        "bytes": sum(path.stat().st_size for path in (folder / "export").rglob("*") if path.is_file()),
        "steps": result.steps,
        "finished": result.finished,
        "training_tokens_per_second": result.tokens_per_second,
    }


def _ask(export: Path, corpus: Path, split: str) -> dict[str, Any]:
    """What the export makes of a split: BLEU, chrF, BLEU by source length, sentences a second."""
    from benchmarks.engines import Engine
    from pipeline.steps.evaluate.scoring import CorpusMetric

    sources, references = (_lines(corpus / f"{split}.{language}.gz") for language in ("en", "de"))
    engine = Engine.of_export(export, 1, cores(), 1)
    engine.translate([sources[:_BATCH]])  # warm

    def translate(texts: Sequence[str]) -> tuple[float, list[str]]:
        ordered = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        batches = [ordered[first : first + _BATCH] for first in range(0, len(ordered), _BATCH)]
        seconds, answers = engine.translate([[texts[number] for number in batch] for batch in batches])
        by_number = dict(zip(ordered, answers, strict=True))
        return seconds, [by_number[number] for number in range(len(texts))]

    def score(metric: CorpusMetric, hypotheses: Sequence[str], wanted: Sequence[str]) -> float:
        return metric.score(metric.matrix(hypotheses, wanted).sum(axis=0).tolist())

    seconds, translations = translate(sources)
    bleu, lower = CorpusMetric("bleu"), 0
    by_length: dict[str, float] = {}
    for words in LENGTHS:
        if words <= max(LENGTHS[:3]):
            rows = [i for i, source in enumerate(sources) if lower < len(source.split()) <= words]
            lower = words
            by_length[str(words)] = score(
                bleu, [translations[i] for i in rows], [references[i] for i in rows]
            )
        else:
            joined = join_to(sources, references, words)
            by_length[str(words)] = score(
                bleu, translate([source for source, _ in joined])[1], [target for _, target in joined]
            )
    engine.close()
    return {
        "bleu": score(bleu, translations, references),
        "chrf": score(CorpusMetric("chrf"), translations, references),
        "by_length": by_length,
        "sentences_per_second": len(sources) / seconds,
        "signature": bleu.signature,
    }


def join_to(sources: Sequence[str], references: Sequence[str], words: int) -> list[tuple[str, str]]:
    """Pairs of neighbours joined until their source has at least so many words; what is left over is not
    used.
    """
    joined: list[tuple[str, str]] = []
    pair: tuple[list[str], list[str]] = ([], [])
    for source, reference in zip(sources, references, strict=True):
        pair[0].append(source)
        pair[1].append(reference)
        if sum(len(text.split()) for text in pair[0]) >= words:
            joined.append((" ".join(pair[0]), " ".join(pair[1])))
            pair = ([], [])
    return joined


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


if __name__ == "__main__":
    main()
