"""Vocabularies of whole words, characters and bytes, pieces of one's own, and a vocabulary for each side."""

from __future__ import annotations

import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from pydantic import ValidationError

from tests.hostile import hostile_strings
from tests.trainer.conftest import Pairs
from texts.normalisation import normalise
from trainer.config import VocabularyConfig
from trainer.errors import DataError
from trainer.tokenizer import Tokenizer
from trainer.vocabulary import EOS, UNK, Vocabulary, learn_vocabulary

TEXTS = ["the dog sees the dog's house", "the (old) house, the dog!", "don't"]
ALGORITHMS = ("bpe", "unigram", "word", "char", "byte")


def learn(texts: list[str] = TEXTS, **given: Any) -> Vocabulary:
    return learn_vocabulary(VocabularyConfig(**{"size": 400, **given}), texts, texts)


def cut(vocabulary: Vocabulary, text: str) -> list[str]:
    """The pieces of a text, `▁` as `_`."""
    (ids,) = vocabulary.encode_source([text])
    pieces = Tokenizer(vocabulary.source_model).pieces(tf.constant(ids[:-1], tf.int32)).numpy()
    return [piece.decode().replace("\u2581", "_") for piece in pieces]


def test_a_known_word_is_one_piece_and_an_unknown_one_is_made_of_characters_and_bytes() -> None:
    words = learn(algorithm="word")
    assert cut(words, "the house's dog, (don't)") == [
        *("_the", "_house", "'", "s", "_dog", ",", "_(", "d", "o", "n", "'", "t", ")"),
    ]
    assert cut(words, "don't see ü") == ["_don't", "_", "s", "e", "e", "_", "<0xC3>", "<0xBC>"]
    # A rare word is not taken apart into frequent ones.
    many = learn(["ab ab ab ab x", "-cd -cd -cd x", "abcd x"], algorithm="word")
    assert cut(many, "abcd -cd") == ["_abcd", "_-", "cd"]


def test_of_the_words_the_most_frequent_have_pieces() -> None:
    texts = ["b b b a a c"]
    few = learn(texts, algorithm="word", size=4 + 256 + 4 + 2)
    assert few.source_size == 266
    assert cut(few, "a b c") == ["_a", "_b", "_", "c"]
    all_ = learn(texts, algorithm="word")
    assert all_.source_size == 267
    assert cut(all_, "a b c") == ["_a", "_b", "_c"]


def test_characters_and_bytes() -> None:
    characters = learn(["aab bä"], algorithm="char")
    assert characters.source_size == 4 + 256 + 4
    assert cut(characters, "bä ü") == ["_", "b", "ä", "_", "<0xC3>", "<0xBC>"]
    few = learn(["abcdefghijklmnop abcdefghijk"], algorithm="char", size=16, byte_fallback=False)
    # The space always, then the eleven most frequent ones: "l" is unknown.
    assert few.source_size == 16
    assert few.encode_source(["ak"])[0].count(UNK) == 0
    assert few.encode_source(["al"])[0].count(UNK) == 1
    octets = learn(["whatever"], algorithm="byte")
    assert octets.source_size == 4 + 256 + 1
    assert cut(octets, "bä c") == ["_", "<0x62>", "<0xC3>", "<0xA4>", "_", "<0x63>"]


def test_the_coverage_leaves_rare_characters_to_bytes() -> None:
    texts = ["a" * 995 + "b" * 4 + "c"]
    assert learn(texts, algorithm="char", character_coverage=0.99).source_size == 4 + 256 + 2
    assert learn(texts, algorithm="char").source_size == 4 + 256 + 4


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_text_comes_back_and_the_graph_cuts_as_python_does(algorithm: str, pairs: Pairs) -> None:
    own = ("<name>", "zwölf", "one")
    size = 300 if algorithm in ("bpe", "unigram") else 8000
    texts = [side for pair in pairs for side in pair]
    vocabulary = learn(texts, algorithm=algorithm, size=size, pieces=own)
    hostile = [text for text in hostile_strings(700, seed=9) if len(text) < 20_000]
    hostile += [f"{text}<name>{text}" for text in hostile[:100]]
    rows = vocabulary.encode_target(hostile)
    assert not any(UNK in row for row in rows)
    assert vocabulary.decode_target(rows) == [normalise(text) for text in hostile]
    tokenizer = Tokenizer(vocabulary.target_model)
    ids = tokenizer.tokenize(tf.constant([text.encode() for text in hostile]))
    assert [[*row, EOS] for row in ids.to_list()] == rows
    back = [text.decode() for text in tokenizer.detokenize(ids).numpy()]
    assert back == [normalise(text) for text in hostile]
    pieces = cut(vocabulary, "x<name>y 1zwölf2 someone")
    assert [piece for piece in pieces if piece in own] == ["<name>", "zwölf", "one"]
    assert vocabulary.renewed() == vocabulary


