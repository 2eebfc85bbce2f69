"""Packages are loaded when something of them is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.runs.late import defer

PACKAGE = {
    "__init__.py": (
        "from large_package_of_ours.first import FIRST\n"
        "from large_package_of_ours import second\nALL = [FIRST]\n"
    ),
    "first.py": "FIRST = 1\n",
    "second.py": "from large_package_of_ours import first\nSECOND = first.FIRST + 1\n",
    "inner/__init__.py": "INNER = 3\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "large_package_of_ours"
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield folder.name
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _loaded(package: str) -> set[str]:
    return {name.removeprefix(f"{package}.") for name in sys.modules if name.startswith(f"{package}.")}


def test_a_module_is_imported_without_the_others(package: str) -> None:
    defer(package)
    assert importlib.import_module(f"{package}.first").FIRST == 1
    assert _loaded(package) == {"first"}
    loaded = importlib.import_module(package)
    assert loaded.second.SECOND == 2
    assert loaded.inner.INNER == 3
    assert _loaded(package) == {"first", "second", "inner"}
    assert "ALL" not in vars(loaded)


def test_a_name_of_the_package_loads_all_of_it(package: str) -> None:
    defer(package)
    loaded = importlib.import_module(package)
    assert loaded.ALL == [1]
    assert _loaded(package) == {"first", "second"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        loaded.nothing  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name"):
        exec(f"from {package} import nothing_either")


def test_what_is_imported_already_or_not_installed_is_left_alone(package: str) -> None:
    loaded = importlib.import_module(package)
    defer(package, "no_package_of_ours")
    assert sys.modules[package] is loaded
    assert "no_package_of_ours" not in sys.modules
