"""Of several workers that fetch a package at once, all have it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.serving.gateway.fetched import _fetched


def test_who_comes_second_takes_what_the_first_has_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_late(self: Path, target: Path) -> Path:
        target.mkdir()  # Another worker, just before.
        (target / "first").touch()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_late)
    cache: Any = SimpleNamespace(mkdir=lambda _: tmp_path)
    try:
        folder = _fetched(cache, "package-1", ["true"])
    except pytest.skip.Exception as skipped:
        pytest.fail(str(skipped))
    assert [file.name for file in folder.iterdir()] == ["first"]
    assert list(tmp_path.iterdir()) == [folder]
