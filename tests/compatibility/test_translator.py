"""A stored translator of then: it loads, and its search comes to what its export answered."""

from __future__ import annotations

import pytest

from pipeline.config.load import load
from tests.compatibility.conftest import FIXTURE, Answers, Old
from trainer.export import translate
from trainer.store import load_translator


def test_a_stored_translator_loads_and_translates_the_same(unpacked: Old, answers: Answers) -> None:
    translator, vocabulary = load_translator(unpacked.translator)
    translations = translate(translator, vocabulary, answers.sources, load(FIXTURE / "run.yaml").search)
    assert [translation.text for translation in translations] == answers.best(1)
    assert [translation.score for translation in translations] == pytest.approx(answers.scores(1), rel=1e-4)
