"""What TFX's cache would say, asked beforehand: also of components whose drivers look at files."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.kinds import FOLDERS, add_folders
from pipeline.runs.cache import cached_components
from pipeline.workspace.workspace import Workspace
from tests.pipeline.recipes.test_trainings import run
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config

RECIPE = """
from pipeline.recipes.base import Use

STEPS = (Use("ingest"), Use("table"))
"""
STEP = """
from tfx.components import CsvExampleGen

from contracts.sections import Section
from pipeline.steps.base import Components, Step


class Settings(Section):
    folder: str


class Table(Step):
    settings = Settings

    def components(self, run, channels):
        return Components((CsvExampleGen(input_base=run.settings.folder),))


STEP = Table()
"""


def test_a_driver_of_its_own_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    for kind, name, text in (("recipes", "tabled", RECIPE), ("steps", "table", STEP)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{name}.py").write_text(text)
    add_folders([tmp_path])
    rows = tmp_path / "rows" / "rows.csv"
    rows.parent.mkdir()
    rows.write_text("word\none\n")
    run_config = config(
        {"format": "embedded", "pairs": 100},
        recipe="tabled",
        steps={"table": {"folder": str(rows.parent)}},
        workspace=str(tmp_path / "runs"),
        push={"model_root": str(tmp_path / "models")},
    )
    workspace = Workspace.of(run_config)
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": False, "CsvExampleGen": False}
    run(run_config, Notes())
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": True, "CsvExampleGen": True}
    rows.write_text("word\none\ntwo\n")
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": True, "CsvExampleGen": False}
