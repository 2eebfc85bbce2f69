"""Token batches: nothing lost, nothing twice, nothing over the budget, and the same again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.data import TokenBatches, as_pairs, draw, read_examples
from trainer.errors import DataError
from trainer.objectives.translation import TranslationObjective
from trainer.tokenizer import Tokenizer
from trainer.vocabulary import BOS, EOS, PAD, Vocabulary

Row = tuple[tuple[int, ...], tuple[int, ...]]


def _dataset(pairs: Pairs) -> tf.data.Dataset:
    sources = tf.constant([source for source, _ in pairs], tf.string)
    return tf.data.Dataset.from_tensor_slices((sources, tf.constant([t for _, t in pairs], tf.string)))


def _batches(
    pairs: Pairs, vocabulary: Vocabulary, tokens: int = 200, length: int = 64, seed: int = 1
) -> TokenBatches:
    return TokenBatches(_dataset(pairs), vocabulary, tokens, length, seed)


def _rows(source: np.ndarray, target: np.ndarray) -> list[Row]:
    """The ids of each pair of a batch, padding taken off."""
    return [
        (tuple(s[s != PAD].tolist()), tuple(t[t != PAD].tolist()))
        for s, t in zip(source, target, strict=True)
    ]


def _epoch(batches: TokenBatches, epoch: int, skip: int = 0) -> list[list[Row]]:
    return [_rows(*batch) for batch in batches.epoch(epoch, skip=skip).as_numpy_iterator()]


def _expected(pairs: Pairs, vocabulary: Vocabulary) -> list[Row]:
    sources, targets = zip(*pairs, strict=True)
    return [
        (tuple(s), (BOS, *t))
        for s, t in zip(vocabulary.encode_source(sources), vocabulary.encode_target(targets), strict=True)
    ]


@pytest.fixture(scope="module")
def uneven(vocabulary: Vocabulary) -> Pairs:
    """Sides of every length from one piece to 40, each beside a short, an equal and a long one."""

    def text(pieces: int) -> str:
        """Unknown letters are two bytes each; the mark of the beginning is a piece of its own."""
        return "ж" * ((pieces - 1) // 2) if pieces % 2 else "ж" * ((pieces - 2) // 2) + "Q"

    pairs = [(text(a), text(b)) for a in range(2, 41) for b in (2, a, 40)]
    lengths = [len(row) - 1 for row in vocabulary.encode_source([source for source, _ in pairs])]
    assert set(range(3, 41)) <= set(lengths)
    return pairs


@pytest.mark.parametrize("max_length", [4, 5, 6, 17, 31, 32, 33, 40])
@pytest.mark.parametrize("tokens", [64, 97, 400])
def test_every_pair_is_there_once_and_no_batch_is_over_the_budget(
    max_length: int, tokens: int, uneven: Pairs, vocabulary: Vocabulary
) -> None:
    batches = _batches(uneven, vocabulary, tokens, max_length)
    rows: Counter[Row] = Counter()
    for source, target in batches.epoch(0).as_numpy_iterator():
        assert len(source) == 1 or source.size + target.size <= tokens
        rows.update(_rows(source, target))
    assert rows == Counter(
        (source, target)
        for source, target in _expected(uneven, vocabulary)
        if 1 < len(source) <= max_length + 1 and 2 < len(target) <= max_length + 2
    )


def test_batches_are_nearly_full(uneven: Pairs, vocabulary: Vocabulary) -> None:
    """Sides of equal length waste what a bucket is wide, and no more."""
    equal = [pair for pair in uneven if len(pair[0]) == len(pair[1])] * 40
    sizes = [
        source.size + target.size
        for source, target in _batches(equal, vocabulary, 1000).epoch(0).as_numpy_iterator()
    ]
    assert np.median(sizes) > 800


def test_sources_end_and_targets_begin_and_end_and_padding_follows(
    pairs: Pairs, vocabulary: Vocabulary
) -> None:
    rows: list[Row] = []
    for source, target in _batches(pairs, vocabulary, 1000).epoch(0).as_numpy_iterator():
        assert source.dtype == target.dtype == np.int32
        rows.extend(_rows(source, target))
        for row in (*source, *target):
            end = row.tolist().index(EOS)
            assert (row[end + 1 :] == PAD).all()
            assert (row[:end] != PAD).all()
    assert sorted(rows) == sorted(_expected(pairs, vocabulary))


def test_the_order_depends_on_seed_and_epoch(pairs: Pairs, vocabulary: Vocabulary) -> None:
    batches, again = _batches(pairs, vocabulary), _batches(pairs, vocabulary)
    first = _epoch(batches, 0)
    assert _epoch(again, 0) == _epoch(batches, 0) == first
    assert _epoch(batches, 1) != first
    assert _epoch(_batches(pairs, vocabulary, seed=2), 0) != first
    # Another seed's second epoch is not this seed's first one.
    assert _epoch(_batches(pairs, vocabulary, seed=0), 1) != first


def test_marks_are_where_they_belong_each_time(pairs: Pairs, vocabulary: Vocabulary) -> None:
    """TF-Text's tokenizers of one model share their options: add_bos of the targets came over the sources."""
    expected = Counter(_expected(pairs, vocabulary))
    batches = _batches(pairs, vocabulary, 4000)
    for _ in range(10):
        assert Counter(row for batch in _epoch(batches, 0) for row in batch) == expected