def test_each_side_may_have_a_vocabulary_of_its_own_kind(pairs: Pairs) -> None:
    config = VocabularyConfig(
        shared=False, size=330, source={"algorithm": "char"}, target={"algorithm": "word", "pieces": ["drei"]}
    )
    assert VocabularyConfig.model_validate_json(config.model_dump_json()) == config
    sources, targets = zip(*pairs, strict=True)
    both = learn_vocabulary(config, sources, targets)
    assert cut(both, "two") == ["_", "t", "w", "o"]
    (ids,) = both.encode_target(["zwei vierdrei"])
    pieces = Tokenizer(both.target_model).pieces(tf.constant(ids[:-1], tf.int32)).numpy()
    assert [piece.decode() for piece in pieces] == ["▁zwei", "▁vier", "drei"]


def test_words_of_languages_without_spaces_are_a_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the interface of jieba; the graph finds the words again without it."""
    sentences = ["我们学习翻译", "我们翻译，你学习"]

    def lcut(text: str) -> list[str]:
        return [text] if len(text) < 2 else [text[:2], *lcut(text[2:])] if text[2:] else [text]

    library = types.ModuleType("jieba")
    vars(library).update(lcut=lcut, setLogLevel=lambda _: None, __spec__=ModuleSpec("jieba", None))
    monkeypatch.setitem(sys.modules, "jieba", library)
    words = learn(sentences[:1], algorithm="word", segmenter="jieba")
    monkeypatch.delitem(sys.modules, "jieba")
    assert cut(words, "我们学习翻译") == ["_我们", "学习", "翻译"]
    # Here it stands where no space is before it: of characters, as the text had no such word.
    assert cut(words, "学习我们") == ["_", "学习", "我", "们"]
    assert words.decode_target(words.encode_target(sentences)) == sentences


def test_a_library_that_is_not_here_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for segmenter, extra in (("jieba", "zh"), ("mecab", "ja")):
        with pytest.raises(DataError, match=rf"segmenter {segmenter} needs .* pip install '\.\[{extra}\]'"):
            learn(algorithm="word", segmenter=segmenter)


def test_no_sentence_is_refused_for_all() -> None:
    for algorithm in ALGORITHMS:
        with pytest.raises(DataError, match="no source and target sentence is left"):
            learn(["", " "], algorithm=algorithm)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"algorithm": "wordpiece"}, "Input should be 'bpe', 'unigram', 'word', 'char' or 'byte'"),
        ({"algorithm": "byte", "byte_fallback": False}, "made of byte_fallback's pieces: leave"),
        ({"algorithm": "char", "size": 260}, "size 260 leaves no room beside the 260 pieces"),
        ({"source": {"size": 300}}, "one vocabulary cannot be of two kinds: give shared: false"),
        ({"shared": False, "target": {"algorithm": "word", "size": 99}}, "size 99 leaves no room"),
        ({"shared": False, "target": {"training_sentences": 9}}, r"target\.training_sentences\n  Extra"),
        ({"segmenter": "jieba"}, "segmenter jieba finds words, and bpe wants none"),
        ({"pieces": ["<s>"]}, "'<s>' means something else already"),
        ({"pieces": ["<0x0A>"]}, "'<0x0A>' means something else already"),
        ({"pieces": ["New York"]}, "'New York' is not as text .* 'NewYork' could be one"),
        ({"pieces": ["ﬁ"]}, "'ﬁ' is not as text .* 'fi' could be one"),
        ({"pieces": [""]}, "'' is not as text"),
        ({"pieces": ["a", "a"]}, "one is there twice"),
    ],
)
def test_what_makes_no_vocabulary_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValidationError, match=refusal):
        VocabularyConfig(**given)


def test_new_keys_say_nothing_where_they_are_not_used() -> None:
    assert not {"segmenter", "pieces", "source", "target"} & VocabularyConfig().model_dump().keys()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_protected_pieces_are_whole_on_both_sides_and_come_back(
    algorithm: str, pairs: Pairs, tmp_path: Path
) -> None:
    texts = [side for pair in pairs for side in pair]
    learned = learn(texts, algorithm=algorithm, size=290, protected=3)
    pieces = cut(learned, "one (⟦0⟧), ⟦2⟧ ⟦3⟧")
    assert {"⟦0⟧", "⟦2⟧"} < {*pieces}
    assert "⟦3⟧" not in pieces
    text = "⟦1⟧ one two⟦0⟧, ⟦2⟧."
    assert learned.decode_target(learned.encode_target([text])) == [text]
    learned.save(tmp_path)
    assert Vocabulary.load(tmp_path).protected == 3
    assert Vocabulary.load(tmp_path).renewed().protected == 3


def test_protected_pieces_are_nobodys_own_and_unsaid_where_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="means something else already"):
        VocabularyConfig(protected=1, pieces=("⟦0⟧",))
    assert "protected" not in VocabularyConfig().model_dump()
    learn(algorithm="byte").save(tmp_path)
    assert "protected" not in (tmp_path / "vocabulary.json").read_text()
    assert "context" not in (tmp_path / "vocabulary.json").read_text()
    assert VocabularyConfig(algorithm="byte", protected=4).most_pieces == 265


def test_the_piece_before_a_sentence_of_its_context_is_whole(tmp_path: Path) -> None:
    learned = learn(algorithm="char", context=True)
    assert "⟦|⟧" in cut(learned, "the ⟦|⟧ dog")
    learned.save(tmp_path)
    assert Vocabulary.load(tmp_path).context
    with pytest.raises(ValidationError, match="means something else already"):
        VocabularyConfig(pieces=("⟦|⟧",))
