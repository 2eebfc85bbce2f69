"""The code's version in the cache key: what counts as a change, and what a change runs again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tfx import types
from tfx.types import standard_artifacts

from contracts.kinds import FOLDERS, Kind, KindError
from pipeline import code
from pipeline.code import code_version, stamp
from pipeline.config import RunConfig
from pipeline.runs.build import build
from pipeline.runs.runner import Executed, assemble, execute
from pipeline.steps.clean.component import Cleaner
from pipeline.steps.ingest.component import CorpusExampleGen
from pipeline.workspace.workspace import Workspace
from serving.backends import BINARY_VARIABLE
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config, pair_corpus

HELPER = '''"""Text."""

def half(x):
    """Text."""
    from trainer.maths import two
    return x / two
'''
COMPONENT = """import os
from pipeline import helper
from pipeline.config import limit
from pipeline.part import plain
"""
PLAIN = """from pydantic import Field
from trainer.config import Section

class PlainConfig(Section):
    width: int = 8

    def double(self):
        return 2 * self.width
"""
FILES = {
    "pipeline/__init__.py": "",
    "pipeline/config.py": "limit = 1\n",
    "pipeline/part/__init__.py": '"""Text."""\n',
    "pipeline/part/component.py": COMPONENT,
    "pipeline/part/page.html": "<p>",
    "pipeline/helper.py": HELPER,
    "pipeline/part/plain.py": PLAIN,
    "pipeline/unrelated.py": "x = 1\n",
    "trainer/__init__.py": "",
    "trainer/maths.py": "two = 2\n",
}


RULE = """(mode="after")
    def _even(self):
        return self

"""


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def version_with(rooms: Path, name: str, text: str) -> str:
    """The component's version when one file has another text."""
    before = (rooms / name).read_text()
    (rooms / name).write_text(text)
    try:
        return code_version("pipeline.part.component", rooms)
    finally:
        (rooms / name).write_text(before)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline/part/component.py", COMPONENT + "x = 1\n"),
        ("pipeline/helper.py", HELPER.replace("/", "//")),
        ("trainer/maths.py", "two = 3\n"),
        ("pipeline/__init__.py", "x = 1\n"),
        ("pipeline/part/page.html", "<b>"),
        ("pipeline/part/plain.py", PLAIN.replace("2 *", "3 *")),
        ("pipeline/part/plain.py", PLAIN.replace("= 8", "= 8\n    heads: ClassVar[int] = 2")),
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
        ("pipeline/part/plain.py", PLAIN.replace("= 8", "= Field(16, ge=1)\n    'In columns.'")),
        ("pipeline/part/plain.py", PLAIN.replace("from pydantic import Field\n", "")),
        ("pipeline/part/plain.py", PLAIN.replace("    def", f"    @model_validator{RULE}    def")),
        ("pipeline/part/plain.py", f"{PLAIN}class MoreConfig(PlainConfig):\n    depth: int = 1\n"),
    ],
)
def test_texts_for_readers_and_other_peoples_code_are_not(rooms: Path, name: str, text: str) -> None:
    assert version_with(rooms, name, text) == code_version("pipeline.part.component", rooms)


def test_the_generator_of_the_embedded_corpus_is_part_of_ingestion_alone() -> None:
    lexicon = "grammar.lexicon"
    rooms = dict.fromkeys(code._ROOMS, code.ROOT)
    assert lexicon in code._closure(["texts.formats.embedded"], rooms)
    assert lexicon not in code._closure([CorpusExampleGen.__module__], rooms)
    assert lexicon not in code._closure([Cleaner.__module__], rooms)