def test_tokenization_is_traced_once_for_all_epochs(
    pairs: Pairs, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[Tokenizer] = []

    class Counted(Tokenizer):
        def tokenize(self, sentences: tf.Tensor) -> tf.RaggedTensor:
            traced.append(self)
            return super().tokenize(sentences)

    monkeypatch.setattr("trainer.data.Tokenizer", Counted)
    batches = _batches(pairs[:20], vocabulary)
    assert batches.count() == (20, 0)
    for epoch in range(3):
        assert sum(map(len, _epoch(batches, epoch))) == 20
    assert len(traced) == 2  # One for each side.


@pytest.mark.parametrize("epoch", [0, 3])
def test_going_on_in_the_middle_gives_the_same_batches(
    epoch: int, pairs: Pairs, vocabulary: Vocabulary
) -> None:
    batches = _batches(pairs, vocabulary)
    whole = _epoch(batches, epoch)
    assert len(whole) > 10
    for skip in (0, 1, 7, len(whole) - 1, len(whole)):
        assert _epoch(batches, epoch, skip) == whole[skip:]


def test_empty_and_long_pairs_are_left_out_and_counted(vocabulary: Vocabulary) -> None:
    pairs = [
        ("one", "eins"),
        ("one " * 50, "eins"),
        ("one", "eins " * 50),
        ("", "eins"),
        ("two", " "),
        ("", ""),
    ]
    assert _batches(pairs, vocabulary, length=20).count() == (1, 5)


@pytest.mark.parametrize("unusable", [[], [("one " * 50, "eins"), ("", "")]])
def test_no_usable_pair_is_refused_with_the_limit(unusable: Pairs, vocabulary: Vocabulary) -> None:
    with pytest.raises(
        DataError, match=rf"no usable sentence pair: {len(unusable)} given, none with 1 to 4 pieces"
    ):
        _batches(unusable, vocabulary, length=4).count()


def _write(path: Path, pairs: Pairs, corpus: str = "c") -> Path:
    """Examples of a corpus, as the pipeline writes them."""
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for source, target in pairs:
            feature = {
                key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
                for key, value in (("source", source), ("target", target), ("corpus", corpus))
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return path


def test_a_corpus_comes_as_often_as_its_weight_says(tmp_path: Path) -> None:
    sides = {name: [(f"{name} {number}", "x") for number in range(1000)] for name in ("big", "own", "plain")}
    files = [_write(tmp_path / f"{name}.gz", rows, name) for name, rows in sides.items()]
    read = list(as_pairs(read_examples(files, {"big": 0.25, "own": 2.5})))
    counts = Counter(source.split()[0] for source, _ in read)
    assert counts["plain"] == 1000
    assert counts["big"] == pytest.approx(250, abs=60)
    assert counts["own"] == pytest.approx(2500, abs=60)
    assert read == list(as_pairs(read_examples(files, {"big": 0.25, "own": 2.5})))
    assert set(Counter(read).values()) == {1, 2, 3}


def test_examples_are_read_in_the_order_of_the_sorted_files(tmp_path: Path) -> None:
    rows = [(f"source {number}", "ü\0x" if number else "") for number in range(1100)]
    files = [_write(tmp_path / "b.gz", rows[600:]), _write(tmp_path / "a.gz", rows[:600])]
    assert list(as_pairs(read_examples(files))) == rows
    assert list(as_pairs(read_examples(files), limit=3)) == rows[:3]


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    dataset = tf.data.Dataset.from_tensors((tf.constant(b"a\xff"), tf.constant(b"\xed\xa0\x80")))
    assert list(as_pairs(dataset)) == [("a\ufffd", "\ufffd\ufffd\ufffd")]


def test_a_draw_is_even_in_order_and_the_same_for_a_seed() -> None:
    pairs = [(str(number), "") for number in range(10)]
    assert draw(pairs, 10, 1) == draw(pairs, 20, 1) == pairs
    counts = Counter(pair for seed in range(2000) for pair in draw(pairs, 3, seed))
    assert sum(counts.values()) == 6000
    assert all(500 < counts[pair] < 700 for pair in pairs)  # 600 each, with a deviation of 20.5
    assert all(draw(pairs, 5, seed) == sorted(draw(pairs, 5, seed)) for seed in range(50))


def test_a_limit_that_leaves_most_pairs_out_is_refused(vocabulary: Vocabulary) -> None:
    pairs = [("one", "eins"), ("one " * 50, "eins"), ("one", "eins " * 50)]
    objective = object.__new__(TranslationObjective)
    objective._batches, objective._training = (
        _batches(pairs, vocabulary, length=20),
        TrainingConfig(max_length=20),
    )
    with pytest.raises(DataError, match=r"2 of 3 training pairs .*max_length 20 pieces, .* raise training"):
        objective.describe()
    objective._batches = _batches(pairs[:2], vocabulary, length=20)
    assert "1 left out" in objective.describe()
