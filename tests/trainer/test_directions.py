"""Several directions in one model: tags, sampling, and the input that says which language is wanted."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from contracts.examples import CORPUS, SOURCE, SOURCE_LANGUAGE, TARGET, TARGET_LANGUAGE
from contracts.signatures import (
    ALIGN,
    ALWAYS,
    CONSTRAINED,
    EVALUATE,
    EXPLAIN,
    OPTIONAL,
    REFUSAL,
    SAMPLE,
    TENSORS,
    TRANSLATE,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
    UNASKED,
)
from contracts.vocabulary import target_tag
from serving.client.requests import Alignment
from tests.trainer.conftest import Pairs
from trainer.config import ExportConfig, SearchConfig, VocabularyConfig
from trainer.data import as_pairs, read_examples
from trainer.directions import count_directions, sampling_weights, tag_sources
from trainer.errors import DataError
from trainer.export import check_export, export_translator, translate
from trainer.export.check import session_translate
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import UNK, Vocabulary, learn_vocabulary

SEARCH = SearchConfig(beams=3, max_target_length=12)
REFUSED = "no translation into fr: this model translates into de, en"


@pytest.fixture(scope="module")
def both(pairs: Pairs) -> Vocabulary:
    """A shared vocabulary of a model into German, its default, and into English."""
    sources, targets = zip(*pairs, strict=True)
    return learn_vocabulary(VocabularyConfig(size=330), sources, targets, ("de", "en"))


@pytest.fixture(scope="module")
def translator(both: Vocabulary, tiny: TransformerConfig) -> Translator:
    """Random weights far from zero."""
    keras.utils.set_random_seed(1)
    model = build_translator(tiny, both.source_size, both.target_size, shared=True)
    noise = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(variable + noise.normal(size=variable.shape, scale=0.3))
    return model


@pytest.fixture(scope="module")
def exported(translator: Translator, both: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("directions") / "export"
    export_translator(translator, both, SEARCH, folder)
    return folder


def test_a_target_is_a_piece_of_its_own_and_stays_with_the_vocabulary(
    both: Vocabulary, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    tagged, other, plain = both.encode_source(["<2de> one", "<2en> one", "one"])
    assert len(tagged) == len(other) == len(plain) + 2  # the tag, and the space that begins every sentence
    differing = [piece for piece, other_piece in zip(tagged, other, strict=True) if piece != other_piece]
    assert differing == [tagged[1]]
    assert tagged[-len(plain) :] == plain
    assert UNK not in tagged
    both.save(tmp_path / "both")
    vocabulary.save(tmp_path / "one")
    assert Vocabulary.load(tmp_path / "both") == both == both.renewed()
    assert "targets" not in (tmp_path / "one" / "vocabulary.json").read_text()
    assert Vocabulary.load(tmp_path / "one").targets == ()


def test_the_tags_are_in_the_source_vocabulary_alone_where_there_are_two(pairs: Pairs) -> None:
    sources, targets = zip(*pairs, strict=True)
    learned = learn_vocabulary(VocabularyConfig(size=300, shared=False), sources, targets, ("de", "en"))
    assert target_tag("en").encode() in learned.source_model
    assert target_tag("en").encode() not in learned.target_model


def test_a_source_cannot_ask_for_a_language_by_itself() -> None:
    tagged = tag_sources(tf.constant(["<2en> yes", "a<2pt-BR>b", "1 <2> 3"]), tf.constant(["de", "de", "en"]))
    assert tagged.numpy().tolist() == [b"<2de>   yes", b"<2de> a b", b"<2en> 1 <2> 3"]


def write(path: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Examples of `(source, target, source_language, target_language)`."""
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
        for row in rows:
            named = zip((SOURCE, TARGET, SOURCE_LANGUAGE, TARGET_LANGUAGE, CORPUS), (*row, "c"), strict=True)
            features = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
                for name, value in named
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return path


