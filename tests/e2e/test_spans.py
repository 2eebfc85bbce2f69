"""Three spans that arrive one after the other: three versions, each compared with the one before."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.embedded import generate
from pipeline.workspace import Workspace
from serving.rollout import Rollout
from tests.e2e.conftest import Dragoman, settings, write
from tests.e2e.forked import _SERVER
from trainer.training.checkpoint import read_arrays

MODEL = "e2e"
STEP = np.float32(1 / 1024)


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


Run = Callable[[], tuple[list[dict[str, Any]], str]]


def work_off_three_spans(folder: Path, run: Run) -> list[Path]:
    """Each is promoted before the next one arrives; the versions."""
    root = folder / "models"
    versions = []
    for span in (1, 2, 3):
        arrive(folder, span)
        [result], said = run()
        assert result["version"] == span
        assert result["baseline_version"] == (span - 1 or None)
        assert result["spans"] == [one for one in (span - 1, span) if one]
        assert result["new_spans"] == [span]
        read = {"CorpusExampleGen", "CorpusExampleGen-1", "CorpusExampleGen-2", "CorpusExampleGen-3"}
        kept = {"CorpusExampleGen", f"CorpusExampleGen-{span - 1}"} if span > 1 else set()
        assert read & set(result["cached"]) == kept
        begins = "anew" if span == 1 else f"from the weights of {root / MODEL / str(span - 1)}"
        assert f"training starts {begins}" in said
        versions.append(Path(result["pushed"]))
        assert run() == ([], "nothing new: nothing is done\n")
        Rollout(root).promote(MODEL, span)
        assert run()[0] == []
    stored = [version / "assets.extra" / "translator" for version in versions]
    assert len({(one / "vocabulary" / "source.model").read_bytes() for one in stored}) == 1
    assert len({(one / "weights.npz").read_bytes() for one in stored}) == 3
    workspace = Workspace(folder / "runs" / MODEL)
    assert set(json.loads(workspace.spans.read_text())["spans"]) == {"1", "2", "3"}
    return versions


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_three_spans_give_three_versions(config: Path, tmp_path: Path, dragoman: Dragoman) -> None:
    def run() -> tuple[list[dict[str, Any]], str]:
        done = dragoman("run", config, "--json", timeout=2400)
        return json.loads(done.stdout)["runs"], done.stderr

    work_off_three_spans(tmp_path, run)
    planned = dragoman("run", config, "--dry-run")
    assert planned.stdout == ""
    assert planned.stderr == "nothing new: nothing is done\n"


@pytest.mark.slow  # Not seen to the end yet: the machine was never free for it.
@pytest.mark.timeout(3600)
def test_three_spans_without_training(config: Path, tmp_path: Path) -> None:
    """Everything but the training and the two checks of the export, for which there is a stub each."""

    def run() -> tuple[list[dict[str, Any]], str]:
        out, err = tmp_path / "out", tmp_path / "err"
        process = _SERVER.Process(target=_run_stubbed, args=(config, out, err))
        process.start()
        process.join()
        assert process.exitcode == 0, err.read_text()
        return json.loads(out.read_text())["runs"], err.read_text()

    versions = work_off_three_spans(tmp_path, run)
    # Each training added the same to the weights that it started from.
    weights = [read_arrays(one / "assets.extra" / "translator" / "weights.npz")[0] for one in versions]
    for before, after in itertools.pairwise(weights):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_allclose(other, one + STEP, rtol=1e-5)


def _run_stubbed(config: Path, out: Path, err: Path) -> None:
    """In a process of its own: `dragoman run CONFIG --json`."""
    from dragoman.commands.run import run
    from pipeline.components import serving_check, train

    for descriptor, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    train.train = _train
    train.check_export = lambda *_: None
    serving_check.check = lambda *_: serving_check.CheckResult(
        passed=True, reason="a stub", backend="none", load_seconds=0.0, answers=()
    )
    run(config, None, dry_run=False, from_scratch=False, as_json=True)


def _train(
    model: Any,
    training: Any,
    vocabulary: Any,
    train_pairs: Any,
    dev_pairs: Any,
    folder: Path,
    *,
    bleu_tokenize: str,
    initial_weights: Any = None,
) -> tuple[Any, None]:
    """Adds a little to every weight."""
    import keras

    from trainer.models import build_translator

    del training, train_pairs, dev_pairs, bleu_tokenize
    keras.utils.set_random_seed(1)
    sizes = vocabulary.source_size, vocabulary.target_size
    translator = build_translator(model, *sizes, shared=vocabulary.shared)
    start = translator.get_weights() if initial_weights is None else initial_weights
    translator.set_weights([one + STEP for one in start])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.json").write_text("[]")
    return translator, None
