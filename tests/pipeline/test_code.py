"""The code's version in the cache key: what counts as a change, and what a change runs again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import code
from pipeline.code import code_version
from pipeline.components.clean import Cleaner
from pipeline.components.ingest import CorpusExampleGen
from pipeline.runner import Executed, assemble, execute
from pipeline.workspace import Workspace
from tests.pipeline.components.runs import config, pair_corpus
from tests.pipeline.test_runner import Notes

HELPER = '''"""Text."""

def half(x):
    """Text."""
    from trainer.maths import two
    return x / two
'''
COMPONENT = """import os
from pipeline import helper
from pipeline.config import limit
"""
FILES = {
    "pipeline/__init__.py": "",
    "pipeline/config.py": "limit = 1\n",
    "pipeline/part/__init__.py": '"""Text."""\n',
    "pipeline/part/component.py": COMPONENT,
    "pipeline/part/page.html": "<p>",
    "pipeline/helper.py": HELPER,
    "pipeline/unrelated.py": "x = 1\n",
    "trainer/__init__.py": "",
    "trainer/maths.py": "two = 2\n",
}


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def version_with(rooms: Path, name: str, text: str) -> str:
    """The component's version when one file has another text."""
    code._read.cache_clear()
    before = (rooms / name).read_text()
    (rooms / name).write_text(text)
    try:
        return code_version("pipeline.part.component", rooms)
    finally:
        (rooms / name).write_text(before)
        code._read.cache_clear()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline/part/component.py", COMPONENT + "x = 1\n"),
        ("pipeline/helper.py", HELPER.replace("/", "//")),
        ("trainer/maths.py", "two = 3\n"),
        ("pipeline/__init__.py", "x = 1\n"),
        ("pipeline/part/page.html", "<b>"),
    ],
)
def test_what_a_component_runs_is_in_its_version(rooms: Path, name: str, text: str) -> None:
    assert version_with(rooms, name, text) != code_version("pipeline.part.component", rooms)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline/helper.py", HELPER.replace("Text.", "Other.") + "# why\n\n"),
        ("pipeline/unrelated.py", "x = 2\n"),
        ("pipeline/config.py", "limit = 1\nother = 2\n"),
    ],
)
def test_texts_for_readers_and_other_peoples_code_are_not(rooms: Path, name: str, text: str) -> None:
    assert version_with(rooms, name, text) == code_version("pipeline.part.component", rooms)


def test_the_generator_of_the_embedded_corpus_is_part_of_ingestion_alone() -> None:
    lexicon = "grammar.lexicon"
    assert lexicon in code._closure("texts.formats.embedded", code.ROOT)
    assert lexicon not in code._closure(CorpusExampleGen.__module__, code.ROOT)
    assert lexicon not in code._closure(Cleaner.__module__, code.ROOT)


def test_a_format_is_part_of_the_ingestion_that_names_it(tmp_path: Path) -> None:
    pairs = pair_corpus(tmp_path, train=[("a", "b")], dev=[("d", "e")], test=[("t", "u")])
    versions = []
    for corpora in ([pairs], [pairs, {"format": "embedded"}], [pairs, {**pairs, "name": "other"}]):
        ingest = CorpusExampleGen(config(*corpora))
        code.stamp(ingest)
        versions.append(ingest.exec_properties[code.PROPERTY])
    assert versions[0] != versions[1]
    assert versions[0] == versions[2]


def test_changed_code_runs_again_and_unchanged_code_is_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = pair_corpus(tmp_path, train=[("a house", "ein Haus")], dev=[("d", "e")], test=[("t", "u")])
    workspace = Workspace(tmp_path / "run")

    def run() -> dict[str, Executed]:
        ingest = CorpusExampleGen(config(corpus))
        cleaner = Cleaner(ingest.outputs["examples"], config(corpus))
        with workspace.locked():
            return execute(assemble("t", [ingest, cleaner], workspace), workspace, Notes())

    def cached() -> dict[str, bool]:
        return {component: executed.cached for component, executed in run().items()}

    assert cached() == {"CorpusExampleGen": False, "Cleaner": False}
    assert cached() == {"CorpusExampleGen": True, "Cleaner": True}
    real = code.code_version

    def another_cleaner(module: str, **given: Any) -> str:
        return real(module, **given) + "!" * (module == Cleaner.__module__)

    with monkeypatch.context() as patched:
        patched.setattr(code, "code_version", another_cleaner)
        assert cached() == {"CorpusExampleGen": True, "Cleaner": False}
        assert cached() == {"CorpusExampleGen": True, "Cleaner": True}
    # And back: what the old code made is there still.
    assert cached() == {"CorpusExampleGen": True, "Cleaner": True}
