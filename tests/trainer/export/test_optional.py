"""The optional signatures: the export against the trainer's search, alone and in mixed batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from contracts.attention import AligningHead
from contracts.signatures import ALIGN, ALWAYS, CONSTRAINED, OPTIONAL, SAMPLE, TENSORS
from tests.trainer.export.graphs import operations_beyond_serving
from trainer.attention.choice import LinkPlace, found_links
from trainer.attention.reading import read_heads
from trainer.config import ExportConfig, SearchConfig, VocabularyConfig
from trainer.decoder import KerasBody
from trainer.errors import ExportError
from trainer.export import export_translator
from trainer.export.engine import make_decoder
from trainer.export.optional import OptionalSignatures
from trainer.export.servable import Servable, _make_signature
from trainer.export.text import Text
from trainer.export.wishes import MOST_PHRASES
from trainer.models.base import ArchitectureConfig, Translator
from trainer.models.build import build_translator
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.recurrent import RecurrentConfig
from trainer.models.transformer import TransformerConfig
from trainer.search.heads.shortlist import ShortlistConfig
from trainer.vocabulary import Vocabulary, learn_vocabulary

EXPORT = ExportConfig(signatures=("align", "sample", "constrained"), samples=2, constrained_beams=5)
SEARCH = SearchConfig(beams=3, max_target_length=24, coverage_penalty=0.1, no_repeat_ngram=2)
SOURCES = ["one two three", "", "nine", "four four five six seven eight nine ten", "ten one", "   ", "six"]
PREFIXES = ["", "acht", "zwei dr", "sieben ", "", "neun", "eins"]
PHRASES = ["acht", "vier", "", "zwei drei\n\n neun ", "acht acht acht\nsechs", "", "eins"]
SAMPLED = {
    "temperature": np.float32([1.0, 1.0, 0.0, 1.3, 0.7, 1.0, 1.0]),
    "top_k": np.int32([0, 0, 0, 8, 0, 3, 2]),
    "top_p": np.float32([1.0, 0.5, 1.0, 1.0, 0.8, 1.0, 0.9]),
    "seed": np.int64([3, 1, 4, 2**62, 5, 9, 2]),
}


def translator(config: ArchitectureConfig, vocabulary: Vocabulary, seed: int = 1) -> Translator:
    """Random weights far from zero."""
    keras.utils.set_random_seed(seed)
    model = build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=vocabulary.shared)
    noise = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(variable + noise.normal(size=variable.shape, scale=0.2))
    return model


class Both(NamedTuple):
    """The signatures and the trainer's search, of the same translator."""

    signatures: Any
    reference: OptionalSignatures

    def ask(self, name: str, **inputs: Any) -> dict[str, np.ndarray]:
        """The signature's answer."""
        outputs = self.signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
        return {key: value.numpy() for key, value in outputs.items()}

    def expect(self, name: str, **inputs: Any) -> dict[str, np.ndarray]:
        """The trainer's."""
        outputs = getattr(self.reference, name)(**{key: tf.constant(value) for key, value in inputs.items()})
        return {key: value.numpy() for key, value in outputs.items()}


def reference_of(model: Translator, vocabulary: Vocabulary) -> OptionalSignatures:
    """By the trainer's search, step by step."""
    return OptionalSignatures(
        make_decoder(SEARCH, model, vocabulary, KerasBody), Text(vocabulary), SEARCH, EXPORT
    )


def exported(config: ArchitectureConfig, vocabulary: Vocabulary, folder: Path) -> Both:
    """Saved and loaded, of a model that has learned nothing."""
    model = translator(config, vocabulary)
    export_translator(model, vocabulary, SEARCH, folder, EXPORT)
    return Both(tf.saved_model.load(str(folder)).signatures, reference_of(model, vocabulary))


def traced(config: ArchitectureConfig, vocabulary: Vocabulary, folder: Path) -> Both:
    """As the export traces them, without saving and loading, which know no architecture."""
    del folder
    model = translator(config, vocabulary)
    servable = Servable(model, vocabulary, SEARCH, EXPORT)
    graphs = {
        signature.name: _make_signature(servable.text, signature, getattr(servable.optional, signature.name))
        for signature in OPTIONAL
    }
    return Both(graphs, reference_of(model, vocabulary))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `both` is exported."""
    return tmp_path_factory.mktemp("optional") / "1"


@pytest.fixture(scope="module")
def both(tiny: ArchitectureConfig, vocabulary: Vocabulary, folder: Path) -> Both:
    """Of a tiny Transformer."""
    return exported(tiny, vocabulary, folder)


INPUTS: dict[str, dict[str, Any]] = {
    ALIGN.name: {},
    SAMPLE.name: SAMPLED,
    CONSTRAINED.name: {"prefix": PREFIXES, "constraints": PHRASES},
}


def answered(both: Both, name: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """What the export says to all rows together, which is what the trainer's search says."""
    together, wanted = both.ask(name, **inputs), both.expect(name, **inputs)
    for key, values in wanted.items():
        assert together[key].dtype == values.dtype
        if values.dtype == np.float32:
            np.testing.assert_allclose(together[key], values, atol=1e-3)
        else:
            assert together[key].tolist() == values.tolist()
    return together


