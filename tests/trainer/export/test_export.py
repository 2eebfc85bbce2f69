"""The export against the Keras model, loaded the way TensorFlow Serving loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from contracts.signatures import ALWAYS
from tests.hostile import hostile_lines
from tests.trainer.export.graphs import operations, operations_beyond_serving
from trainer.config import SearchConfig, VocabularyConfig
from trainer.decoder import KerasDecoder
from trainer.errors import ExportError
from trainer.export import TranslatedSentence, check_export, export_translator, translate
from trainer.export.check import session_translate
from trainer.export.engine import search_sentences
from trainer.export.generic import GenericBody
from trainer.export.servable import Servable
from trainer.export.text import Text
from trainer.export.weights import Constants
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.models.transformer.body import GROWTH, FastBody
from trainer.models.transformer.weights import read_weights
from trainer.search.beam import beam_search
from trainer.search.decoder import Bodies, BodyWithHead
from trainer.search.heads.ensemble import Ensemble
from trainer.search.heads.full import Full
from trainer.training.initial import weights_by_name
from trainer.vocabulary import BOS, EOS, Vocabulary, learn_vocabulary

LONGEST = 60
SENTENCES = [
    "the small dog sees a cat",
    "",
    "two men ride",
    "a woman with a red hat looks at the old house and sings",
    "   ",
    "the cat sleeps",
    "a cat " * 40,
]
ALIKE = [
    "the small dog sees a cat",
    "the\tsmall  dog\r\nsees a\u00a0cat\n",
    "\ufeffthe sm\u00adall dog\x07 sees a\u3000cat\0",
    "the&nbsp;small&#32;dog sees a cat",
]
HOSTILE = [
    b"\xff\xfe\x80 broken",
    b"a\0b\0",
    b"\xed\xa0\x80 lone surrogate",
    b"x" * 100_000,
    "🦊\u202e\u200b\u0301".encode(),
    b"\n\t\r",
    b"",
    *hostile_lines(60),
]
TARGETS = ["der kleine Hund sieht eine Katze", "zwei Männer reiten", "die Katze schläft im alten Haus"]


@pytest.fixture(scope="module")
def vocabularies() -> dict[bool, Vocabulary]:
    """Shared and separate vocabularies."""
    sources = [sentence for sentence in SENTENCES if sentence.strip()]
    return {
        shared: learn_vocabulary(VocabularyConfig(size=300, shared=shared), sources[:3], TARGETS)
        for shared in (True, False)
    }


def translator(vocabulary: Vocabulary, norm: str, tied: bool, seed: int = 1) -> Translator:
    """A small translator with random weights far from zero, also those that begin as zeros and ones."""
    keras.utils.set_random_seed(seed)
    config = TransformerConfig(
        encoder_layers=2,
        decoder_layers=2,
        width=32,
        feed_forward=48,
        heads=4,
        norm=norm,
        tied_embeddings=tied,
    )
    model = build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=vocabulary.shared)
    noise = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(variable + noise.normal(size=variable.shape, scale=0.2))
    return model


@pytest.mark.parametrize(
    ("norm", "tied", "shared"), [("pre", True, True), ("post", False, False), ("pre", False, False)]
)
def test_the_exported_decoders_compute_the_keras_model(
    vocabularies: dict[bool, Vocabulary], norm: str, tied: bool, shared: bool
) -> None:
    vocabulary, beams, steps = vocabularies[shared], 3, GROWTH + 3
    model = translator(vocabulary, norm, tied)
    source = tf.constant([[5, 9, 7, 11, EOS], [8, EOS, 0, 0, 0]])
    fast, generic = FastBody(read_weights(model, Constants()), steps), GenericBody(model, Constants())
    decoders: list[Any] = [
        BodyWithHead(fast, Full(fast)),
        BodyWithHead(generic, Full(generic)),
        KerasDecoder(model),
    ]
    draws = np.random.default_rng(3)
    states: list[Any] = [decoder.start(source, beams) for decoder in decoders]
    states[0], room = decoders[0].reserve(states[0], tf.constant(0))
    tokens = tf.fill([2, beams], 2)
    for time in range(steps):
        if time == room:
            states[0], room = decoders[0].reserve(states[0], tf.constant(time))
        results = [
            decoder.step(tokens, state, tf.constant(time))
            for decoder, state in zip(decoders, states, strict=True)
        ]
        exact = results[-1][0]
        wanted = exact.logits - exact.log_normalizer[:, :, None]
        for candidates, _ in results[:-1]:
            scores = candidates.logits - candidates.log_normalizer[:, :, None]
            np.testing.assert_allclose(scores[:, :, : vocabulary.target_size], wanted, atol=2e-4)
            np.testing.assert_allclose(candidates.attention, exact.attention, atol=1e-5)
            for ours, theirs in zip(candidates.heads, exact.heads, strict=True):
                np.testing.assert_allclose(ours, theirs, atol=1e-5)
        parents = tf.constant(draws.integers(0, beams, (2, beams)), tf.int32)
        tokens = tf.constant(draws.integers(4, vocabulary.target_size, (2, beams)), tf.int32)
        states = [
            decoder.reorder(state, parents, tf.constant(time))
            for decoder, (_, state) in zip(decoders, results, strict=True)
        ]


def test_a_body_is_searched_beside_one_whose_state_is_known_late(
    vocabularies: dict[bool, Vocabulary],
) -> None:
    # As an architecture of a user's may be: the loop says nothing of the state's shapes then.
    vocabulary = vocabularies[True]
    weights = read_weights(translator(vocabulary, "pre", True), Constants())
    body, other = FastBody(weights, 20), FastBody(weights, 20)
    other.state_spec = None
    models = (body, other)

    @tf.function(autograph=False)
    def search(decoder: Any) -> Any:
        source, lengths = tf.constant([[5, 9, 7, EOS], [8, EOS, 0, 0]]), tf.constant([4, 2])
        state, limits = decoder.start(source, 3), tf.constant([19, 19])
        return beam_search(decoder, state, start=BOS, end=EOS, limits=limits, source_lengths=lengths, beams=3)

    alone = search(BodyWithHead(body, Full(body)))
    together = search(BodyWithHead(Bodies(models), Ensemble(models, "probabilities")))
    assert alone.sequences.numpy().tolist() == together.sequences.numpy().tolist()
    np.testing.assert_allclose(alone.scores, together.scores, rtol=1e-4)


@pytest.fixture(scope="module")
def exported(
    vocabularies: dict[bool, Vocabulary], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[TranslatedSentence], Any]:
    """An export with every penalty on, what the trainer's search says, and the loaded signatures."""
    search = SearchConfig(
        max_source_length=LONGEST, max_target_length=20, coverage_penalty=0.2, no_repeat_ngram=2, beams=3
    )
    vocabulary = vocabularies[True]
    model = translator(vocabulary, "pre", True)
    folder = tmp_path_factory.mktemp("export") / "1"
    export_translator(model, vocabulary, search, folder)
    return folder, translate(model, vocabulary, SENTENCES, search), tf.saved_model.load(str(folder))


