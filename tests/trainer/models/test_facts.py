"""What a stored translator says of its network: read without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trainer.errors import TrainerError
from trainer.models.facts import TranslatorFacts
from trainer.models.transformer import TransformerConfig


def test_facts_are_read_without_keras(tmp_path: Path) -> None:
    facts = TranslatorFacts(TransformerConfig(width=64))
    facts.save(tmp_path)
    assert TranslatorFacts.load(tmp_path) == facts
    code = (
        "import sys\nfrom pathlib import Path\nfrom trainer.models.facts import TranslatorFacts\n"
        "print(TranslatorFacts.load(Path(sys.argv[1])).model.width)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["64"], done.stderr


def test_a_folder_that_says_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=f"{tmp_path} holds no trained translator"):
        TranslatorFacts.load(tmp_path)
