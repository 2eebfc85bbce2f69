"""What commit fff8562 left (tests/fixtures/fff8562/README.md), unpacked."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compatibility.place import move, unpack

FIXTURE = Path(__file__).parents[1] / "fixtures" / "fff8562"


@dataclass(frozen=True)
class Old:
    """`models/` and `runs/old` of that day in a folder, and what its versions answered."""

    folder: Path

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def workspace(self) -> Path:
        return self.folder / "runs" / "old"

    def artifact(self, component: str, output: str, execution: int) -> Path:
        return self.workspace / "artifacts" / component / output / str(execution)

    @property
    def translator(self) -> Path:
        """Of version 1."""
        return self.artifact("Trainer", "model_run", 8) / "translator"


@dataclass(frozen=True)
class Answers:
    """The sources, and of each version for each source its hypotheses and their scores, the best first."""

    sources: list[str]
    hypotheses: dict[int, list[list[tuple[str, float]]]]

    def best(self, version: int) -> list[str]:
        return [ranked[0][0] for ranked in self.hypotheses[version]]

    def scores(self, version: int) -> list[float]:
        return [ranked[0][1] for ranked in self.hypotheses[version]]


@pytest.fixture(scope="session")
def answers() -> Answers:
    stored = json.loads((FIXTURE / "translations.json").read_text(encoding="utf-8"))
    versions = {
        int(version): [[(text, score) for text, score in ranked] for ranked in rows]
        for version, rows in stored["versions"].items()
    }
    return Answers(stored["sources"], versions)


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Old:
    """To be read only."""
    folder = tmp_path_factory.mktemp("fff8562")
    unpack(FIXTURE / "run.tar.xz", folder)
    return Old(folder)


@pytest.fixture
def old(unpacked: Old, tmp_path: Path) -> Old:
    """To be changed."""
    folder = tmp_path / "old"
    shutil.copytree(unpacked.folder, folder)
    move(folder, str(unpacked.folder), str(folder))
    return Old(folder)
