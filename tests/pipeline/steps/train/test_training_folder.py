"""What a training is known by: also code and files that are not the project's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.kinds import FOLDERS, add_folders
from pipeline.steps.train.settings import TrainerSettings
from pipeline.steps.train.training_folder import training_folder

SCHEDULE = '''
from pathlib import Path
from typing import Literal

from trainer.schedules.base import ScheduleConfig


class Table(ScheduleConfig):
    """Rates from a file."""

    name: Literal["table"] = "table"
    rates: Path

    def share(self, update, warmup_steps, done):
        return 1.0

    def named_files(self):
        return (self.rates,)
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's schedule, and the file that it reads."""
    monkeypatch.setenv(FOLDERS, "")
    path = tmp_path / "mine" / "schedules" / "table.py"
    path.parent.mkdir(parents=True)
    path.write_text(SCHEDULE)
    (tmp_path / "rates").write_text("1 2 3")
    add_folders([path.parents[1]])
    return path


def key(folder: Path, **training: Any) -> str:
    settings = TrainerSettings.model_validate(
        {
            "languages": {"source": "en", "target": "de"},
            "model": {},
            "training": training,
            "search": {},
            "tokenize": "13a",
        }
    )
    return training_folder(folder / "checkpoints", settings, [], 1).name


def test_a_users_code_and_files_are_in_the_key_of_the_training_that_uses_them(
    mine: Path, tmp_path: Path
) -> None:
    ours = key(tmp_path)
    schedule = {"name": "table", "rates": str(tmp_path / "rates")}
    theirs = key(tmp_path, schedule=schedule)
    mine.write_text(f"{SCHEDULE}# why\n")
    assert key(tmp_path, schedule=schedule) == theirs
    mine.write_text(SCHEDULE.replace("return 1.0", "return 0.5"))
    changed = key(tmp_path, schedule=schedule)
    (tmp_path / "rates").write_text("1 2")
    assert len({ours, theirs, changed, key(tmp_path, schedule=schedule)}) == 4
    assert key(tmp_path) == ours


def test_a_training_with_nothing_of_a_users_has_the_key_that_it_had(tmp_path: Path) -> None:
    assert key(tmp_path) == "3a55db117e5662e3e0cca18847d602e7ddbc84c58967a5ea686656541608e1e1"