def test_examples_are_tagged_and_a_direction_with_few_pairs_comes_more_often(tmp_path: Path) -> None:
    many = [(f"s{i}", f"t{i}", "en", "de") for i in range(90)]
    file = write(tmp_path / "x.gz", [*many, *((f"u{i}", f"v{i}", "de", "en") for i in range(10))])
    assert next(as_pairs(read_examples([file]))) == ("s0", "t0")
    assert list(as_pairs(read_examples([file], directions={})))[89:91] == [
        ("<2de> s89", "t89"),
        ("<2en> u0", "v0"),
    ]
    counts = count_directions([file], {})
    assert counts == {"en-de": 90, "de-en": 10}
    assert count_directions([file], {"c": 0.5}) == {"en-de": 45, "de-en": 5}
    weights = sampling_weights(counts, 2)
    assert weights == pytest.approx({"en-de": 1.0, "de-en": 3.0})  # 30 to 90: the roots of 0.1 and 0.9
    read = [source for source, _ in as_pairs(read_examples([file], directions=weights))]
    assert sum(source.startswith("<2de>") for source in read) == 90
    assert sum(source.startswith("<2en>") for source in read) == 30


def test_a_temperature_of_one_takes_pairs_as_they_are() -> None:
    assert sampling_weights({"a-b": 7, "b-a": 1}, 1.0) == {"a-b": 1.0, "b-a": 1.0}


def test_a_fresh_process_answers_in_each_language_as_the_trainer_does(
    exported: Path, translator: Translator, both: Vocabulary
) -> None:
    sources = ["one two", "zwei", "", "   ", "three <2en> four", "\u200b", "ten nine eight"] * 2
    languages = ["de"] * 7 + ["en"] * 7

    def expected() -> list[str]:
        texts = [translation.text for translation in translate(translator, both, sources, SEARCH, languages)]
        assert texts[:7] != texts[7:]
        assert texts[2] == texts[3] == texts[5] == ""
        default = [translation.text for translation in translate(translator, both, sources[:7], SEARCH)]
        assert default == texts[:7]
        return texts

    check_export(exported, sources, expected, languages)
    rows = [source.encode() for source in sources[:7]]
    unsaid, german, unknown = session_translate(
        exported, [rows, rows, rows], [[""] * 7, ["de"] * 7, ["fr"] * 7]
    )
    assert unsaid == german
    assert unknown == [""] * 7


def test_a_row_in_a_language_that_there_is_not_is_refused_alone(exported: Path) -> None:
    model = tf.saved_model.load(str(exported))
    source, wanted = tf.constant(["one two"] * 3), tf.constant(["en", "fr", ""])
    for name in ("serving_default", "n_best", "explain"):
        answer = model.signatures[name](source=source, target_language=wanted)
        assert answer[REFUSAL].numpy().tolist() == [b"", REFUSED.encode(), b""]
    alone = model.signatures[TRANSLATE.name](source=source[:1], target_language=wanted[:1])
    together = model.signatures[TRANSLATE.name](source=source, target_language=wanted)
    assert together[TRANSLATION].numpy().tolist()[:2] == [*alone[TRANSLATION].numpy().tolist(), b""]
    explained = model.signatures[EXPLAIN.name](source=source, target_language=wanted)
    pieces, attention = explained["source_pieces"].numpy(), explained["attention"].numpy()
    assert b"".join(pieces[0]).decode() == "▁one▁two</s>"  # what was sent, without the tag
    assert not any(pieces[1])
    assert attention.shape[2] == pieces.shape[1]


def test_examples_say_their_language_themselves(
    exported: Path, translator: Translator, both: Vocabulary, tmp_path: Path
) -> None:
    rows = [("one", "", "en", "de"), ("one", "", "de", "en"), ("one", "", "", "")]
    written = write(tmp_path / "x.gz", rows)
    records = list(tf.data.TFRecordDataset(str(written), "GZIP").as_numpy_iterator())
    answer = tf.saved_model.load(str(exported)).signatures[EVALUATE.name](examples=tf.constant(records))
    expected = translate(translator, both, ["one"] * 3, SEARCH, ["de", "en", "de"])
    assert [text.decode() for text in answer[TRANSLATION].numpy()] == [
        translation.text for translation in expected
    ]