@pytest.mark.parametrize("name", INPUTS)
def test_the_export_answers_as_the_trainers_search_together_and_alone(both: Both, name: str) -> None:
    inputs = {"source": SOURCES, **INPUTS[name]}
    together = answered(both, name, inputs)
    for row in range(len(SOURCES)):
        alone = both.ask(name, **{key: value[row : row + 1] for key, value in inputs.items()})
        for key, values in together.items():
            if values.dtype == np.float32:
                np.testing.assert_allclose(alone[key][0], values[row], atol=1e-3)
            else:
                # A batch is as wide as its longest row.
                padded = values[row].tolist() if values.ndim > 1 else values[row]
                own = alone[key][0].tolist() if values.ndim > 1 else alone[key][0]
                assert padded[: len(own)] == own if values.ndim > 1 else padded == own


OTHERS: list[tuple[Callable[[ArchitectureConfig, Vocabulary, Path], Both], ArchitectureConfig]] = [
    (
        exported,
        RecurrentConfig(preset="tiny", width=32, dropout=0.0, input_feeding=True, heads=2, scope="local-p"),
    ),
    (traced, ConvolutionalConfig(preset="tiny", width=32, dropout=0.0)),
    (
        traced,
        TransformerConfig(preset="tiny", width=32, feed_forward=64, heads=2, dropout=0.0, decoder="ssru"),
    ),
]


@pytest.mark.parametrize(("make", "config"), OTHERS, ids=["recurrent", "convolutional", "ssru"])
def test_every_architecture_has_them(
    make: Callable[[ArchitectureConfig, Vocabulary, Path], Both],
    config: ArchitectureConfig,
    vocabulary: Vocabulary,
    tmp_path: Path,
) -> None:
    both = make(config, vocabulary, tmp_path / "1")
    answers = {name: answered(both, name, {"source": SOURCES, **inputs}) for name, inputs in INPUTS.items()}
    assert (answers["align"]["alignment"] >= 0).any()
    assert answers["sample"]["translations"][3, 0] != answers["sample"]["translations"][3, 1]
    for row in (0, 3):
        text = answers["constrained"]["translation"][row].decode(errors="replace")
        assert text.startswith(PREFIXES[row])
        assert all(phrase.strip() in text for phrase in PHRASES[row].split("\n"))


def test_the_signatures_are_those_of_the_contract(both: Both) -> None:
    kinds = {"B": 1, "BK": 2, "BS": 2, "BT": 2, "BTS": 3}
    assert set(both.signatures) == {signature.name for signature in (*ALWAYS, *OPTIONAL)}
    for signature in (*ALWAYS, *OPTIONAL):
        graph = both.signatures[signature.name]
        given, answered = graph.structured_input_signature[1], graph.structured_outputs
        assert set(given) == set(signature.inputs)
        assert set(answered) == set(signature.outputs)
        for key, tensor in {**given, **answered}.items():
            assert tensor.dtype.name == TENSORS[key].dtype
            assert tensor.shape.rank == kinds[TENSORS[key].axes]
            assert tensor.shape[0] is None


