"""Runs are written down when they end, and listed without TensorFlow."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

from pipeline.runs.records import FILE_NAME, LATEST_REPORT, RunRecord, keep, records, workspaces
from tests.serving.conftest import dragoman

BEGAN = datetime(2026, 11, 29, 6, 0, tzinfo=timezone.utc)
FACTS = {
    "blessed": True,
    "reason": "BLEU 37.0 is not below the floor 33.0",
    "bleu": 37.04,
    "baseline_bleu": None,
    "version": 3,
    "pushed": "/models/m/3",
    "seconds": {"total": 90.0},
    "report": "/w/report.html",
    "log": "/w/logs/1.log",
}


def test_runs_are_listed_with_scores_and_links(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<p>new</p>")
    workspace = tmp_path / "runs" / "m"
    workspace.mkdir(parents=True)
    keep(workspace, RunRecord.of_failure(BEGAN, OSError("no space left on the disk"), Path("/w/logs/0.log")))
    keep(workspace, RunRecord.of_outcome(BEGAN, FACTS), report)
    keep(workspace, RunRecord.of_outcome(BEGAN, {**FACTS, "pushed": None}), report)
    assert (workspace / LATEST_REPORT).read_text() == "<p>new</p>"
    listing = dragoman("runs", tmp_path / "runs")
    lines = listing.stdout.decode().splitlines()
    assert [line.split()[3] for line in lines[1:]] == ["failed", "pushed", "unchanged"]
    assert "no space left on the disk" in lines[1]
    assert all(part in lines[2] for part in ("37.0", "1.5 min", "/w/report.html"))
    assert "latest.html" in listing.stderr.decode()
    [newest] = json.loads(dragoman("runs", workspace, "--json", "--last", "1").stdout)
    assert (newest["name"], newest["outcome"], newest["bleu"]) == ("m", "unchanged", 37.04)


def test_a_refused_run_is_no_push(tmp_path: Path) -> None:
    keep(tmp_path, RunRecord.of_outcome(BEGAN, {**FACTS, "blessed": False, "pushed": None, "version": None}))
    assert [record.outcome for record in records(tmp_path)] == ["refused"]


def test_a_line_that_a_kill_has_cut_hides_no_other(tmp_path: Path) -> None:
    keep(tmp_path, RunRecord.of_outcome(BEGAN, FACTS))
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write('{"began": "2026-')
    keep(tmp_path, RunRecord.of_outcome(BEGAN, FACTS))
    assert len(list(records(tmp_path))) == 2
    assert list(workspaces(tmp_path)) == [tmp_path]
    assert list(workspaces(tmp_path / "none")) == []


def test_where_no_run_has_ended_that_is_said(tmp_path: Path) -> None:
    done = dragoman("runs", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "no run has ended" in done.stderr.decode()
    assert dragoman("runs", tmp_path / "none").returncode == 1


def test_a_run_that_evaluates_and_pushes_nothing_is_kept_too(tmp_path: Path) -> None:
    facts = {"blessed": True, "reason": "", "seconds": {"total": 1.0}, "log": "/w/logs/1.log"}
    keep(tmp_path, RunRecord.of_outcome(BEGAN, facts))
    [kept] = records(tmp_path)
    assert (kept.outcome, kept.bleu, kept.report) == ("unchanged", None, None)
