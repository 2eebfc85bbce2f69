"""How a run is shown on a terminal and in a log."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from dragoman.run_display import LiveList, display
from pipeline.steps.base import Version
from pipeline.steps.push import version_line


def test_in_a_log_each_event_is_a_plain_line() -> None:
    log = io.StringIO()
    with display(log, ["A", "B"]) as observer:
        observer.started("A")
        observer.finished("A", 1.25, cached=False)
        observer.started("B")
        observer.failed("B", 2.0)
    assert log.getvalue().splitlines() == [
        "A: started",
        "A: done in 1.2 s",
        "B: started",
        "B: failed after 2.0 s",
    ]


def test_a_cached_component_takes_one_line() -> None:
    log = io.StringIO()
    with display(log, ["A"]) as observer:
        observer.started("A")
        observer.finished("A", 0.01, cached=True)
    assert log.getvalue().splitlines()[-1] == "A: cached"


def test_the_list_on_a_terminal_has_all_components_and_their_states() -> None:
    live = LiveList(["A", "B", "C", "D"])
    live.finished("A", 3.0, cached=False)
    live.finished("B", 0.1, cached=True)
    live.started("C")
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    console.print(live)
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in console.file.getvalue().splitlines()]
    assert rows[0] == ["✓", "A", "done", "3.0", "s"]
    assert rows[1] == ["✓", "B", "cached"]
    assert rows[2][1:3] == ["C", "running"]
    assert rows[3] == ["D", "waiting"]


def test_what_was_there_before_is_not_told_as_pushed(tmp_path: Path) -> None:
    pushed, there, gone = (
        version_line(version)
        for version in (Version(tmp_path, True), Version(tmp_path, False), Version(tmp_path / "gone", False))
    )
    assert (pushed.label, pushed.text) == ("pushed", str(tmp_path))
    assert (there.label, there.text) == ("nothing pushed", f"the candidate is already there, as {tmp_path}")
    assert "removed since" in gone.text
