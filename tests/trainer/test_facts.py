"""What a vocabulary says of itself: written as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.errors import DataError
from trainer.facts import VocabularyFacts

_PLAIN = '{\n  "shared": true,\n  "source_size": 320,\n  "target_size": 320\n}\n'


def test_what_a_vocabulary_has_not_is_not_written(tmp_path: Path) -> None:
    plain = VocabularyFacts(shared=True, source_size=320, target_size=320)
    more = {"targets": ("de", "fr"), "protected": 2, "context": True}
    for facts in (plain, plain.model_copy(update=more)):
        facts.save(tmp_path)
        assert VocabularyFacts.load(tmp_path) == facts
        assert ((tmp_path / "vocabulary.json").read_text() == _PLAIN) == (facts is plain)


def test_a_folder_that_says_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"{tmp_path} is not a vocabulary"):
        VocabularyFacts.load(tmp_path)
    (tmp_path / "vocabulary.json").write_text("{}")
    with pytest.raises(DataError, match=r"is not a vocabulary \(shared: Field required\)"):
        VocabularyFacts.load(tmp_path)
