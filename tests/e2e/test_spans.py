"""Three spans that arrive one after the other: three versions, each compared with the one before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.embedded import generate
from pipeline.workspace import Workspace
from serving.rollout import Rollout
from tests.e2e.conftest import Dragoman, settings, write

MODEL = "e2e"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Dev and test are fixed; the training files come span by span."""
    corpus = generate(1500, 1)
    for split, pairs in (("dev", corpus.dev), ("test", corpus.test)):
        _write(tmp_path / f"{split}.tsv", pairs)
    for span in (1, 2, 3):
        _write(tmp_path / f"later-{span}.tsv", corpus.train[(span - 1) * 300 : span * 300])
    files = {"dev": str(tmp_path / "dev.tsv"), "test": str(tmp_path / "test.tsv")}
    news = {"name": "news", "format": "tsv", "train": str(tmp_path / "news-{SPAN}.tsv"), **files}
    training = {"max_steps": 20, "warmup_steps": 10, "evaluate_every": 20, "evaluate_sentences": 10}
    values = settings(
        tmp_path,
        corpora=[news],
        vocabulary={"size": 400},
        training={**training, "batch_tokens": 512, "average_last": 1},
        search={"beams": 1, "max_target_length": 8, "max_source_length": 32},
        evaluation={"bleu_floor": 0.0, "max_drop": 100.0, "bootstrap_samples": 100},
        spans={"window": 2, "weights": "served"},
    )
    return write(tmp_path, values)


def _write(path: Path, pairs: Any) -> None:
    path.write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in pairs), encoding="utf-8")


def arrive(folder: Path, span: int) -> None:
    (folder / f"later-{span}.tsv").rename(folder / f"news-{span}.tsv")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_three_spans_give_three_versions(config: Path, tmp_path: Path, dragoman: Dragoman) -> None:
    def run() -> tuple[list[dict[str, Any]], str]:
        done = dragoman("run", config, "--json", timeout=2400)
        return json.loads(done.stdout)["runs"], done.stderr

    root = tmp_path / "models"
    versions = []
    for span in (1, 2, 3):
        arrive(tmp_path, span)
        [result], said = run()
        assert result["version"] == span
        assert result["baseline_version"] == (span - 1 or None)
        assert result["spans"] == [one for one in (span - 1, span) if one]
        assert result["new_spans"] == [span]
        read = ("CorpusExampleGen", "CorpusExampleGen-1", "CorpusExampleGen-2")
        kept = {"CorpusExampleGen", f"CorpusExampleGen-{span - 1}"} if span > 1 else set()
        assert {name for name in read if name in result["cached"]} == kept
        begins = "anew" if span == 1 else f"from the weights of {root / MODEL / str(span - 1)}"
        assert f"training starts {begins}" in said
        versions.append(Path(result["pushed"]))
        assert run() == ([], "nothing new: nothing is done\n")
        Rollout(root).promote(MODEL, span)
        assert run()[0] == []
    stored = [version / "assets.extra" / "translator" for version in versions]
    vocabularies = {(one / "vocabulary" / "source.model").read_bytes() for one in stored}
    assert len(vocabularies) == 1
    assert len({(one / "weights.npz").read_bytes() for one in stored}) == 3
    planned = dragoman("run", config, "--dry-run")
    assert planned.stdout == ""
    assert planned.stderr == "nothing new: nothing is done\n"
    workspace = Workspace(tmp_path / "runs" / MODEL)
    assert set(json.loads(workspace.spans.read_text())["spans"]) == {"1", "2", "3"}
