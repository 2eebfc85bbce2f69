"""The component reads the artifacts that other components made, and writes one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tfx import types
from tfx.types import standard_artifacts

from pipeline.steps.check.result import CheckResult
from pipeline.steps.evaluate.component import EvaluationScores
from pipeline.steps.report.component import Executor, Report, RunReport
from pipeline.steps.report.sources import Folders
from tests.pipeline.steps.report.conftest import config


def test_it_reads_the_check_and_the_push(folders: Folders, tmp_path: Path) -> None:
    scores, check, pushed, report = (
        EvaluationScores(),
        standard_artifacts.InfraBlessing(),
        standard_artifacts.PushedModel(),
        RunReport(),
    )
    scores.uri, check.uri, report.uri = str(folders.scores), str(tmp_path / "check"), str(tmp_path / "report")
    (tmp_path / "check").mkdir()
    refused = CheckResult(
        passed=False, reason="it did not load", backend="embedded", load_seconds=None, answers=()
    )
    (tmp_path / "check" / "check.json").write_text(refused.model_dump_json())
    pushed.set_int_custom_property("pushed", 0)
    inputs = {"scores": [scores], "infra_blessing": [check], "pushed_model": [pushed]}
    Executor().Do(inputs, {"report": [report]}, {"config": config().model_dump_json()})
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "The serving check refused it: it did not load" in html
    assert "Not pushed" in html

    pushed.set_int_custom_property("pushed", 1)
    pushed.set_string_custom_property("pushed_destination", "/models/demo/7")
    Executor().Do(
        {"scores": [scores], "pushed_model": [pushed]},
        {"report": [report]},
        {"config": config().model_dump_json()},
    )
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "pushed as version 7" in html


def test_a_channel_of_another_type_is_refused_before_anything_runs() -> None:
    with pytest.raises(TypeError, match="scores"):
        Report(config(), {"scores": types.Channel(type=standard_artifacts.ModelRun)})