def test_a_fresh_session_answers_as_the_trainers_search(
    exported: tuple[Path, list[TranslatedSentence], Any],
) -> None:
    folder, expected, _ = exported
    check_export(folder, SENTENCES, lambda: [translation.text for translation in expected])
    with pytest.raises(ExportError, match="two men ride"):
        check_export(folder, ["two men ride"], lambda: ["something else"])


@pytest.mark.usefixtures("exported")
def test_each_language_and_each_model_in_a_process_has_its_own_pieces_also_greedily(
    vocabularies: dict[bool, Vocabulary], tmp_path: Path
) -> None:
    # Loaded after another model, as the gate loads the candidate and the version that serves.
    vocabulary = vocabularies[False]
    search = SearchConfig(beams=1, max_source_length=LONGEST, max_target_length=20)
    model = translator(vocabulary, "post", False, seed=4)
    export_translator(model, vocabulary, search, tmp_path / "2")
    expected = [translation.text for translation in translate(model, vocabulary, SENTENCES, search)]
    loaded = tf.saved_model.load(str(tmp_path / "2"))
    outputs = loaded.signatures["serving_default"](source=tf.constant(SENTENCES))
    assert [text.decode() for text in outputs["translation"].numpy()] == expected
    check_export(tmp_path / "2", SENTENCES, lambda: expected)


@pytest.fixture(scope="module")
def answers(exported: tuple[Path, list[TranslatedSentence], Any]) -> list[list[str]]:
    """Of a fresh process, to what looks alike and to what is hostile."""
    return session_translate(exported[0], [[text.encode() for text in ALIKE], HOSTILE])


