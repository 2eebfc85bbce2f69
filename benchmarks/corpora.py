"""The real corpora on which tables are measured: in train, val and test, and how BLEU cuts their targets."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from contracts.examples import DEV, TEST, TRAIN
from pipeline.examples.splits import split_of
from texts.formats.base import HashSplit

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
_SHARES = HashSplit(dev=0.03, test=0.03)
"""As examples/tatoeba-en-zh.yaml has them."""


class Split(NamedTuple):
    """Sentences of both languages, pair by pair."""

    sources: Sequence[str]
    targets: Sequence[str]


class Corpus(NamedTuple):
    """All of one."""

    train: Split
    val: Split
    test: Split
    tokenize: str
    """sacreBLEU's tokenizer of the target language."""


def read_corpus(name: str, folder: Path = CORPORA) -> Corpus:
    """The corpus of that name in the folder.

    Raises:
        FileNotFoundError: it is not there.
    """
    if name == "multi30k-en-de":
        splits = (_lines(folder / name, split) for split in ("train", "val", "test_2016_flickr"))
        return Corpus(*splits, tokenize="13a")
    pairs: dict[str, list[tuple[str, str]]] = {TRAIN: [], DEV: [], TEST: []}
    for source, target in _columns(folder / "tatoeba-en-zh" / "cmn.tsv.gz"):
        pairs[split_of(source.encode(), _SHARES)].append((source, target))
    return Corpus(*(Split(*zip(*pairs[name], strict=True)) for name in (TRAIN, DEV, TEST)), tokenize="zh")


NAMES = ("multi30k-en-de", "tatoeba-en-zh")


def _lines(folder: Path, split: str) -> Split:
    return Split(*(list(read_lines(folder / f"{split}.{language}.gz")) for language in ("en", "de")))


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    for line in read_lines(path):
        source, target, _ = line.split("\t")
        yield source, target


def read_lines(path: Path) -> Iterator[str]:
    """Of a packed text."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")
