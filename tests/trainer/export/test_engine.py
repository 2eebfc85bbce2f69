"""Heads and constraints that the configuration names, in the export and in the trainer's search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from contracts.kinds import FOLDERS, add_folders
from trainer.config import ExportConfig, SearchConfig, VocabularyConfig
from trainer.decoder import KerasBody
from trainer.errors import DataError, ExportError
from trainer.export import check_export, export_translator, translate
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.optional import OptionalSignatures
from trainer.export.text import Text
from trainer.models.base import ArchitectureConfig, Translator
from trainer.models.build import build_translator
from trainer.store import save_translator
from trainer.vocabulary import EOS, Vocabulary, learn_vocabulary

SOURCES = ["one two three", "", "nine", "four four four five six seven eight nine ten", "ten one"]
SHORT = {"beams": 3, "max_target_length": 12}
EXTENSIONS = Path(__file__).parents[1] / "search/extensions"


def translator(tiny: ArchitectureConfig, vocabulary: Vocabulary, seed: int = 1) -> Translator:
    """Random weights far from zero."""
    keras.utils.set_random_seed(seed)
    model = build_translator(tiny, vocabulary.source_size, vocabulary.target_size, shared=vocabulary.shared)
    noise = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(variable + noise.normal(size=variable.shape, scale=0.2))
    return model


def searched(model: Translator, vocabulary: Vocabulary, search: SearchConfig) -> list[list[int]]:
    """The pieces of the best translation of each source, by the trainer's search."""
    text, decoder = Text(vocabulary), make_decoder(search, model, vocabulary, KerasBody)
    _, hypotheses = search_sentences(decoder, text, tf.constant(SOURCES), search, kept=1)
    sequences = zip(hypotheses.sequences.numpy(), hypotheses.lengths.numpy(), strict=True)
    return [rows[0, : sizes[0]].tolist() for rows, sizes in sequences]


def exported(
    model: Translator, vocabulary: Vocabulary, search: SearchConfig, folder: Path
) -> tuple[list[str], np.ndarray]:
    """The best translations and their scores, the same of the export as of the trainer's search."""
    export_translator(model, vocabulary, search, folder)
    expected = translate(model, vocabulary, SOURCES, search)
    answers = tf.saved_model.load(str(folder)).signatures["n_best"](source=tf.constant(SOURCES))
    texts = [row[0].decode() for row in answers["translations"].numpy()]
    assert texts == [translation.text for translation in expected]
    np.testing.assert_allclose(
        answers["scores"][:, 0], [translation.score for translation in expected], atol=1e-3
    )
    return texts, answers["scores"].numpy()[:, 0]