def test_only_what_is_asked_for_is_there(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    model = translator(tiny, vocabulary)
    export_translator(model, vocabulary, SEARCH, tmp_path / "1", ExportConfig(signatures=("align",)))
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert set(signatures) == {signature.name for signature in (*ALWAYS, ALIGN)}


def test_nothing_in_nothing_out(both: Both) -> None:
    for name, inputs in INPUTS.items():
        none = {key: np.array(value)[:0] for key, value in inputs.items()}
        none = {
            key: tf.constant([], tf.string) if value.dtype.kind in "US" else value
            for key, value in none.items()
        }
        answer = both.ask(name, source=tf.constant([], tf.string), **none)
        assert {len(value) for value in answer.values()} == {0}


@pytest.mark.usefixtures("both")
def test_the_graph_holds_no_operation_that_tensorflow_serving_lacks(folder: Path) -> None:
    assert operations_beyond_serving(folder) == set()


def test_samples_are_fixed_by_their_seed_and_differ_from_each_other(both: Both) -> None:
    many = 6
    asked = {
        "source": ["four four five six seven"] * many,
        "temperature": np.ones(many, np.float32),
        "top_k": np.zeros(many, np.int32),
        "top_p": np.ones(many, np.float32),
        "seed": np.int64([7, 7, 8, 9, 10, 7]),
    }
    drawn = both.ask("sample", **asked)["translations"].tolist()
    assert drawn[0] == drawn[1] == drawn[5]
    assert len({tuple(texts) for texts in drawn}) == 4
    assert all(first != second for first, second in drawn)
    # The likeliest pieces alone are greedy search, whatever the seed.
    cold = both.ask("sample", **{**asked, "temperature": np.zeros(many, np.float32)})["translations"]
    assert len({text for row in cold.tolist() for text in row}) == 1


def test_translations_begin_with_the_prefix_and_contain_the_phrases(both: Both) -> None:
    answer = both.ask("constrained", source=SOURCES, **INPUTS["constrained"])
    texts = [text.decode(errors="replace") for text in answer["translation"]]
    for row, text in enumerate(texts):
        if not SOURCES[row].strip():
            assert text == ""
            continue
        assert answer["unmet"][row] == b""
        assert text.startswith(PREFIXES[row])
        for phrase in PHRASES[row].split("\n"):
            assert phrase.strip() in text
    # What was asked of nothing is not met.
    assert [answer["unmet"][row].decode() for row in (1, 5)] == ["acht\nvier", "neun"]
    assert texts[3].startswith("sieben ")


def test_what_has_no_room_or_no_pieces_is_told(tiny: ArchitectureConfig, both: Both, tmp_path: Path) -> None:
    long = " ".join(["acht neun"] * 40)
    asked = [long, "acht", f"acht\n{long}\nneun", "\n".join(f"{number}" for number in range(100, 140))]
    answer = both.ask("constrained", source=["six"] * 4, prefix=[long, "", "", ""], constraints=asked)
    unmet = [text.decode().split("\n") for text in answer["unmet"]]
    assert unmet[:3] == [[long, long], [""], [long]]
    assert b"acht" in answer["translation"][2]
    assert b"neun" in answer["translation"][2]
    assert unmet[3][-1] == "139"
    assert len(unmet[3]) >= 40 - MOST_PHRASES
    # Without pieces for bytes there are texts that no pieces make.
    few = learn_vocabulary(VocabularyConfig(size=24, byte_fallback=False), ["one"], ["eins zwei"])
    model = translator(tiny, few)
    text, search = Text(few), SearchConfig(beams=2, max_target_length=12)
    config = ExportConfig(signatures=("constrained",), constrained_beams=4)
    reference = OptionalSignatures(make_decoder(search, model, few, KerasBody), text, search, config)
    answer = reference.constrained(
        tf.constant(["one", "one"]), tf.constant(["eins 狗", ""]), tf.constant(["zwei", "Ж\neins"])
    )
    assert [wish.decode() for wish in answer["unmet"].numpy()] == ["eins 狗", "Ж"]
    assert answer["translation"][0].numpy().startswith(b"eins")
    wide = ExportConfig(signatures=("constrained",), constrained_beams=64)
    with pytest.raises(ExportError, match=r"export\.constrained_beams is 64, .*to 2\d or less"):
        export_translator(model, few, search, tmp_path / "1", wide)


def test_a_source_is_read_once_for_all_its_samples(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = SearchConfig(beams=2, max_target_length=6)
    decoder = make_decoder(search, translator(tiny, vocabulary), vocabulary, KerasBody)
    start, read = decoder.start, list[int]()

    def counting(source: tf.Tensor, beams: int) -> Any:
        read.append(source.shape[0])
        return start(source, beams)

    monkeypatch.setattr(decoder, "start", counting)
    reference = OptionalSignatures(decoder, Text(vocabulary), search, EXPORT)
    asked = {key: tf.constant(value[:3]) for key, value in SAMPLED.items()}
    answer = reference.sample(tf.constant(["one two", "", "nine"]), **asked)
    assert read == [2]  # without the one that is empty
    assert answer["translations"].shape == (3, EXPORT.samples)


def test_what_a_head_never_gives_is_told(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("eins zwei drei", encoding="utf-8")
    search = SearchConfig(beams=2, max_target_length=12, head=ShortlistConfig(text=tmp_path / "text"))
    decoder = make_decoder(search, translator(tiny, vocabulary), vocabulary, KerasBody)
    reference = OptionalSignatures(decoder, Text(vocabulary), search, EXPORT)
    answer = reference.constrained(
        tf.constant(["one"] * 3), tf.constant(["", "eins acht", "zwei"]), tf.constant(["acht\ndrei", "", ""])
    )
    assert [wish.decode() for wish in answer["unmet"].numpy()] == ["acht", "eins acht", ""]
    assert np.isfinite(answer["score"].numpy()).all()
    texts = [text.decode() for text in answer["translation"].numpy()]
    assert "drei" in texts[0]
    assert texts[1].startswith("eins")
    assert texts[2].startswith("zwei")


def test_a_phrase_of_a_script_without_spaces_stands_inside_a_text(
    tiny: ArchitectureConfig, tmp_path: Path
) -> None:
    del tmp_path
    sentences = ["一只狗", "两只猫和一只狗", "狗和猫"] * 3
    vocabulary = learn_vocabulary(VocabularyConfig(size=300), ["a dog", "two cats", "dogs"] * 3, sentences)
    search = SearchConfig(beams=2, max_target_length=16)
    model = translator(tiny, vocabulary)
    config = ExportConfig(signatures=("constrained",), constrained_beams=6)
    reference = OptionalSignatures(
        make_decoder(search, model, vocabulary, KerasBody), Text(vocabulary), search, config
    )
    answer = reference.constrained(
        tf.constant(["a dog two"]), tf.constant(["两只"]), tf.constant(["和一只狗"])
    )
    text = answer["translation"].numpy()[0].decode(errors="replace")
    assert text.startswith("两只")
    assert "和一只狗" in text
    assert " 和一只狗" not in text


@pytest.mark.parametrize(
    "head",
    [
        AligningHead(layer=0, head=1, by="aligner"),
        AligningHead(layer=1, head=0, ahead=True, by="aligner"),
        AligningHead(layer=0, by="guided"),
    ],
    ids=str,
)
def test_links_are_of_the_head_that_was_chosen(
    head: AligningHead, tiny: TransformerConfig, vocabulary: Vocabulary
) -> None:
    """In the fast decoder and in the network's own steps, as it looks when it is given the translation."""
    model = translator(tiny.model_copy(update={"decoder_layers": 2}), vocabulary)
    search, only = SearchConfig(beams=2, max_target_length=8), ExportConfig(signatures=("align",))
    sources, text = tf.constant(SOURCES), Text(vocabulary)
    decoder = make_decoder(search, model, vocabulary, KerasBody)
    own = OptionalSignatures(decoder, text, search, only, head).align(sources)
    servable = Servable(model, vocabulary, search, only, head)
    fast = tf.function(servable.optional.align, autograph=False)(sources)
    explained = tf.function(servable.explain, autograph=False)(sources)["attention"].numpy()
    for key in ("translation", "alignment"):
        assert fast[key].numpy().tolist() == own[key].numpy().tolist()
    known = sentencepiece.SentencePieceProcessor(model_proto=vocabulary.target_model)
    ids = vocabulary.encode_source(SOURCES)
    for row in (0, 3):
        target = [known.piece_to_id(piece.decode()) for piece in own["target_pieces"].numpy()[row] if piece]
        (pair,) = read_heads(model, [(ids[row], target)])
        expected = found_links(pair, LinkPlace(head.layer, head.head, head.ahead))
        np.testing.assert_array_equal(own["alignment"][row, : len(expected)], expected)
        # And what explains the translation is the same head.
        looked = explained[row, : len(expected)].argmax(axis=-1)
        np.testing.assert_array_equal(looked[expected >= 0], expected[expected >= 0])


def test_a_head_that_a_decoder_does_not_tell_of_is_told(
    tiny: TransformerConfig, vocabulary: Vocabulary
) -> None:
    only, head = ExportConfig(signatures=("align",)), AligningHead(layer=1, by="aligner")
    servable = Servable(translator(tiny, vocabulary), vocabulary, SEARCH, only, head)
    with pytest.raises(ExportError, match="of which the exported decoder tells nothing"):
        servable.optional.align(tf.constant(SOURCES[:1]))


def test_links_go_where_the_attention_is_largest(both: Both) -> None:
    aligned, explained = both.ask("align", source=SOURCES), both.ask("explain", source=SOURCES)
    for key in ("source_pieces", "target_pieces", "translation"):
        assert aligned[key].tolist() == explained[key].tolist()
    for row in range(len(SOURCES)):
        ends = int((explained["source_pieces"][row] != b"").sum()) - 1
        for place, link in enumerate(aligned["alignment"][row].tolist()):
            piece = explained["target_pieces"][row, place]
            most = int(explained["attention"][row, place].argmax())
            assert link == (-1 if piece in (b"", b"</s>") or most == ends else most)
    assert (aligned["alignment"] >= 0).any()
