"""One checkout's side of `benchmarks.quick`: what it searches, cleans and trains, over and over, when asked.

The file is this checkout's, and what it imports is that of the checkout in whose folder it runs: so it keeps
to names that both have, and says of a work that the other cannot do why.

JSON lines: out, once all is ready, what each work failed with, or null; in, the name of a work; out,
`{"seconds": ..., "amount": ..., "answers": [...]}`.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Turn(NamedTuple):
    """What one turn of a work came to."""

    seconds: float
    amount: int
    """Sentences, pairs or pieces."""
    answers: list[str]
    """Translations, to be the same on both sides."""


class Task(NamedTuple):
    """What is to be done."""

    job: dict[str, Any]
    """What all works of this side share: `benchmarks.sides`."""
    work: dict[str, Any]
    """This one's settings: `benchmarks.quick.WORKS`."""
    folder: Path
    """Takes what is written."""


Work = Callable[[], Turn]


def search(task: Task) -> Work:
    """Translates all sentences in batches, with an export as TensorFlow Serving loads it."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the SentencePiece operations

    job, work = task.job, task.work
    export = Path(job["export"]) if job["export"] else _export(task)
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=1, inter_op_parallelism_threads=job["cores"]
    )
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    with session.graph.as_default():
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(export))
    signature = model.signature_def["serving_default"]
    run = session.make_callable(signature.outputs["translation"].name, [signature.inputs["source"].name])
    sentences = [sentence.encode() for sentence in job["sentences"][: work["sentences"]]]
    batches = [sentences[at : at + work["batch"]] for at in range(0, len(sentences), work["batch"])]

    def turn() -> Turn:
        started = time.perf_counter()
        answers = [text.decode() for batch in batches for text in run(batch)]
        return Turn(time.perf_counter() - started, len(sentences), answers)

    return turn


def _export(task: Task) -> Path:
    """The translator as this checkout exports it; once for each kind of search."""
    from trainer.config import SearchConfig
    from trainer.export import export_translator
    from trainer.store import load_translator

    settings = task.work["search"]
    export = task.folder / "-".join(["export", *(f"{key}-{value}" for key, value in settings.items())])
    if not export.exists():
        translator, vocabulary = load_translator(Path(task.job["translator"]))
        export_translator(translator, vocabulary, SearchConfig.model_validate(settings), export)
    return export


def clean(task: Task) -> Work:
    """Ingests and cleans the pairs, without TFX and Beam around it."""
    from benchmarks.ingestion import run_passes

    numbers = itertools.count()

    def turn() -> Turn:
        place = task.folder / f"cleaned-{next(numbers)}"
        seconds = run_passes(task.job["corpus"], {}, str(place), False)["seconds"]
        return Turn(sum(seconds.values()), task.job["pairs"], [])

    return turn


def train(task: Task) -> Work:
    """Some steps of the optimizer, from the translator's weights on, always on the same batches."""
    import keras
    import tensorflow as tf

    from trainer.config import TrainingConfig
    from trainer.objectives.base import TrainingData
    from trainer.store import load_translator
    from trainer.training.learning_rate import build_optimizer
    from trainer.training.machines import gather
    from trainer.training.step import TrainingStep

    job, work = task.job, task.work
    keras.utils.set_random_seed(1)
    config = TrainingConfig(batch_tokens=work["batch_tokens"])
    translator, vocabulary = load_translator(Path(job["translator"]))
    pairs = tf.data.Dataset.from_tensor_slices((job["sentences"], job["references"]))
    objective = config.objective.build(config, translator, TrainingData(pairs, pairs, vocabulary, "13a"))
    weights = translator.trainable_variables
    optimizer, _ = build_optimizer(config, weights)
    step = TrainingStep(objective, weights, optimizer, config, gather(config).strategy)
    batches = list(itertools.islice(objective.epoch(0), work["steps"]))
    amount = sum(objective.count_tokens(batch) for batch in batches)

    def turn() -> Turn:
        started = time.perf_counter()
        for batch in batches:
            step.run([batch])
        return Turn(time.perf_counter() - started, int(amount), [])

    return turn


KINDS = {"search": search, "clean": clean, "train": train}


def main() -> None:
    """Answer until standard input ends. JOB is a file of JSON, FOLDER takes what is written."""
    job, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr

    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # What is told last should be what went wrong.
    # One pool for the whole process, which the first session would make: as `dragoman serve` sets it.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(job["cores"])

    works: dict[str, Work] = {}
    problems: dict[str, str | None] = {}
    for name, work in job["works"].items():
        try:
            works[name] = KINDS[work["kind"]](Task(job, work, folder))
            works[name]()  # Warm.
            problems[name] = None
        except Exception as error:  # Whatever another release's code may raise.
            problems[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(problems), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(works[json.loads(line)]()._asdict()), file=answers, flush=True)


if __name__ == "__main__":
    main()
