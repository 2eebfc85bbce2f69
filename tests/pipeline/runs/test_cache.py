"""What TFX's cache would say, asked beforehand: also of components whose drivers look at files."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.kinds import FOLDERS, add_folders
from pipeline.config import RunConfig
from pipeline.errors import ComponentError
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
from tfx.components.example_gen.driver import FileBasedDriver
from tfx.orchestration.portable.base_driver import BaseDriver
from tfx.proto.example_gen_pb2 import Input
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput

from contracts.sections import Section
from pipeline.steps.base import Components, Step


class Settings(Section):
    folder: str
    pattern: str = "*"
    driver: str = ""


class Portable(BaseDriver):
    def run(self, execution_info):
        output = DriverOutput()
        output.exec_properties["span"].int_value = 0
        return output


class Running(FileBasedDriver):
    def run(self, execution_info):
        return super().run(execution_info)


class Table(Step):
    settings = Settings

    def components(self, run, channels):
        files = Input(splits=[Input.Split(name="rows", pattern=run.settings.pattern)])
        node = CsvExampleGen(input_base=run.settings.folder, input_config=files)
        node.driver_class = globals().get(run.settings.driver, node.driver_class)
        return Components((node,))


STEP = Table()
"""


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table, and a recipe with a step that reads it."""
    monkeypatch.setenv(FOLDERS, "")
    for kind, name, text in (("recipes", "tabled", RECIPE), ("steps", "table", STEP)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{name}.py").write_text(text)
    add_folders([tmp_path])
    path = tmp_path / "rows" / "rows.csv"
    path.parent.mkdir()
    path.write_text("word\none\n")
    return path


def tabled(rows: Path, **settings: str) -> RunConfig:
    folder = rows.parents[1]
    return config(
        {"format": "embedded", "pairs": 100},
        recipe="tabled",
        steps={"table": {"folder": str(rows.parent), **settings}},
        workspace=str(folder / "runs"),
        push={"model_root": str(folder / "models")},
    )


def test_the_driver_of_an_ingestion_is_asked(rows: Path) -> None:
    run_config = tabled(rows)
    workspace = Workspace.of(run_config)
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": False, "CsvExampleGen": False}
    run(run_config, Notes())
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": True, "CsvExampleGen": True}
    for driver in ("Portable", "Running"):  # Only a run can ask these.
        cached = cached_components(tabled(rows, driver=driver), workspace)
        assert cached == {"CorpusExampleGen": True, "CsvExampleGen": False}, driver
    rows.write_text("word\none\ntwo\n")
    assert cached_components(run_config, workspace) == {"CorpusExampleGen": True, "CsvExampleGen": False}


def test_what_a_driver_does_not_find_is_an_error_of_ours(rows: Path) -> None:
    run_config = tabled(rows, pattern="span-{SPAN}/*")
    with pytest.raises(ComponentError, match="CsvExampleGen failed: ValueError: Cannot find matching"):
        cached_components(run_config, Workspace.of(run_config))