def test_what_looks_the_same_is_translated_alike(
    exported: tuple[Path, list[TranslatedSentence], Any], answers: list[list[str]]
) -> None:
    assert answers[0] == [exported[1][0].text] * len(ALIKE)


def test_hostile_bytes_give_one_row_for_one_row(answers: list[list[str]]) -> None:
    assert len(answers[1]) == len(HOSTILE)
    assert answers[1][6] == ""


def test_an_empty_directory_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="export it again"):
        check_export(tmp_path, ["a"], lambda: ["b"])


def test_outputs_of_the_default_signature(exported: tuple[Path, list[TranslatedSentence], Any]) -> None:
    _, expected, loaded = exported
    outputs = loaded.signatures["serving_default"](source=tf.constant(SENTENCES))
    assert [text.decode() for text in outputs["translation"].numpy()] == [
        translation.text for translation in expected
    ]
    np.testing.assert_allclose(outputs["score"], [translation.score for translation in expected], atol=1e-3)
    assert outputs["truncated"].numpy().tolist() == [translation.truncated for translation in expected]
    assert outputs["truncated"].numpy()[-1]
    assert not outputs["truncated"].numpy()[:-1].any()
    assert outputs["translation"].numpy()[[1, 4]].tolist() == [b"", b""]
    assert outputs["score"].numpy()[[1, 4]].tolist() == [0.0, 0.0]


def test_the_signatures_are_those_of_the_contract(exported: Any) -> None:
    signatures = exported[2].signatures
    assert set(signatures) == {signature.name for signature in ALWAYS}
    for signature in ALWAYS:
        graph = signatures[signature.name]
        assert set(graph.structured_input_signature[1]) == set(signature.inputs)
        assert set(graph.structured_outputs) == set(signature.outputs)


@pytest.mark.parametrize("sources", [[], [""], ["", "  "]])
def test_nothing_in_nothing_out(
    exported: tuple[Path, list[TranslatedSentence], Any], sources: list[str]
) -> None:
    signatures = exported[2].signatures
    given = tf.constant(sources, tf.string, shape=[len(sources)])
    assert signatures["serving_default"](source=given)["translation"].numpy().tolist() == [b""] * len(sources)
    assert signatures["n_best"](source=given)["translations"].shape == (len(sources), 3)
    assert signatures["explain"](source=given)["attention"].shape[0] == len(sources)


def test_n_best_begins_with_the_best_and_descends(
    exported: tuple[Path, list[TranslatedSentence], Any],
) -> None:
    _, expected, loaded = exported
    outputs = loaded.signatures["n_best"](source=tf.constant(SENTENCES))
    scores = outputs["scores"].numpy()
    assert [row[0].decode() for row in outputs["translations"].numpy()] == [
        translation.text for translation in expected
    ]
    np.testing.assert_allclose(scores[:, 0], [translation.score for translation in expected], atol=1e-3)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_explain_shows_where_each_piece_looked(exported: tuple[Path, list[TranslatedSentence], Any]) -> None:
    _, expected, loaded = exported
    outputs = {
        key: value.numpy() for key, value in loaded.signatures["explain"](tf.constant(SENTENCES)).items()
    }
    rows, targets, sources = outputs["attention"].shape
    assert outputs["source_pieces"].shape == (rows, sources)
    assert outputs["target_pieces"].shape == (rows, targets)
    assert [text.decode() for text in outputs["translation"]] == [
        translation.text for translation in expected
    ]
    real = outputs["target_pieces"] != b""
    np.testing.assert_allclose(outputs["attention"].sum(2), real.astype(float), atol=1e-5)
    padding = np.broadcast_to((outputs["source_pieces"] == b"")[:, None], outputs["attention"].shape)
    assert not outputs["attention"][padding].any()
    assert b"".join(outputs["source_pieces"][0]).decode().replace("▁", " ").strip() == SENTENCES[0] + "</s>"


def test_serving_examples_reads_the_source_feature(
    exported: tuple[Path, list[TranslatedSentence], Any],
) -> None:
    _, expected, loaded = exported
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={"source": tf.train.Feature(bytes_list=tf.train.BytesList(value=[sentence.encode()]))}
            )
        ).SerializeToString()
        for sentence in SENTENCES
    ]
    outputs = loaded.signatures["serving_examples"](examples=tf.constant(examples))
    assert [text.decode() for text in outputs["translation"].numpy()] == [
        translation.text for translation in expected
    ]


