"""The architectures that the tests bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.kinds import FOLDERS, add_folders


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of `architectures/` beside this file are found."""
    monkeypatch.setenv(FOLDERS, "")
    add_folders([Path(__file__).parent])
