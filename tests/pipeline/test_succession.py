"""What the candidate would take the place of translates the same languages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.card import EXTRA, JSON_NAME
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.load import parse
from pipeline.succession import refuse_other_languages
from serving.rollout import Rollout
from tests.pipeline.push.cards import card

REPOSITORY = Path(__file__).parents[2]


def config(root: Path, source: str, target: str, allowed: bool = False) -> RunConfig:
    return parse(
        f"{{name: m, languages: {{source: {source}, target: {target}}}, corpora: [{{format: embedded}}], "
        f"push: {{model_root: '{root}', allow_other_languages: {allowed}}}}}"
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Version 1 of m serves, and translates en to de."""
    folder = tmp_path / "m" / "1"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"model")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / EXTRA).mkdir()
    (folder / EXTRA / JSON_NAME).write_text(card().as_json())
    Rollout(tmp_path).promote("m", 1)
    return tmp_path


@pytest.mark.parametrize(("source", "target"), [("en", "fr"), ("de", "en"), ("en", "nl")])
def test_other_languages_are_refused(root: Path, source: str, target: str) -> None:
    with pytest.raises(ConfigurationError, match=f"version 1 of m.* en to de.*{source} to {target}: give"):
        refuse_other_languages(config(root, source, target))
    refuse_other_languages(config(root, source, target, allowed=True))


@pytest.mark.parametrize(("source", "target"), [("en", "de"), ("en-GB", "de"), ("en", "de-AT")])
def test_the_same_languages_pass(root: Path, source: str, target: str) -> None:
    refuse_other_languages(config(root, source, target))


def test_what_says_nothing_of_its_languages_stops_nobody(root: Path) -> None:
    (root / "m" / "1" / EXTRA / JSON_NAME).write_text("{}")
    refuse_other_languages(config(root, "en", "fr"))
    (root / "models.config").unlink()
    refuse_other_languages(config(root, "en", "fr"))


def test_it_is_known_before_tensorflow_is_loaded() -> None:
    code = "import sys, pipeline.succession; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