def test_the_graph_holds_no_operation_that_tensorflow_serving_lacks(
    exported: tuple[Path, list[TranslatedSentence], Any],
) -> None:
    assert operations_beyond_serving(exported[0]) == set()
    assert {name for name in operations(exported[0]) if "Variable" in name or "PyFunc" in name} == set()


def _bytes(export: Path) -> tuple[int, int]:
    """Of the float32 constants in the graph's functions, and of the variables beside it."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((export / "saved_model.pb").read_bytes())
    library = saved.meta_graphs[0].graph_def.library
    tensors = [node.attr["value"].tensor for function in library.function for node in function.node_def]
    constants = sum(
        len(tensor.tensor_content) for tensor in tensors if tensor.dtype == tf.float32.as_datatype_enum
    )
    return constants, sum(file.stat().st_size for file in (export / "variables").glob("*.data*"))


@pytest.mark.parametrize(
    ("way", "weights"), [("generic", "constants"), ("generic", "variables"), ("fast", "variables")]
)
def test_both_ways_export_constants_or_where_they_are_too_many_variables(
    way: str, weights: str, vocabularies: dict[bool, Vocabulary], monkeypatch: Any, tmp_path: Path
) -> None:
    if way == "generic":
        monkeypatch.delattr("trainer.models.transformer.fast_body")
    if weights == "variables":
        monkeypatch.setattr("trainer.export.weights.CONSTANT_BYTES", 10_000)
    search = SearchConfig(max_source_length=LONGEST, max_target_length=12, coverage_penalty=0.2, beams=3)
    vocabulary = vocabularies[False]
    model = translator(vocabulary, "pre", True, seed=5)
    export_translator(model, vocabulary, search, tmp_path / "1")
    expected = [translation.text for translation in translate(model, vocabulary, SENTENCES, search)]
    check_export(tmp_path / "1", SENTENCES, lambda: expected)
    assert_weights_are(weights, tmp_path / "1", model)


def assert_weights_are(kind: str, export: Path, model: Translator) -> None:
    """In the graph as constants, or beside it as variables."""
    there, elsewhere = _bytes(export)[:: 1 if kind == "constants" else -1]
    # Shared by all signatures: no weight is there twice, but for a table that is the output layer, too.
    held = sum(weight.nbytes for weight in weights_by_name(model).values())
    assert elsewhere < 0.2 * held < held <= there < 2 * held


def test_the_fast_way_exports_constants(
    exported: tuple[Path, list[TranslatedSentence], Any], vocabularies: dict[bool, Vocabulary]
) -> None:
    """Whether they answer alike: see the fresh session."""
    assert_weights_are("constants", exported[0], translator(vocabularies[True], "pre", True))


@pytest.fixture(scope="module")
def few_pieces() -> Vocabulary:
    """A vocabulary of 16 pieces, so that search runs out of them."""
    config = VocabularyConfig(size=16, byte_fallback=False)
    return learn_vocabulary(config, ["ab ba abc", "cab bca"], ["abc cba", "ab ca bab"])


def test_a_beam_wider_than_the_vocabulary_is_refused(few_pieces: Vocabulary, tmp_path: Path) -> None:
    model = translator(few_pieces, "pre", True)
    with pytest.raises(
        ExportError, match=r"search\.beams is 64, .* 16 pieces.*set search\.beams to 15 or less"
    ):
        export_translator(model, few_pieces, SearchConfig(beams=64), tmp_path / "1")
    assert not (tmp_path / "1").exists()


def test_padding_of_the_vocabulary_is_never_a_piece(few_pieces: Vocabulary) -> None:
    """At the first step 15 pieces can come; the other hypotheses are dead, and stay so."""
    search = SearchConfig(beams=20, no_repeat_ngram=1, max_target_length=5)
    model, sources = translator(few_pieces, "pre", True), tf.constant(["ab", "abc cab ba", "c"])
    outputs = Servable(model, few_pieces, search).n_best(sources)
    text = Text(few_pieces)
    _, expected = search_sentences(KerasDecoder(model), text, sources, search, kept=20)
    np.testing.assert_allclose(outputs["scores"], expected.scores, atol=1e-3)
    for row, sequences in zip(outputs["translations"].numpy(), expected.sequences, strict=True):
        assert row.tolist() == text.detokenize(sequences).numpy().tolist()
