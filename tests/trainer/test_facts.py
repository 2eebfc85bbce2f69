"""What stored folders say of themselves: written as ever, read without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trainer.errors import DataError, TrainerError
from trainer.facts import TranslatorFacts, VocabularyFacts
from trainer.models.transformer import TransformerConfig

_PLAIN = '{\n  "shared": true,\n  "source_size": 320,\n  "target_size": 320\n}\n'


def test_what_a_vocabulary_has_not_is_not_written(tmp_path: Path) -> None:
    plain = VocabularyFacts(shared=True, source_size=320, target_size=320)
    more = {"targets": ("de", "fr"), "protected": 2, "context": True}
    for facts in (plain, plain.model_copy(update=more)):
        facts.save(tmp_path)
        assert VocabularyFacts.load(tmp_path) == facts
        assert ((tmp_path / "vocabulary.json").read_text() == _PLAIN) == (facts is plain)


def test_facts_are_read_without_keras(tmp_path: Path) -> None:
    facts = TranslatorFacts(TransformerConfig(width=64))
    facts.save(tmp_path)
    assert TranslatorFacts.load(tmp_path) == facts
    code = (
        "import sys\nfrom pathlib import Path\nfrom trainer.facts import TranslatorFacts\n"
        "print(TranslatorFacts.load(Path(sys.argv[1])).model.width)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["64"], done.stderr


def test_a_folder_that_says_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=f"{tmp_path} holds no trained translator"):
        TranslatorFacts.load(tmp_path)
    with pytest.raises(DataError, match=f"{tmp_path} is not a vocabulary"):
        VocabularyFacts.load(tmp_path)
    (tmp_path / "vocabulary.json").write_text("{}")
    with pytest.raises(DataError, match=r"is not a vocabulary \(shared: Field required\)"):
        VocabularyFacts.load(tmp_path)
