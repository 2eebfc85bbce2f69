"""The corpus as a whole: a function of the source, distinct, disjoint, reproducible, partly unseen."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import DataError
from grammar import SEEN, UNSEEN, EmbeddedPairs, generate
from grammar.files import write_corpus
from grammar.generator import Drawn, draw
from grammar.heldout import held_out

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def corpus() -> EmbeddedPairs:
    return generate(4000, 7)


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    """Enough for 50,000 distinct ones, repetitions included."""
    return list(itertools.islice(draw(random.Random(3)), 60_000))


def test_fifty_thousand_distinct_pairs(drawn: list[Drawn]) -> None:
    assert len({pair.source for pair in drawn}) >= 50_000


def test_the_translation_is_a_function_of_the_source(drawn: list[Drawn]) -> None:
    targets: dict[str, str] = {}
    for pair in drawn:
        assert targets.setdefault(pair.source, pair.target) == pair.target, pair.source


def test_combinations_are_a_function_of_the_source(drawn: list[Drawn]) -> None:
    forms: dict[str, frozenset[tuple[str, str]]] = {}
    for pair in drawn:
        assert forms.setdefault(pair.source, pair.combinations) == pair.combinations, pair.source


def test_writing_is_clean(drawn: list[Drawn]) -> None:
    for text in itertools.chain.from_iterable((pair.source, pair.target) for pair in drawn):
        assert re.fullmatch(r"[A-ZÄÖÜ0-9][A-Za-zÄÖÜäöüß0-9', -]*[.?]", text), text
        assert "  " not in text, text
        assert not re.search(r" ,|,,|,[.?]|,\S", text), text
        assert 3 <= len(text.split()) <= 25


def test_both_sides_ask_or_tell_and_hold_the_same_digits(drawn: list[Drawn]) -> None:
    for pair in drawn:
        assert pair.source[-1] == pair.target[-1]
        assert sorted(re.findall(r"[0-9]+", pair.source)) == sorted(re.findall(r"[0-9]+", pair.target)), pair


def test_english_articles(drawn: list[Drawn]) -> None:
    for pair in drawn:
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", pair.source), pair.source


def test_german_articles_agree_with_their_nouns(drawn: list[Drawn]) -> None:
    """After `dem` comes no feminine, after `einen` no neuter or feminine, whatever stands between."""
    feminine = (
        "Frau|Mutter|Schwester|Tochter|Tante|Großmutter|Katze|Kuh|Maus|Zeitung|Tasche|Lampe|Tür|Küche|Stadt"
    )
    neuter = (
        "Kind|Mädchen|Pferd|Kaninchen|Ei|Brot|Buch|Gedicht|Bild|Fenster|Auto|Fahrrad|Hemd|Kleid|Haus|Dorf"
    )
    countable = (
        neuter.replace("|Mädchen", "").replace("|Kaninchen", "").replace("|Fenster", "")
    )  # plurals alike
    wrong = re.compile(
        rf"\b(dem|im|am|ins|einem|keinem|diesem)( [a-zäöüß]+(en|em))? ({feminine})\b"
        rf"|\b(einen|keinen|diesen)( [a-zäöüß]+en)? ({feminine}|{countable})\b"
        rf"|\b(einer|keiner|dieser|zur)( [a-zäöüß]+en)? ({neuter})\b"
    )
    for pair in drawn:
        assert not wrong.search(pair.target), pair.target


def test_counts_and_slices(corpus: EmbeddedPairs) -> None:
    assert (len(corpus.train), len(corpus.dev), len(corpus.test)) == (3700, 100, 200)
    assert (len(corpus.test_slice(SEEN)), len(corpus.test_slice(UNSEEN))) == (100, 100)
    assert {pair.slice for pair in (*corpus.train, *corpus.dev)} == {SEEN}


def test_splits_are_disjoint_by_source(corpus: EmbeddedPairs) -> None:
    sources = [pair.source for pair in (*corpus.train, *corpus.dev, *corpus.test)]
    assert len(set(sources)) == len(sources) == 4000


def test_unseen_combinations_are_unseen_and_their_parts_are_seen(corpus: EmbeddedPairs) -> None:
    combinations = {
        pair.source: pair.combinations for pair in itertools.islice(draw(random.Random(7)), 40_000)
    }
    trained = set().union(*(combinations[pair.source] for pair in (*corpus.train, *corpus.dev)))
    parts = {part for combination in trained for part in combination}
    assert not trained & held_out()
    for pair in corpus.test_slice(UNSEEN):
        new = combinations[pair.source] & held_out()
        assert new, pair.source
        assert not new & trained
        assert {part for combination in new for part in combination} <= parts
    for pair in corpus.test_slice(SEEN):
        assert not combinations[pair.source] & held_out()


def test_every_word_of_the_unseen_slice_occurs_in_training(corpus: EmbeddedPairs) -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"[\w'-]+", text.lower()))

    known = set().union(*(words(f"{pair.source} {pair.target}") for pair in corpus.train))
    for pair in corpus.test_slice(UNSEEN):
        assert words(f"{pair.source} {pair.target}") <= known


def test_the_seed_decides_and_nothing_else() -> None:
    program = (
        "import hashlib; from grammar import generate; c = generate(300, 5);"
        "print(hashlib.sha256(repr(c).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": ".", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1", "4242")
    }
    assert digests == {hashlib.sha256(repr(generate(300, 5)).encode()).hexdigest()}
    assert generate(300, 5) != generate(300, 6)


def test_the_smallest_corpus() -> None:
    corpus = generate(100, 1)
    assert (len(corpus.train), len(corpus.dev)) == (94, 2)
    assert (len(corpus.test_slice(SEEN)), len(corpus.test_slice(UNSEEN))) == (2, 2)
    with pytest.raises(DataError, match="at least 100"):
        generate(99, 1)


def test_files(corpus: EmbeddedPairs, tmp_path: Path) -> None:
    counts = write_corpus(corpus, tmp_path / "out")
    assert counts == {"train": 3700, "dev": 100, "test-seen": 100, "test-unseen": 100}
    for part, count in counts.items():
        for language in ("en", "de"):
            assert (tmp_path / "out" / f"{part}.{language}").read_text(encoding="utf-8").count("\n") == count
    first = (tmp_path / "out" / "train.de").read_text(encoding="utf-8").splitlines()[0]
    assert first == corpus.train[0].target
    with pytest.raises(DataError, match="--force"):
        write_corpus(corpus, tmp_path / "out")
    assert write_corpus(corpus, tmp_path / "out", force=True) == counts
