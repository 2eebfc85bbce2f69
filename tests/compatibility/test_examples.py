"""The examples' configurations of then mean what they meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.settings import effective
from pipeline.config.load import load
from tests.compatibility.conftest import FIXTURE

EXAMPLES = sorted((FIXTURE / "examples").glob("*.yaml"))
CHANGED: dict[str, tuple[Any, Any]] = {}
"""Keys whose value is another one now by intent, as `training.patience`, with what it was and what it is."""


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its path."""
    inside = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in inside:
        if isinstance(value, dict | list) and value:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_key_has_the_value_that_it_had(path: Path) -> None:
    then = dict(leaves(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))))
    now = dict(leaves(load(path).model_dump(mode="json")))
    other = {key: (value, now.get(key)) for key, value in then.items() if now.get(key) != value}
    assert other == {key: pair for key, pair in CHANGED.items() if key in other}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_came_later_goes_without_saying(path: Path) -> None:
    then = dict(leaves(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))))
    assert {key for key, _ in leaves(effective(load(path)))} <= then.keys()
