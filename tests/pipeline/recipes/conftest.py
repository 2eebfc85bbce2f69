"""For the tests of recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.kinds import FOLDERS, add_folders
from tests.pipeline.recipes.added import RECIPE, STEP, STUDENT, WITH_REPORT


@pytest.fixture
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the recipe and the step."""
    monkeypatch.setenv(FOLDERS, "")
    folder = tmp_path / "extensions"
    for kind, name, text in (
        ("recipes", "three", RECIPE),
        ("recipes", "with_report", WITH_REPORT),
        ("recipes", "student", STUDENT),
        ("steps", "count", STEP),
    ):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{name}.py").write_text(text)
    add_folders([folder])
    return folder
