"""From configuration to files."""

import pytest

from pipeline.errors import ConfigurationError
from pipeline.examples.tasks import read_tasks
from tests.pipeline.steps.runs import config

PAIR = {"source": "s", "target": "t"}


def test_tasks_in_order() -> None:
    run = config(
        {"name": "a", "format": "pairs", "train": PAIR, "dev": PAIR},
        {"name": "b", "format": "tsv", "file": "b.tsv", "split": {"dev": 0.1, "test": 0.1}},
        {"name": "e", "format": "embedded"},
    )
    tasks = read_tasks(run.corpora)
    assert [(task.index, task.corpus.name, task.split, task.files) for task in tasks] == [
        (0, "a", "train", (("source", "s"), ("target", "t"))),
        (1, "a", "dev", (("source", "s"), ("target", "t"))),
        (2, "b", None, (("both", "b.tsv"),)),
        (3, "e", None, ()),
    ]
    assert tasks[0].file_keys() == [("a/train/source", "s"), ("a/train/target", "t")]
    resolved = tasks[0].resolved({"a/train/source": "/x/s", "a/train/target": "/x/t", "b/all/both": "b"})
    assert resolved.files == (("source", "/x/s"), ("target", "/x/t"))


def test_one_name_twice() -> None:
    run = config({"name": "a", "format": "embedded"}, {"name": "a", "format": "embedded"})
    with pytest.raises(ConfigurationError, match="two corpora are named `a`"):
        read_tasks(run.corpora)


@pytest.mark.parametrize(
    ("corpus", "split"),
    [
        ({"format": "pairs", "dev": PAIR, "test": PAIR}, "train"),
        ({"format": "pairs", "train": PAIR, "test": PAIR}, "dev"),
        ({"format": "tmx", "file": "f", "split": {"dev": 0.1, "test": 0}}, "test"),
    ],
)
def test_split_that_no_corpus_fills(corpus: dict, split: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no corpus fills the `{split}` split"):
        read_tasks(config({"name": "a", **corpus}).corpora)


@pytest.mark.parametrize(
    "corpus",
    [
        {"format": "tsv", "source_field": 1},
        {"format": "csv", "source_field": "en", "target_field": "en"},
        {"format": "tsv", "target_field": -1},
        {"format": "jsonl"},
        {"format": "jsonl", "source_field": "en"},
    ],
)
def test_fields_that_do_not_fit_the_format(corpus: dict) -> None:
    with pytest.raises(ValueError, match="source_field"):
        config({"name": "a", "file": "f", "split": {}, **corpus})
