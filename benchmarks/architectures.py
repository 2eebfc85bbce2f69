"""One row of a table: train it, export it, ask it. `benchmarks.architecture_table` makes the table and the
picture of the rows.

python -m benchmarks.architectures --list
taskset -c 0 python -m benchmarks.architectures transformer   # 10 minutes of training on one core, then val
python -m benchmarks.architectures transformer --test         # at the end: the test split, too

A row is a name in benchmarks/architectures.yaml or benchmarks/vocabularies.yaml, with what it sets otherwise
than all rows of its table, which have one corpus and the same time. What is measured is kept as
docs/results/TABLE/ROW.json, with cores, commit and date. A row that was broken off goes on where it was, as
long as its training is in the folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.corpora import CORPORA, Corpus, Split, read_corpus
from benchmarks.machine import cores, facts, refuse_when_busy
from benchmarks.memory import peak_mib
from contracts.errors import DragomanError

_ROOT = Path(__file__).resolve().parents[1]
TABLES = ("architectures", "vocabularies")
RESULTS = _ROOT / "docs" / "results"
LENGTHS = (10, 15, 20, 60, 100)
"""Words of a source at most, up to 20 as the corpus has them, then sentences joined to so many."""
_BATCH = 32


def main() -> None:
    """Train and measure one row."""
    tables = {table: read_rows(table) for table in TABLES}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "row", nargs="?", choices=[row for rows in tables.values() for row in rows], metavar="ROW"
    )
    parser.add_argument("--list", action="store_true", help="the rows that there are")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training")
    parser.add_argument("--steps", type=int, help="at most, for a trial: what it gives is not kept")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora's folders")
    parser.add_argument("--folder", type=Path, default=Path("runs/architectures"), help="of trainings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the tables' folders")
    parser.add_argument("--test", action="store_true", help="measure the test split, too")
    parser.add_argument("--busy", action="store_true", help="measure on cores that do other work, too")
    options = parser.parse_args()
    if options.list or options.row is None:
        print("\n".join(f"{table}: {row}" for table, rows in tables.items() for row in rows))
        return
    [table] = [table for table, rows in tables.items() if options.row in rows]
    settings = tables[table][options.row]
    settings["training"]["max_minutes"] = options.minutes
    if options.steps:
        settings["training"]["max_steps"] = options.steps
    try:
        corpus = read_corpus(settings["corpus"]["name"], options.corpora)
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: give --corpora")
    measured = {"row": options.row, "minutes": options.minutes}
    measured |= facts(refuse_when_busy(options.busy))
    try:
        measured |= _measure(settings, corpus, options.folder / options.row, options.test)
    except DragomanError as error:
        sys.exit(str(error))
    said = json.dumps(measured, indent=1)
    print(said)
    if not options.steps:
        kept = options.results / table / f"{options.row}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(said + "\n", encoding="utf-8")


def read_rows(table: str) -> dict[str, dict[str, Any]]:
    """The settings of each row of a table."""
    text = Path(__file__).with_name(f"{table}.yaml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    common = rows.pop("common")
    return {row: merge(common, own) for row, own in rows.items()}


def merge(common: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """What holds for all, with what a row sets, section by section."""
    return {section: {**common.get(section, {}), **row.get(section, {})} for section in common.keys() | row}


def _measure(settings: dict[str, Any], corpus: Corpus, folder: Path, test: bool) -> dict[str, Any]:
    """What training costs, and what the export is worth."""
    measured = _train(settings, corpus, folder)
    measured |= _ask(folder / "export", corpus.val, corpus.tokenize)
    if test:
        measured["test"] = _ask(folder / "export", corpus.test, corpus.tokenize)
    return measured


def _train(settings: dict[str, Any], corpus: Corpus, folder: Path) -> dict[str, Any]:
    """Train in the folder, export into it, and say what it cost."""
    import numpy as np
    import tensorflow as tf

    from trainer.config import SearchConfig, TrainingConfig, VocabularyConfig
    from trainer.export import export_translator
    from trainer.models.base import ArchitectureConfig
    from trainer.training.train import train
    from trainer.vocabulary import learn_vocabulary

    vocabulary = learn_vocabulary(
        VocabularyConfig.model_validate(settings["vocabulary"]), corpus.train.sources, corpus.train.targets
    )
    pairs, dev = (tf.data.Dataset.from_tensor_slices(tuple(split)) for split in (corpus.train, corpus.val))
    model = ArchitectureConfig.model_validate(settings["model"])
    training = TrainingConfig.model_validate(settings["training"])
    translator, result = train(
        model, training, vocabulary, pairs, dev, folder / "training", bleu_tokenize=corpus.tokenize
    )
    export_translator(
        translator, vocabulary, SearchConfig.model_validate(settings["search"]), folder / "export"
    )
    return {
        "model": str(model),
        "parameters": int(sum(np.prod(variable.shape) for variable in translator.trainable_variables)),
        "bytes": sum(path.stat().st_size for path in (folder / "export").rglob("*") if path.is_file()),
        "pieces": [vocabulary.source_size, vocabulary.target_size],
        "steps": result.steps,
        "best_step": result.best_step,
        "finished": result.finished,
        "training_tokens_per_second": result.tokens_per_second,
        "training_mebibytes": peak_mib(),
    }


def _ask(export: Path, split: Split, tokenize: str) -> dict[str, Any]:
    """What the export makes of a split: BLEU, chrF, BLEU by source length, sentences a second."""
    from benchmarks.engines import Engine
    from pipeline.steps.evaluate.scoring import CorpusMetric

    sources, references = split
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
    bleu, lower = CorpusMetric("bleu", tokenize), 0
    by_length: dict[str, float | None] = {}
    for words in LENGTHS:
        if words <= max(LENGTHS[:3]):
            rows = [i for i, source in enumerate(sources) if lower < len(source.split()) <= words]
            compared = [(translations[i], references[i]) for i in rows]
            lower = words
        else:
            joined = join_to(sources, references, words)
            answers = translate([source for source, _ in joined])[1]
            compared = [(answer, target) for answer, (_, target) in zip(answers, joined, strict=True)]
        by_length[str(words)] = score(bleu, *zip(*compared, strict=True)) if compared else None
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


if __name__ == "__main__":
    main()
