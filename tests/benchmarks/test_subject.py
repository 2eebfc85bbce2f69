"""A side of the quick benchmark does its works with a translator, and says what each turn came to."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from benchmarks import subject
from benchmarks.subject import Task, Turn
from grammar import generate
from trainer.config import VocabularyConfig
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.store import save_translator
from trainer.vocabulary import learn_vocabulary


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """Of random weights and 100 pairs."""
    folder = tmp_path_factory.mktemp("subject")
    pairs = generate(100, seed=1).train
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    vocabulary = learn_vocabulary(VocabularyConfig(size=400), sources, references)
    config = TransformerConfig(encoder_layers=1, decoder_layers=1, width=8, feed_forward=8, heads=1)
    translator = build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=True)
    save_translator(translator, vocabulary, folder / "translator")
    corpus = {}
    for number, split in enumerate(("train", "dev", "test")):
        corpus[split] = {side: str(folder / f"{split}.{side}") for side in ("source", "target")}
        for side, texts in (("source", sources), ("target", references)):
            chosen = texts[number * 20 : (number + 1) * 20]
            Path(corpus[split][side]).write_text("\n".join(chosen) + "\n", encoding="utf-8")
    job = {
        "translator": str(folder / "translator"),
        "export": None,
        "cores": 1,
        "corpus": corpus,
        "pairs": 60,
    }
    return Task(job | {"sentences": sources, "references": references}, {}, folder)


def test_it_translates_with_an_export_of_its_own_or_a_given_one(task: Task) -> None:
    settings = {"search": {"beams": 1, "max_target_length": 4}, "batch": 3, "sentences": 5}
    turn = subject.search(task._replace(work=settings))()
    assert turn.amount == len(turn.answers) == 5
    assert turn.seconds > 0
    export = task.folder / "export-beams-1-max_target_length-4"
    given = subject.search(task._replace(job={**task.job, "export": str(export)}, work=settings))()
    assert given.answers == turn.answers


def test_it_cleans_again_and_again(task: Task) -> None:
    work = subject.clean(task)
    assert work().amount == work().amount == 60
    assert len(list(task.folder.glob("cleaned-*"))) == 2


def test_it_trains_on_the_same_batches(task: Task) -> None:
    work = subject.train(task._replace(work={"batch_tokens": 200, "steps": 2}))
    first, second = work(), work()
    assert 0 < first.amount == second.amount <= 400


def test_it_says_what_it_cannot_do_and_answers_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tensorflow as tf

    for setter in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
        monkeypatch.setattr(tf.config.threading, setter, lambda _: None)  # This process has begun long ago.
    kinds = {
        "search": lambda task: lambda: Turn(0.5, task.work["sentences"], ["x"]),
        "train": lambda _: 1 / 0,
    }
    monkeypatch.setattr(subject, "KINDS", kinds)
    works = {"one": {"kind": "search", "sentences": 3}, "training": {"kind": "train"}}
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"cores": 1, "works": works}))
    monkeypatch.setattr(sys, "argv", ["subject", str(job), str(tmp_path)])
    monkeypatch.setattr(sys, "stdin", io.StringIO('"one"\n'))
    monkeypatch.setattr(sys, "stdout", out := io.StringIO())
    subject.main()
    problems, turn = map(json.loads, out.getvalue().splitlines())
    assert problems == {"one": None, "training": "ZeroDivisionError: division by zero"}
    assert turn == {"seconds": 0.5, "amount": 3, "answers": ["x"]}
