"""The head `lexical-shortlist` in the export and in the trainer's search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.export.test_engine import SHORT, SOURCES, translator
from trainer.config import SearchConfig
from trainer.decoder import KerasBody
from trainer.errors import ExportError
from trainer.export import export_translator, translate
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.servable import Servable
from trainer.export.text import Text
from trainer.lexicon import Lexicon, learn_lexicon
from trainer.models.base import ArchitectureConfig
from trainer.models.transformer.weights import LinearWeights
from trainer.search.heads.base import Resources, build_decoder
from trainer.search.interface import Pieces
from trainer.vocabulary import PAD, Vocabulary


@pytest.fixture(scope="module")
def lexicon(pairs: list[tuple[str, str]], vocabulary: Vocabulary) -> Lexicon:
    """Without bytes and the like, so that it is short."""
    return learn_lexicon(pairs, vocabulary, 64)._replace(fixed=np.arange(4, dtype=np.int32))


def searching(beams: int = 3, candidates: int = 3, frequent: int = 2, **more: Any) -> SearchConfig:
    """With the head."""
    head = {"name": "lexical-shortlist", "candidates": candidates, "frequent": frequent}
    return SearchConfig.model_validate({**SHORT, "beams": beams, "head": head, **more})


def listed(source: str, lexicon: Lexicon, vocabulary: Vocabulary, search: SearchConfig) -> set[int]:
    """What a source lists, by hand."""
    pieces = vocabulary.encode_source([source])[0]
    candidates, frequent = search.head.model_dump()["candidates"], search.head.model_dump()["frequent"]
    return {
        *lexicon.fixed,
        *lexicon.frequent[:frequent],
        *lexicon.same[pieces],
        *lexicon.candidates[pieces, :candidates].ravel(),
    }


@pytest.mark.parametrize(("beams", "more"), [(1, {}), (3, {}), (4, {"diverse_groups": 2})])
def test_the_export_is_the_trainers_search_together_and_alone(
    beams: int,
    more: dict[str, Any],
    tiny: ArchitectureConfig,
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    tmp_path: Path,
) -> None:
    search, model = searching(beams, 8, 20, **more), translator(tiny, vocabulary, seed=6)
    text, decoder = Text(vocabulary), make_decoder(search, model, vocabulary, KerasBody, lexicon)
    _, ends = search_sentences(decoder, text, tf.constant(SOURCES), search, kept=1)
    for source, sequence in zip(SOURCES, ends.sequences.numpy()[:, 0], strict=True):
        assert {*sequence.tolist()} - {PAD} <= listed(source, lexicon, vocabulary, search)
    expected = translate(model, vocabulary, SOURCES, search, lexicon=lexicon)
    assert len({translation.text for translation in expected}) >= len(SOURCES) - 1
    export_translator(model, vocabulary, search, tmp_path / "1", lexicon=lexicon)
    answer = tf.saved_model.load(str(tmp_path / "1")).signatures["serving_default"]
    alone = [([source], [translation]) for source, translation in zip(SOURCES, expected, strict=True)]
    for sources, wanted in [(SOURCES, expected), *alone]:
        answers = answer(source=tf.constant(sources))
        texts = [answered.decode() for answered in answers["translation"].numpy()]
        assert texts == [translation.text for translation in wanted]
        # A neighbour's pieces take no probability away.
        np.testing.assert_allclose(answers["score"], [translation.score for translation in wanted], atol=1e-4)


def test_where_all_pieces_are_listed_translations_and_scores_are_those_of_the_full_head(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, lexicon: Lexicon
) -> None:
    model = translator(tiny, vocabulary)
    every = Servable(model, vocabulary, searching(frequent=320), lexicon=lexicon)
    full = Servable(model, vocabulary, SearchConfig.model_validate(SHORT))
    for own, wanted in zip(
        every.n_best(tf.constant(SOURCES)).values(), full.n_best(tf.constant(SOURCES)).values(), strict=True
    ):
        if own.dtype == tf.float32:
            np.testing.assert_allclose(own, wanted, atol=1e-4)
        else:
            assert own.numpy().tolist() == wanted.numpy().tolist()


def test_a_forced_prefix_is_listed_too(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, lexicon: Lexicon
) -> None:
    rules = [{"name": "forced-prefix", "text": "neun zehn"}]
    search = searching(candidates=1, frequent=0, constraints=rules)
    sources = ["one", "two three"]
    for source in sources:
        wanted = set(vocabulary.encode_target(["neun zehn"])[0])
        assert not wanted <= listed(source, lexicon, vocabulary, search)
    model = translator(tiny, vocabulary)
    translations = translate(model, vocabulary, sources, search, lexicon=lexicon)
    assert all(translation.text.startswith("neun zehn") for translation in translations)


def test_the_shortlist_of_a_text_has_a_forced_prefix_too(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("eins")
    rules = [{"name": "forced-prefix", "text": "neun zehn"}]
    head = {"name": "shortlist", "text": str(tmp_path / "words")}
    search = SearchConfig.model_validate({**SHORT, "head": head, "constraints": rules})
    (translation,) = translate(translator(tiny, vocabulary), vocabulary, ["one"], search)
    assert translation.text.startswith("neun zehn")


def test_large_weights_in_variables_give_the_same(
    tiny: ArchitectureConfig,
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainer.export.weights.CONSTANT_BYTES", 0)
    model, search = translator(tiny, vocabulary), searching()
    servable = Servable(model, vocabulary, search, lexicon=lexicon)
    assert servable.variables
    answers = servable.serving_default(tf.constant(SOURCES))
    expected = translate(model, vocabulary, SOURCES, search, lexicon=lexicon)
    texts = [answered.decode() for answered in answers["translation"].numpy()]
    assert texts == [translation.text for translation in expected]


def test_what_it_cannot_do_without_is_said(
    tiny: ArchitectureConfig, vocabulary: Vocabulary, lexicon: Lexicon
) -> None:
    model = translator(tiny, vocabulary)
    with pytest.raises(
        ExportError, match=r"lexical-shortlist asks for the lexicon .* train it with this head"
    ):
        Servable(model, vocabulary, searching())
    unable: Any = object()
    resources = Resources(unable, Pieces(320, 3, vocabulary.encode_target), unable, lexicon, ())
    with pytest.raises(ExportError, match=r"object, as which .* no output layer .* or choose the head full"):
        build_decoder(searching().head, resources)


def test_columns_that_the_graph_works_out_are_those_that_are_known() -> None:
    draws = np.random.default_rng(1)
    kernel, bias = draws.normal(size=(3, 9)).astype(np.float32), np.arange(9, dtype=np.float32)
    places = np.array([0, 4, 8], np.int32)
    wanted = LinearWeights(kernel, bias).columns(places)
    variables: Any = tf.Variable(kernel), tf.Variable(bias)
    for linear in (LinearWeights(kernel, bias), LinearWeights(*variables)):
        for own, known in zip(linear.gathered(tf.constant(places)), wanted, strict=True):
            np.testing.assert_array_equal(own, known)
