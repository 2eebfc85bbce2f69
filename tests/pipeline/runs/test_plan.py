"""What `--dry-run` takes for done: what the run itself would find in its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import EvaluationConfig
from pipeline.runs.cache import _cached, _driven
from pipeline.runs.runner import assemble, execute
from pipeline.steps.evaluate.plan import PlannedGate
from pipeline.steps.ingest.files import corpus_files
from pipeline.steps.ingest.window import ingestion
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config


@pytest.mark.parametrize("path", ["data/c-1.tsv", "data/c-{SPAN}.tsv", "{}/data/c-{SPAN}.tsv"])
def test_a_corpus_is_cached_however_its_path_is_written(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/c-1.tsv").write_text("".join(f"one {i}\teins {i}\n" for i in range(200)))
    file = path.replace("{}", str(tmp_path))
    split = {"dev": 0.1, "test": 0.1}
    run_config = config({"name": "c", "format": "tsv", "file": file, "split": split})
    workspace = Workspace(tmp_path / "run")

    def cached() -> dict[str, bool]:
        assembled = assemble("t", ingestion(run_config, ()), workspace)
        assert [corpus_file.absolute() for corpus_file in corpus_files(run_config)] == [
            tmp_path / "data/c-1.tsv"
        ]
        return _cached(assembled, workspace, _driven(assembled))

    assert cached() == {"CorpusExampleGen": False}
    with workspace.locked():
        execute(assemble("t", ingestion(run_config, ()), workspace), workspace, Notes())
    assert cached() == {"CorpusExampleGen": True}
    Path("data/c-1.tsv").write_text("".join(f"two {i}\tzwei {i}\n" for i in range(200)))
    assert cached() == {"CorpusExampleGen": False}


def test_the_gate_names_the_parts_that_have_their_own() -> None:
    evaluation = EvaluationConfig.model_validate(
        {"corpora": {"general": {"max_drop": 1}}, "lengths": {"> 40": {"bleu_floor": 10, "max_drop": 2}}}
    )
    gate = PlannedGate.of(evaluation)
    assert gate.parts == {"general": {"max_drop": 1}, "> 40": {"bleu_floor": 10, "max_drop": 2}}
    assert gate.text.endswith("; general: max_drop 1; > 40: bleu_floor 10, max_drop 2")