def test_a_head_and_a_constraint_of_one_file_each_are_searched_and_exported(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    add_folders([EXTENSIONS])
    added = {
        "head": {"name": "even-pieces", "temperature": 1.5},
        "constraints": [{"name": "ends-on-time", "pieces": 6}],
    }
    search, model = SearchConfig.model_validate({**SHORT, **added}), translator(tiny, vocabulary)
    texts, _ = exported(model, vocabulary, search, tmp_path / "1")
    for source, pieces in zip(SOURCES, searched(model, vocabulary, search), strict=True):
        assert len(pieces) == (7 if source else 0)
        assert all(piece % 2 == 0 for piece in pieces[:-1])
    plain = searched(model, vocabulary, SearchConfig.model_validate(SHORT))
    assert any(piece % 2 for pieces in plain for piece in pieces if piece != EOS)
    # What never comes has to be known where a request may ask for it.
    export = ExportConfig(signatures=("constrained",), constrained_beams=2)
    decoder = make_decoder(search, model, vocabulary, KerasBody)
    asked = OptionalSignatures(decoder, Text(vocabulary), search, export)
    with pytest.raises(ExportError, match=r"even-pieces gives some of the pieces .* as `only`"):
        asked.constrained(tf.constant(["one"]), tf.constant([""]), tf.constant(["acht"]))
    # As TensorFlow Serving loads it, where nobody knows the files.
    monkeypatch.setenv(FOLDERS, "")
    check_export(tmp_path / "1", SOURCES, lambda: texts)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_shortlist_has_the_pieces_of_its_text(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path, beams: int
) -> None:
    (tmp_path / "words.de").write_text("eins zwei\ndrei\n", "utf-8")
    head = {"name": "shortlist", "text": str(tmp_path / "words.de")}
    search = SearchConfig.model_validate({**SHORT, "beams": beams, "head": head, "no_repeat_ngram": 2})
    model = translator(tiny, vocabulary)
    export_translator(model, vocabulary, search, tmp_path / "1")
    texts = [translation.text for translation in translate(model, vocabulary, SOURCES, search)]
    check_export(tmp_path / "1", SOURCES, lambda: texts)
    allowed = {piece for row in vocabulary.encode_target(["eins zwei", "drei"]) for piece in row}
    assert {piece for row in searched(model, vocabulary, search) for piece in row} <= allowed


def test_a_shortlist_without_its_text_is_refused(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    search = SearchConfig.model_validate({"head": {"name": "shortlist", "text": str(tmp_path / "none")}})
    with pytest.raises(DataError, match=r"search\.head: .*none cannot be read .*give UTF-8 text"):
        export_translator(translator(tiny, vocabulary), vocabulary, search, tmp_path / "1")


def test_an_ensemble_searches_with_stored_translators(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    first, second = translator(tiny, vocabulary), translator(tiny, vocabulary, seed=2)
    for name, model in (("first", first), ("second", second)):
        save_translator(model, vocabulary, tmp_path / name)

    def together(*names: str, **more: Any) -> SearchConfig:
        head = {"name": "ensemble", "models": [str(tmp_path / name) for name in names], **more}
        return SearchConfig.model_validate({**SHORT, "head": head})

    alone = translate(first, vocabulary, SOURCES, SearchConfig.model_validate(SHORT))
    # Of one mind with itself, and the same whoever is asked first.
    agreed, scores = exported(first, vocabulary, together("first"), tmp_path / "1")
    assert agreed == [translation.text for translation in alone]
    np.testing.assert_allclose(scores, [translation.score for translation in alone], atol=1e-3)
    texts, scores = exported(first, vocabulary, together("second"), tmp_path / "2")
    swapped = translate(second, vocabulary, SOURCES, together("first"))
    assert texts == [translation.text for translation in swapped] != agreed
    np.testing.assert_allclose(scores, [translation.score for translation in swapped], atol=1e-3)
    other = translate(first, vocabulary, SOURCES, together("second", mean="log-probabilities"))
    assert [translation.text for translation in other] != texts


def test_an_ensemble_of_another_vocabulary_is_refused(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    other = learn_vocabulary(VocabularyConfig(size=290), ["one two"], ["eins zwei"])
    save_translator(translator(tiny, other), other, tmp_path / "other")
    head = {"name": "ensemble", "models": [str(tmp_path / "other")]}
    with pytest.raises(ExportError, match=r"search\.head: .*other has another vocabulary"):
        export_translator(
            translator(tiny, vocabulary),
            vocabulary,
            SearchConfig.model_validate({"head": head}),
            tmp_path / "1",
        )


def test_constraints_hold_in_what_is_exported(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    rules = [
        {"name": "forced-prefix", "text": "neun"},
        {"name": "minimum-length", "pieces": 8},
        {"name": "no-repeat-ngram", "size": 1},
    ]
    search, model = SearchConfig.model_validate({**SHORT, "constraints": rules}), translator(tiny, vocabulary)
    exported(model, vocabulary, search, tmp_path / "1")
    (begin,) = vocabulary.encode_target(["neun"])
    for source, pieces in zip(SOURCES, searched(model, vocabulary, search), strict=True):
        if source:
            assert pieces[: len(begin) - 1] == begin[:-1]
            assert len(pieces) > 8
            assert len(set(pieces)) == len(pieces)
