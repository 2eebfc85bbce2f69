"""SentencePiece vocabularies: ids, errors with their cure, and the same pieces in Python and in the graph."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from tests.hostile import hostile_strings
from tests.trainer.before import unpack_before
from tests.trainer.conftest import Pairs
from texts.normalisation import normalise
from trainer.config import VocabularyConfig
from trainer.errors import DataError
from trainer.vocabulary import BOS, EOS, PAD, UNK, Vocabulary, learn_vocabulary


def _sides(pairs: Pairs) -> tuple[list[str], list[str]]:
    return [source for source, _ in pairs], [target for _, target in pairs]


@pytest.fixture(scope="module")
def hostile() -> list[str]:
    return hostile_strings(1500, seed=5)


def test_the_special_pieces_have_the_ids_of_the_contract(vocabulary: Vocabulary) -> None:
    assert (PAD, UNK, BOS, EOS) == (0, 1, 2, 3)
    tokenizer = tf_text.SentencepieceTokenizer(vocabulary.source_model)
    pieces = [piece.decode() for piece in tokenizer.id_to_string(tf.range(4)).numpy()]
    assert pieces == ["<pad>", "<unk>", "<s>", "</s>"]
    assert vocabulary.source_size == vocabulary.target_size == 320


def test_a_shared_vocabulary_is_one_and_separate_ones_know_one_side_each(
    vocabulary: Vocabulary, pairs: Pairs
) -> None:
    assert vocabulary.source_model == vocabulary.target_model
    separate = learn_vocabulary(VocabularyConfig(size=300, shared=False), *_sides(pairs))
    assert separate.source_model != separate.target_model
    # Eight byte pieces and more where the pieces of the other language are not known.
    german = ["fünf zwölf"]
    assert len(separate.encode_source(german)[0]) > len(separate.encode_target(german)[0])


def test_text_comes_back_as_it_went(vocabulary: Vocabulary, pairs: Pairs) -> None:
    _, targets = _sides(pairs)
    texts = [
        *targets,
        "你好，世界。",
        "Ｆｕｌｌ",
        "½ ①",
        "👩‍👩‍👧‍👦",
        "שלום",
        "<s> </s> <pad> <unk> <0x0A>",
    ]
    rows = vocabulary.encode_target(texts)
    assert all(row[-1] == EOS and row.count(EOS) == 1 for row in rows)
    assert vocabulary.decode_target(rows) == texts


@pytest.mark.parametrize("text", ["Café für Köln", "ế ṩ ǭ", "한국어 값", "Å", "क़", "が", "①½，Ｆ", "ậ"])
def test_composed_and_decomposed_text_has_the_same_pieces(vocabulary: Vocabulary, text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    first = unicodedata.normalize("NFC", decomposed[:2]) + decomposed[2:]
    rows = vocabulary.encode_source([composed, decomposed, first])
    assert rows[0] == rows[1] == rows[2]
    assert vocabulary.decode_target(vocabulary.encode_target([text])) == [composed]


def test_padding_and_marks_leave_no_text(vocabulary: Vocabulary) -> None:
    (ids,) = vocabulary.encode_target(["eins zwei"])
    assert vocabulary.decode_target([[BOS, *ids, EOS, PAD, PAD], []]) == ["eins zwei", ""]


def test_hostile_text_has_no_unknown_piece_and_comes_back_normalised(
    vocabulary: Vocabulary, hostile: list[str]
) -> None:
    rows = vocabulary.encode_target(hostile)
    assert not any(UNK in row for row in rows)
    assert vocabulary.decode_target(rows) == [normalise(text) for text in hostile]


def test_an_old_vocabulary_keeps_its_pieces_and_its_rules_until_renewed(tmp_path: Path) -> None:
    old = Vocabulary.load(unpack_before(tmp_path) / "vocabulary")
    answers = json.loads((tmp_path / "answers.json").read_text())
    tab = answers["source"].index("the\tsmall dog")
    assert old.encode_source(answers["source"][: tab + 1]) == answers["ids"][: tab + 1]
    new = old.renewed()
    assert new.encode_source(["the\tsmall dog", "the &amp; dog"]) == old.encode_source(
        ["the small dog", "the & dog"]
    )
    assert old.encode_source(["the\tsmall dog"]) != new.encode_source(["the\tsmall dog"])
    assert new.source_size == old.source_size
    assert new.renewed() == new


def test_a_lone_surrogate_is_a_question_mark(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode_source(["one \ud800two"]) == vocabulary.encode_source(["one ?two"])


def test_a_vocabulary_is_learned_from_hostile_text(hostile: list[str]) -> None:
    texts = [text for text in hostile if len(text) < 1000][:500]
    config = VocabularyConfig(size=4000, character_coverage=0.98)
    assert learn_vocabulary(config, texts, texts).source_size == 4000


def test_saved_and_loaded(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path / "v")
    assert Vocabulary.load(tmp_path / "v") == vocabulary
    assert sorted(file.name for file in (tmp_path / "v").iterdir()) == [
        "source.model",
        "target.model",
        "vocabulary.json",
    ]


@pytest.mark.parametrize("file", ["source.model", "vocabulary.json"])
@pytest.mark.parametrize("content", [b"broken", b"[]", None])
def test_a_folder_that_is_no_vocabulary_is_named(
    file: str, content: bytes | None, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    vocabulary.save(tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError, match=r"is not a vocabulary .* learn it again"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_a_size_that_the_text_does_not_allow_is_refused_with_the_largest_one(
    algorithm: str, pairs: Pairs
) -> None:
    config = VocabularyConfig(size=5000, algorithm=algorithm)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="asks for 5000: set it to") as raised:
        learn_vocabulary(config, *_sides(pairs))
    largest = int(re.findall(r"at most (\d+) pieces", str(raised.value))[0])
    allowed = config.model_copy(update={"size": largest})
    assert learn_vocabulary(allowed, *_sides(pairs)).source_size == largest
    with pytest.raises(DataError):
        learn_vocabulary(config.model_copy(update={"size": largest + 1}), *_sides(pairs))


def test_a_size_below_the_characters_is_refused_with_the_smallest_one(pairs: Pairs) -> None:
    with pytest.raises(DataError, match=r"need at least \d+ pieces .* asks for 100: raise it") as raised:
        learn_vocabulary(VocabularyConfig(size=100), *_sides(pairs))
    smallest = int(re.findall(r"at least (\d+) pieces", str(raised.value))[0])
    characters = {
        character for sides in _sides(pairs) for text in sides for character in text.replace(" ", "▁")
    }
    said = f"({len(characters | {'▁'})} characters, 256 bytes of byte_fallback, 4 special ones), and"
    assert said in str(raised.value)
    assert learn_vocabulary(VocabularyConfig(size=smallest), *_sides(pairs)).source_size == smallest


@pytest.mark.parametrize("sentences", [[], ["", " ", "\0", "\t"], ["x" * 20_000]])
def test_no_sentence_is_refused(sentences: list[str]) -> None:
    with pytest.raises(DataError, match="no source and target sentence is left to learn"):
        learn_vocabulary(VocabularyConfig(size=300), sentences, sentences)


def test_a_sample_of_the_sentences_suffices_and_is_the_same_each_time(pairs: Pairs) -> None:
    config = VocabularyConfig(size=300, training_sentences=150)
    first = learn_vocabulary(config, *_sides(pairs))
    assert first == learn_vocabulary(config, *_sides(pairs))
    assert first != learn_vocabulary(VocabularyConfig(size=300), *_sides(pairs))


def test_without_byte_fallback_a_strange_character_is_unknown(pairs: Pairs) -> None:
    config = VocabularyConfig(size=80, byte_fallback=False)
    vocabulary = learn_vocabulary(config, *_sides(pairs))
    assert UNK in vocabulary.encode_source(["one 你"])[0]
