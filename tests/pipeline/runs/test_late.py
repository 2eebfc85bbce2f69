"""Packages are loaded when something of them is asked for."""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.runs import late
from pipeline.runs.late import defer, starting

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


def test_a_part_of_what_is_not_installed_is_left_alone() -> None:
    defer("no_package_of_ours.part")
    assert "no_package_of_ours.part" not in sys.modules


CONNECTORS = """
import gc, sys
from pipeline.runs.late import starting
with starting():
    assert not gc.isenabled()
    import apache_beam as beam
assert gc.isenabled() and gc.get_freeze_count() > 100_000
assert "keras" not in sys.modules and "google.cloud.bigquery.client" not in sys.modules
from apache_beam.io.gcp import bigquery_tools, gcsfilesystem, pubsub
assert beam.io.ReadFromBigQuery and beam.io.ReadFromPubSub
print(bigquery_tools.gcp_bigquery.Client.__name__, pubsub.pubsub.types.PubsubMessage.__name__)
from tensorflow import keras
print(keras.layers.Dense.__name__)
import tensorflow as tf
print(tf.keras.Model.__name__, tf.keras.__version__[0])
"""


def test_what_is_late_is_there_when_it_is_asked_for() -> None:
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "0"}  # as `dragoman.main` sets it
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CONNECTORS], capture_output=True, text=True, env=environment
    )
    assert done.stdout.split() == ["Client", "PubsubMessage", "Dense", "Model", "3"], done.stderr


def test_an_error_at_the_start_leaves_the_collector_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "DEFERRED", ())  # Other tests are in this process.
    monkeypatch.setattr(late, "_import_tensorflow", lambda: None)
    with pytest.raises(ValueError, match="no pipeline"), starting():
        raise ValueError("no pipeline")
    assert gc.isenabled()
    gc.unfreeze()
