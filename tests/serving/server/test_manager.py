"""Versions on their way that are given up and wanted again meanwhile, with a loader that the test holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.server.manager import LoadOptions, Manager, State
from tests.contract.server import wait_for

FIRST, SECOND = Path("1"), Path("2")
BOTH = {1: FIRST, 2: SECOND}


def _nothing() -> None:
    pass


class Steps:
    """What happens while version 2 is loaded, and while any is closed."""

    def __init__(self) -> None:
        self.loading: Callable[[], None] = _nothing
        self.closing: Callable[[], None] = _nothing

    def load(self, _name: str, version: int, _path: Path) -> Any:
        if version == 2:
            self.loading()
        return self

    def close(self) -> None:
        self.closing()


class Hold:
    """A step that goes on when the test says so; the first time it fails, if asked to."""

    def __init__(self, *, fail: bool = False) -> None:
        self.entered, self.released = threading.Event(), threading.Event()
        self._fail = fail

    def __call__(self) -> None:
        first = not self.entered.is_set()
        self.entered.set()
        assert self.released.wait(20)
        if first and self._fail:
            raise OSError("half a model")


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def manager(steps: Steps) -> Iterator[Manager]:
    made = Manager(steps.load, LoadOptions(retries=1, retry_seconds=3600), lambda *_: None)
    made.set_aspired("toy", {1: FIRST})
    _wait(made, 1, State.AVAILABLE)
    yield made
    made.stop(30)


def _state(manager: Manager, version: int) -> int | None:
    known = manager.states("toy").get(version)
    return known and known.state


def _wait(manager: Manager, version: int, state: int) -> None:
    wait_for(lambda: _state(manager, version) == state, f"{version} in {State.State.Name(state)}", 20)


def test_wanted_again_while_it_is_unloaded(manager: Manager, steps: Steps) -> None:
    """{1, 2} -> {1} -> {1, 2}: it is loaded afresh when it is gone."""
    hold = steps.closing = Hold()
    manager.set_aspired("toy", BOTH)
    _wait(manager, 2, State.AVAILABLE)
    manager.set_aspired("toy", {1: FIRST})
    assert hold.entered.wait(20)
    manager.set_aspired("toy", BOTH)
    assert _state(manager, 2) == State.UNLOADING
    hold.released.set()
    _wait(manager, 2, State.AVAILABLE)


def test_wanted_again_while_a_request_holds_it(manager: Manager) -> None:
    manager.set_aspired("toy", BOTH)
    _wait(manager, 2, State.AVAILABLE)
    with manager.borrow("toy", 2):
        manager.set_aspired("toy", {1: FIRST})
        manager.set_aspired("toy", BOTH)
        assert _state(manager, 2) == State.UNLOADING
    _wait(manager, 2, State.AVAILABLE)


def test_a_model_added_again_while_it_is_taken_out(manager: Manager) -> None:
    with manager.borrow("toy", 1):
        manager.set_aspired("toy", {})
        manager.set_aspired("toy", {1: FIRST})
    _wait(manager, 1, State.AVAILABLE)


@pytest.mark.parametrize("fail", [False, True], ids=["that succeeds", "that fails"])
def test_wanted_again_during_a_load(manager: Manager, steps: Steps, fail: bool) -> None:
    """What is loaded then is kept; what failed may have been mended, and is tried at once, not in an hour."""
    hold = steps.loading = Hold(fail=fail)
    manager.set_aspired("toy", BOTH)
    assert hold.entered.wait(20)
    manager.set_aspired("toy", {1: FIRST})
    manager.set_aspired("toy", BOTH)
    hold.released.set()
    _wait(manager, 2, State.AVAILABLE)


def test_wanted_again_while_it_waits_for_its_next_try(manager: Manager, steps: Steps) -> None:
    hold = steps.loading = Hold(fail=True)
    hold.released.set()
    manager.set_aspired("toy", BOTH)
    assert hold.entered.wait(20)
    manager.set_aspired("toy", {1: FIRST})
    manager.set_aspired("toy", BOTH)
    _wait(manager, 2, State.AVAILABLE)
