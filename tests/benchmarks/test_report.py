"""A table is printed, and kept with its figures and a plot where a folder is given."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.latency import latency
from benchmarks.report import Panel, Report, tell

MAKEFILE = Path(__file__).parents[2] / "Makefile"
REPORT = Report(
    name="speed",
    head=("setting", "tok/s"),
    rows=[["beam", "1,000"], ["greedy", "2,000"]],
    notes="a processor",
    figures={"rows": [1000, 2000]},
    panels=[
        Panel("tok/s", {"ours": [1000, 2000], "theirs": [None, 3000]}),
        Panel("ratio", {"ratio": [1, 2]}),
    ],
)
PAGE = "| setting | tok/s |\n|---|---|\n| beam | 1,000 |\n| greedy | 2,000 |\n\na processor\n"


def test_without_a_folder_it_is_only_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tell(REPORT, None)
    assert capsys.readouterr().out == PAGE
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("numbers", [(), (250, 500)])
def test_table_figures_and_plot_are_kept_side_by_side(tmp_path: Path, numbers: tuple[float, ...]) -> None:
    tell(REPORT._replace(numbers=numbers), tmp_path / "results")
    place = tmp_path / "results" / "speed"
    assert place.with_suffix(".md").read_text() == PAGE
    assert json.loads(place.with_suffix(".json").read_text()) == {"rows": [1000, 2000]}
    before = place.with_suffix(".svg").read_bytes()
    texts = {"".join(element.itertext()).strip() for element in ET.fromstring(before).iter()}
    assert {"ours", "theirs", "tok/s", "ratio"} <= texts
    assert {"setting"} <= texts if numbers else {"beam", "greedy"} <= texts
    tell(REPORT._replace(numbers=numbers), tmp_path / "results")
    assert place.with_suffix(".svg").read_bytes() == before  # No date, no chance in it.


def test_percentiles_by_hand() -> None:
    known = latency([seconds / 1000 for seconds in range(101)])
    assert known == pytest.approx((0.05, 0.095, 0.099, 101))
    assert known.milliseconds == "50.0 / 95.0 / 99.0"
    with pytest.raises(ValueError, match="no call was timed"):
        latency([])


def _benchmarks() -> list[str]:
    listed = re.search(r"^BENCHMARKS := (.*)$", MAKEFILE.read_text(), re.MULTILINE)
    assert listed
    return [*listed[1].split(), "exports", "operations", "quick"]


@pytest.mark.parametrize(
    ("word", "runs", "code"),
    [("search", "-m benchmarks.decoding", 0), ("child", "no benchmark is called child", 2)],
)
def test_make_runs_what_is_a_table_and_nothing_else(word: str, runs: str, code: int) -> None:
    command = ["make", "-o", ".venv/.ready", "bench", f"BENCH={word}", "PYTHON=echo"]
    done = subprocess.run(command, cwd=MAKEFILE.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, runs in done.stdout + done.stderr) == (code, True)


@pytest.mark.parametrize("name", _benchmarks())
def test_help_has_an_example_and_how_to_keep_the_results(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as leaving:
        importlib.import_module(f"benchmarks.{name}").main()
    printed = capsys.readouterr().out
    assert leaving.value.code == 0
    assert f"python -m benchmarks.{name}" in printed
    assert "--results" in printed
    assert "--busy" in printed
