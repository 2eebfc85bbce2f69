"""A disk that fills up in a component: one clear line, and the next run goes on once there is space."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.errors import ExitCode
from pipeline.components.clean import Cleaner
from pipeline.components.ingest import CorpusExampleGen
from pipeline.config import RunConfig
from pipeline.errors import ComponentError
from pipeline.quiet import redirected
from pipeline.runner import Executed, assemble, execute
from pipeline.workspace import Workspace
from tests.pipeline.components.runs import config, pair_corpus
from tests.pipeline.conftest import fill
from tests.pipeline.test_runner import Notes

ROOT = Path(__file__).parents[2]
CURE = "failed: no space left on the disk: free some and run again, what is done is kept"
PAIRS = 6000


@pytest.fixture
def run_config(tmp_path: Path) -> RunConfig:
    """A corpus of which a shard has a megabyte: letters by chance, which do not compress well."""
    chance = random.Random(1)

    def text() -> str:
        return " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=20)) for _ in range(6))

    rows = [(text(), text()) for _ in range(PAIRS)]
    return config(pair_corpus(tmp_path, train=rows, dev=rows[:1], test=[("t", "u")]))


def run(run_config: RunConfig, disk: Path) -> dict[str, Executed]:
    """Ingest and clean, with the log on the same disk as all else."""
    workspace = Workspace(disk / "run")
    ingest = CorpusExampleGen(run_config)
    nodes = [ingest, Cleaner(ingest.outputs["examples"], run_config)]
    with workspace.locked(), redirected(workspace.logs / "log"):
        return execute(assemble("t", nodes, workspace), workspace, Notes())


def only_ingested(run_config: RunConfig, disk: Path) -> None:
    workspace = Workspace(disk / "run")
    with workspace.locked():
        execute(assemble("t", [CorpusExampleGen(run_config)], workspace), workspace, Notes())


def assert_clear(error: BaseException, component: str) -> None:
    assert str(error) == f"{component} {CURE}"
    assert error.exit_code == ExitCode.FAILED


def assert_whole(done: dict[str, Executed], disk: Path) -> None:
    kept = done["Cleaner"].outputs["cleaned_examples"] / "Split-train"
    assert [path.suffix for path in kept.iterdir()] == [".gz"]
    assert not list((disk / "run" / "artifacts").rglob(".partial-*"))


def test_ingestion(small_disk: Path, run_config: RunConfig) -> None:
    ballast = fill(small_disk, spare=800_000)
    with pytest.raises(ComponentError) as raised:
        run(run_config, small_disk)
    assert_clear(raised.value, "CorpusExampleGen")
    ballast.unlink()
    assert_whole(run(run_config, small_disk), small_disk)


def test_cleaner(small_disk: Path, run_config: RunConfig) -> None:
    only_ingested(run_config, small_disk)
    ballast = fill(small_disk, spare=300_000)
    with pytest.raises(ComponentError) as raised:
        run(run_config, small_disk)
    assert_clear(raised.value, "Cleaner")
    ballast.unlink()
    done = run(run_config, small_disk)
    assert_whole(done, small_disk)
    assert done["CorpusExampleGen"].cached


@pytest.mark.parametrize("spare", [0, 40_000])
def test_no_space_for_the_metadata(small_disk: Path, run_config: RunConfig, spare: int) -> None:
    ballast = fill(small_disk, spare)
    with pytest.raises(ComponentError, match="failed: no space left on the disk"):
        run(run_config, small_disk)
    ballast.unlink()
    assert_whole(run(run_config, small_disk), small_disk)


@pytest.mark.parametrize("spare", [0, 800_000])
def test_the_command_ends_with_one_line_and_exit_code_1(small_disk: Path, tmp_path: Path, spare: int) -> None:
    values = {
        "name": "full",
        "languages": {"source": "en", "target": "de"},
        "corpora": [{"format": "embedded", "pairs": 50_000}],
        "workspace": str(small_disk / "runs"),
        "push": {"model_root": str(tmp_path / "models")},
    }
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(values))
    fill(small_disk, spare)
    done = subprocess.run(
        [sys.executable, "-m", "dragoman", "run", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == ExitCode.FAILED
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "o space left on" in done.stderr.strip().splitlines()[-1]
