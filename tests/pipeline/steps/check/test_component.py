"""The serving check: a real model server in another process, with a toy translator."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from pipeline.errors import PipelineError
from pipeline.steps.check.component import check
from pipeline.steps.check.result import FILE_NAME, CheckResult
from tests.pipeline.steps.evaluate.toy import export

SOURCES = ["one", "", "two\u200f \N{PILE OF POO}"]
TABLE = {"one": "eins", SOURCES[2]: "zwei"}


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Translates with the table."""
    return export(TABLE, tmp_path_factory.mktemp("toy")) / "Format-Serving"


def test_a_server_that_answers_as_expected_passes_and_leaves_nothing(
    saved_model: Path, tmp_path: Path
) -> None:
    result = check(saved_model, SOURCES, lambda: ["eins", "", "zwei"], "embedded", tmp_path)
    assert result.passed, result.reason
    assert [answer.answered for answer in result.answers] == ["eins", "", "zwei"]
    assert result.backend == "embedded"
    assert list(tmp_path.iterdir()) == []
    assert not (saved_model / "assets.extra").exists()


def test_another_answer_fails_with_the_sentence(saved_model: Path, tmp_path: Path) -> None:
    result = check(saved_model, SOURCES, lambda: ["ein", "", "zwei"], "embedded", tmp_path)
    assert not result.passed
    assert result.reason == (
        "1 of 3 translations differ from the trainer's search: 'one' became 'eins', not 'ein'"
    )


def test_a_model_that_no_server_loads_fails_with_the_servers_reason(
    saved_model: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    # The signatures are there, but the graph needs an operation that no server has.
    graph = (saved_model / "saved_model.pb").read_bytes()
    (broken / "saved_model.pb").write_bytes(graph.replace(b"LookupTableFindV2", b"LookupTableFindXX"))
    work = tmp_path / "work"
    work.mkdir()
    result = check(broken, SOURCES, lambda: ["", "", ""], "embedded", work)
    assert not result.passed
    assert "model server" in result.reason
    assert list(work.iterdir()) == []


def test_a_search_that_fails_leaves_no_server(saved_model: Path, tmp_path: Path) -> None:
    def fails() -> list[str]:
        raise RuntimeError("no search")

    before = psutil.Process().children()
    with pytest.raises(RuntimeError, match="no search"):
        check(saved_model, SOURCES, fails, "embedded", tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert set(psutil.Process().children()) <= set(before)


def test_a_result_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="--from-scratch"):
        CheckResult.load(tmp_path)
    (tmp_path / FILE_NAME).write_text("{}")
    with pytest.raises(PipelineError, match="--from-scratch"):
        CheckResult.load(tmp_path)