def changed_by(file: str, settings: RunConfig, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The components of a run whose versions are others when a file of ours does something else."""
    read = code._read

    def versions(changed: Path | None = None) -> dict[str, Any]:
        def other(path: Path, ours: bool) -> tuple[str, tuple[str, ...]]:
            digest, imported = read(path, ours)
            return digest[::-1] if path == changed else digest, imported

        monkeypatch.setattr(code, "_read", other)
        nodes = build(settings, Workspace(workspace)).pipeline.components
        return {node.id: node.exec_properties.get(code.PROPERTY) for node in nodes}

    before, after = versions(), versions(code.ROOT / file)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("backend", "file", "users"),
    [
        ("embedded", "serving/server/main.py", {"ServingCheck"}),
        ("binary", "serving/server/main.py", set()),
        ("binary", "serving/client/sync.py", {"ServingCheck", "Push"}),
        ("binary", "serving/versions.py", {"ServingCheck", "Push"}),
    ],
)
def test_the_code_of_servers_counts_where_a_run_uses_it_and_never_trains_again(
    backend: str, file: str, users: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BINARY_VARIABLE, sys.executable)
    settings = config({"format": "embedded"}, serving_check={"backend": backend})
    assert changed_by(file, settings, tmp_path, monkeypatch) == users


@pytest.mark.parametrize(
    ("file", "users"),
    [
        ("pipeline/steps/validate/directions.py", {"Report"}),
        ("pipeline/steps/validate/__init__.py", {"Report"}),
        ("pipeline/steps/train/__init__.py", set()),
    ],
)
def test_what_a_step_says_in_the_report_is_in_the_reports_version_alone(
    file: str, users: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directions = {"trained": ["de-en", "en-de"]}
    settings = config({"format": "embedded"}, directions=directions, serving_check={"backend": "embedded"})
    assert changed_by(file, settings, tmp_path, monkeypatch) == users


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


GRU = """from trainer.maths import two
from gates.sigmoid import gate
"""


@pytest.fixture
def gru(tmp_path: Path) -> Path:
    """A user's file, in no package."""
    path = tmp_path / "mine" / "architectures" / "gru.py"
    path.parent.mkdir(parents=True)
    path.write_text(GRU)
    return path


def test_what_is_found_by_name_counts_with_what_it_imports_wherever_it_lies(rooms: Path, gru: Path) -> None:
    def version(*things: Path) -> str:
        return code_version("pipeline.unrelated", rooms, things)

    plain, with_gru = version(), version(gru)
    assert len({plain, with_gru, version(rooms / "pipeline" / "helper.py")}) == 3
    (rooms / "trainer" / "maths.py").write_text("two = 3\n")
    assert version() == plain
    other_maths = version(gru)
    assert other_maths != with_gru
    gru.write_text(f"{GRU}# why\n")
    assert version(gru) == other_maths
    gru.write_text(f"{GRU}x = 1\n")
    assert version(gru) != other_maths


def test_an_installed_packages_thing_counts_with_its_package(rooms: Path, tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "gates"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "gru.py").write_text("from gates.sigmoid import gate\n")
    (package / "sigmoid.py").write_text("gate = 1\n")

    def version() -> str:
        return code_version("pipeline.unrelated", rooms, [package / "gru.py"])

    before = version()
    (package / "sigmoid.py").write_text("gate = 2\n")
    assert version() != before


def test_of_a_users_folder_all_files_count(rooms: Path, tmp_path: Path) -> None:
    package = tmp_path / "mine" / "architectures" / "gru"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .cell import gate\n")
    (package / "cell.py").write_text("gate = 1\n")

    def version() -> str:
        return code_version("pipeline.unrelated", rooms, [package / "__init__.py"])

    before = version()
    (package / "cell.py").write_text("gate = 2\n")
    assert version() != before


def test_a_users_file_may_have_the_name_of_a_room(rooms: Path, gru: Path) -> None:
    same_name = gru.rename(gru.with_name("trainer.py"))
    before = code_version("pipeline.unrelated", rooms, [same_name])
    same_name.write_text("x = 1\n")
    assert code_version("pipeline.unrelated", rooms, [same_name]) != before


def test_a_component_says_what_it_finds_by_name(gru: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, str(gru.parents[1]))
    kind = Kind("architecture", "tests.contracts")

    def stamped(*things: tuple[Kind, str]) -> str:
        cleaner = Cleaner(types.Channel(type=standard_artifacts.Examples), config({"format": "embedded"}))
        cleaner.things = things
        stamp(cleaner)
        version: str = cleaner.exec_properties[code.PROPERTY]
        return version

    before = stamped((kind, "gru"))
    assert before != stamped()
    gru.write_text("x = 1\n")
    assert stamped((kind, "gru")) != before
    with pytest.raises(KindError, match="there is no architecture `lstm`"):
        stamped((kind, "lstm"))


def test_what_settings_files_hold_is_in_the_cache_key(tmp_path: Path) -> None:
    def stamped(*files: Path) -> dict[str, Any]:
        cleaner = Cleaner(types.Channel(type=standard_artifacts.Examples), config({"format": "embedded"}))
        cleaner.files = files
        stamp(cleaner)
        return dict(cleaner.exec_properties)

    assert code.FILES_PROPERTY not in stamped()
    text = tmp_path / "text"
    digests = set()
    for content in ("ein Haus", "ein Baum"):
        text.write_text(content)
        digests.add(stamped(text)[code.FILES_PROPERTY])
    assert len(digests) == 2


def test_a_default_that_a_users_file_changes_counts(rooms: Path, gru: Path) -> None:
    """In ours a test notices it."""
    versions = set()
    for width in (64, 128):
        gru.write_text(f"class GruConfig(ArchitectureConfig):\n    width: int = {width}\n")
        versions.add(code_version("pipeline.unrelated", rooms, [gru]))
    assert len(versions) == 2