def test_a_model_of_one_direction_has_the_inputs_and_outputs_that_it_always_had(
    vocabulary: Vocabulary, tiny: TransformerConfig, tmp_path: Path
) -> None:
    model = build_translator(tiny, vocabulary.source_size, vocabulary.target_size, shared=True)
    export_translator(model, vocabulary, SEARCH, tmp_path / "one")
    signatures = tf.saved_model.load(str(tmp_path / "one")).signatures
    for signature in ALWAYS:
        assert set(signatures[signature.name].structured_input_signature[1]) == set(signature.inputs)
        assert set(signatures[signature.name].structured_outputs) == set(signature.outputs)
    assert TRUNCATED in signatures[TRANSLATE.name].structured_outputs


def test_a_damaged_list_of_targets_is_no_vocabulary(both: Vocabulary, tmp_path: Path) -> None:
    both.save(tmp_path)
    (tmp_path / "vocabulary.json").write_text('{"shared": true, "targets": 7}')
    with pytest.raises(DataError, match="is not a vocabulary"):
        Vocabulary.load(tmp_path)


def check_links(aligned: dict[str, tf.Tensor], explained: dict[str, tf.Tensor]) -> None:
    """They are places of pieces that were sent; what looked elsewhere most, as at the tag, has none."""
    pieces = aligned["source_pieces"].numpy()
    assert pieces.tolist() == explained["source_pieces"].numpy().tolist()
    assert b"".join(pieces[1]).decode() == "▁one▁two</s>"
    links, attention = aligned["alignment"].numpy(), explained["attention"].numpy()
    assert (links >= 0).any()
    assert (links < pieces.shape[1] - 1).all()  # never the end
    for row, target in np.argwhere(links >= 0):
        assert links[row, target] == attention[row, target].argmax()
        # Half of a row or more may be the tag's, which is not told.
        assert attention[row, target].sum() <= 1 + 1e-5
    names = ("source_pieces", "target_pieces")
    source, target = (
        tuple(piece.decode(errors="replace") for piece in aligned[name].numpy()[1] if piece) for name in names
    )
    kept = tuple(int(link) if link >= 0 else None for link in links[1][: len(target)])
    words = Alignment(source, target, kept, "", 0.0).words
    assert {word for word, _ in words} <= {0, 1}  # of two words


def test_the_optional_signatures_are_asked_for_a_language_too(
    translator: Translator, both: Vocabulary, tmp_path: Path
) -> None:
    export = ExportConfig(signatures=tuple(signature.name for signature in OPTIONAL))
    export_translator(translator, both, SEARCH, tmp_path / "1", export)
    model = tf.saved_model.load(str(tmp_path / "1"))
    languages = ["de", "en", "", "fr"]
    asked = {SOURCE: tf.constant(["one two"] * 4), TARGET_LANGUAGE: tf.constant(languages)}
    best = model.signatures[TRANSLATE.name](**asked)[TRANSLATION].numpy().tolist()
    assert best[0] == best[2] != best[1]
    for signature in OPTIONAL:
        others = {
            name: tf.constant([UNASKED[name]] * 4, TENSORS[name].dtype)
            for name in signature.inputs
            if name != SOURCE
        }
        answers = model.signatures[signature.name](**asked, **others)
        assert answers[REFUSAL].numpy().tolist() == [b"", b"", b"", REFUSED.encode()], signature.name
        if signature is ALIGN:
            assert answers[TRANSLATION].numpy().tolist() == best
            explained = model.signatures[EXPLAIN.name](**asked)
            check_links(answers, explained)
        if signature is SAMPLE:
            drawn = answers[TRANSLATIONS].numpy().tolist()
            assert drawn[0] == drawn[2] != drawn[1]  # one seed
        if signature is CONSTRAINED:
            translations = answers[TRANSLATION].numpy().tolist()
            assert translations[0] == translations[2] != translations[1]
