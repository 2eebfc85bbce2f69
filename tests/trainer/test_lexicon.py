"""What is learned of the pieces that translate each other, and kept with the translator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contracts.vocabulary import protected_pieces
from trainer.arrays import write_arrays
from trainer.config import VocabularyConfig
from trainer.errors import TrainerError
from trainer.lexicon import Lexicon, learn_lexicon, load_lexicon
from trainer.vocabulary import PAD, Vocabulary, learn_vocabulary


@pytest.fixture(scope="module")
def words(pairs: list[tuple[str, str]]) -> Vocabulary:
    """Each side's words are pieces; both know `OK` and a placeholder."""
    config = VocabularyConfig.model_validate(
        {"algorithm": "word", "size": 300, "shared": False, "pieces": ["OK"], "protected": 1}
    )
    sources, targets = zip(*pairs, strict=True)
    return learn_vocabulary(config, sources, targets)


@pytest.fixture(scope="module")
def lexicon(pairs: list[tuple[str, str]], words: Vocabulary) -> Lexicon:
    """Of all pairs."""
    return learn_lexicon(pairs, words, 64)


def test_words_are_likeliest_written_as_their_translations(lexicon: Lexicon, words: Vocabulary) -> None:
    sources, targets = words.source_pieces(), words.target_pieces()
    for source, target in (("one", "eins"), ("seven", "sieben"), ("ten", "zehn")):
        assert targets[lexicon.candidates[sources.index(f"▁{source}"), 0]] == f"▁{target}"
    unseen = lexicon.candidates[sources.index("OK")]
    assert set(unseen) == {PAD}
    # Each candidate once, and nothing between them.
    row = lexicon.candidates[sources.index("▁one")]
    known = row[row != PAD]
    assert len(set(known)) == len(known)
    assert row[: len(known)].tolist() == known.tolist()


def test_what_may_always_come(lexicon: Lexicon, words: Vocabulary) -> None:
    targets = words.target_pieces()
    fixed = {targets[piece] for piece in lexicon.fixed}
    assert {"<pad>", "<unk>", "<s>", "</s>", "<0x00>", "<0xFF>", "OK", *protected_pieces(1)} <= fixed
    assert not any(piece.startswith("▁") for piece in fixed)
    assert sorted(lexicon.frequent.tolist()) == list(range(words.target_size))
    assert {targets[piece] for piece in lexicon.frequent[:10]} == {
        f"▁{word}"
        for word in ["eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"]
    }


def test_a_piece_of_both_languages_may_be_copied(lexicon: Lexicon, words: Vocabulary) -> None:
    sources, targets = words.source_pieces(), words.target_pieces()
    same = {sources[piece]: targets[other] for piece, other in enumerate(lexicon.same) if other != PAD}
    assert all(source == target for source, target in same.items())
    assert "OK" in same
    assert "▁one" not in same


def test_it_is_kept_with_the_translator(lexicon: Lexicon, tmp_path: Path) -> None:
    assert load_lexicon(tmp_path) is None
    lexicon.save(tmp_path)
    loaded = load_lexicon(tmp_path)
    assert loaded is not None
    for own, kept in zip(lexicon, loaded, strict=True):
        assert own.dtype == np.int32
        np.testing.assert_array_equal(own, kept)
    write_arrays(tmp_path / "lexicon.npz", list(lexicon), {"format": 2})
    with pytest.raises(TrainerError, match=r"lexicon\.npz has format 2, and this version reads 1"):
        load_lexicon(tmp_path)
