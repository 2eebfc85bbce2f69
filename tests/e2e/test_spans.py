"""Spans that arrive one after the other, or all at once: a version for each, compared with the one before."""

from __future__ import annotations

import importlib
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.card import EXTRA, TRANSLATOR
from grammar import generate
from pipeline.workspace.workspace import Workspace
from serving.rollout import Rollout
from tests.e2e.conftest import Dragoman, settings, write
from tests.e2e.forked import Change, KillAt, Unchecked, run_forked, run_to_end, said
from tests.webhook import Hook
from trainer.training.checkpoint import read_arrays

MODEL = "e2e"
STEP = np.float32(1 / 1024)
NOTHING_NEW = "nothing new: nothing is done\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Dev and test are fixed; the training files come span by span."""
    corpus = generate(1500, 1)
    for split, pairs in (("dev", corpus.dev), ("test", corpus.test)):
        _write(tmp_path / f"{split}.tsv", pairs)
    for span in range(1, 5):
        _write(tmp_path / f"later-{span}.tsv", corpus.train[(span - 1) * 250 : span * 250])
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
        spans={"window": 2, "missed": "each", "weights": "served"},
    )
    return write(tmp_path, values)


def _write(path: Path, pairs: Any) -> None:
    path.write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in pairs), encoding="utf-8")


def arrive(folder: Path, span: int) -> None:
    (folder / f"later-{span}.tsv").rename(folder / f"news-{span}.tsv")


Run = Callable[[], tuple[list[dict[str, Any]], str]]


def work_off_spans(folder: Path, run: Run, count: int) -> list[Path]:
    """Each is promoted before the next one arrives; the versions."""
    root = folder / "models"
    versions = []
    for span in range(1, count + 1):
        arrive(folder, span)
        [result], lines = run()
        assert result["version"] == span
        assert result["baseline_version"] == (span - 1 or None)
        assert result["spans"] == [number for number in (span - 1, span) if number]
        assert result["new_spans"] == [span]
        read = {"CorpusExampleGen", *(f"CorpusExampleGen-{number}" for number in range(1, count + 1))}
        kept = {"CorpusExampleGen", f"CorpusExampleGen-{span - 1}"} if span > 1 else set()
        assert read & set(result["cached"]) == kept
        begins = "fresh" if span == 1 else f"those of {root / MODEL / str(span - 1)}"
        assert f"initial weights: {begins}" in lines
        versions.append(Path(result["pushed"]))
        Rollout(root).promote(MODEL, span)
        # Another stable version is no reason to train again.
        assert run() == ([], NOTHING_NEW)
    stored = [version / EXTRA / TRANSLATOR for version in versions]
    assert len({(translator / "vocabulary" / "source.model").read_bytes() for translator in stored}) == 1
    assert len({(translator / "weights.npz").read_bytes() for translator in stored}) == count
    workspace = Workspace(folder / "runs" / MODEL)
    assert set(json.loads(workspace.spans.read_text())["spans"]) == {
        str(number) for number in range(1, count + 1)
    }
    return versions


def assert_each_goes_on_from_the_one_before(versions: Sequence[Path]) -> None:
    """Each stub of a training added the same to the weights that it started from; pieces stay the same."""
    stored = [version / EXTRA / TRANSLATOR for version in versions]
    assert len({(translator / "vocabulary" / "source.model").read_bytes() for translator in stored}) == 1
    weights = [read_arrays(translator / "weights.npz")[0] for translator in stored]
    for before, after in itertools.pairwise(weights):
        for weight, trained in zip(before, after, strict=True):
            np.testing.assert_allclose(trained, weight + STEP, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_three_spans_with_training_from_a_shell(config: Path, tmp_path: Path, dragoman: Dragoman) -> None:
    def run() -> tuple[list[dict[str, Any]], str]:
        done = dragoman("run", config, "--json", timeout=1200)
        return json.loads(done.stdout)["runs"], done.stderr

    work_off_spans(tmp_path, run, 3)
    planned = dragoman("run", config, "--dry-run")
    assert (planned.stdout, planned.stderr) == ("", NOTHING_NEW)


def test_where_nothing_is_new_no_tensorflow_is_loaded_and_nothing_is_posted(config: Path) -> None:
    with Hook() as hook:
        code = f"""
import sys
sys.argv = ["dragoman", "run", {str(config)!r}, "--set", "notify.url={hook.url}"]
from dragoman.main import main
try:
    main()
except SystemExit as leaving:
    assert not leaving.code, leaving.code
assert not {{"tensorflow", "keras", "tfx", "apache_beam"}} & set(sys.modules)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", f"note: no span is there\n{NOTHING_NEW}")
    assert hook.bodies == []


@pytest.mark.timeout(1800)
def test_spans_one_after_the_other_then_two_at_once(config: Path, tmp_path: Path) -> None:
    def run() -> tuple[list[dict[str, Any]], str]:
        result = run_to_end(config, tmp_path / "diary", Stubs())
        return result["runs"], said(config).read_text()

    versions = work_off_spans(tmp_path, run, 1)
    for span in (2, 3):
        arrive(tmp_path, span)
    # Killed in the second of two runs; the next one goes on behind the first.
    kill = Stubs(KillAt("CorpusExampleGen-3", "before"))
    assert run_forked(config, tmp_path / "diary", kill) == -9
    [result], lines = run()
    assert (result["version"], result["baseline_version"]) == (3, 2)
    assert (result["spans"], result["new_spans"]) == ([2, 3], [3])
    read = {"CorpusExampleGen", *(f"CorpusExampleGen-{span}" for span in (1, 2, 3))}
    assert read & set(result["cached"]) == {"CorpusExampleGen", "CorpusExampleGen-2"}
    root = tmp_path / "models"
    second = root / MODEL / "2"
    assert f"initial weights: those of {second}" in lines
    assert json.loads((second / EXTRA / "model_card.json").read_text())["gate"]["baseline_version"] == 1
    assert_each_goes_on_from_the_one_before([*versions, second, Path(result["pushed"])])
    Rollout(root).promote(MODEL, 3)
    assert run() == ([], NOTHING_NEW)


class Stubs:
    """For the training, the look at its attention and the two checks of the export; and another change."""

    def __init__(self, then: Change | None = None) -> None:
        self.then = then

    def install(self) -> None:
        """Put them in place."""
        # Where they come from: TFX loads the trainer's module anew.
        vars(importlib.import_module("trainer.training.train"))["train"] = _train
        vars(importlib.import_module("trainer.attention.study"))["study"] = lambda *_, **__: None
        Unchecked().install()
        if self.then is not None:
            self.then.install()


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

    from trainer.models.build import build_translator
    from trainer.training.initial import take_weights, weights_by_name

    del training, train_pairs, dev_pairs, bleu_tokenize
    keras.utils.set_random_seed(1)
    sizes = vocabulary.source_size, vocabulary.target_size
    translator = build_translator(model, *sizes, shared=vocabulary.shared)
    start = weights_by_name(translator) if initial_weights is None else initial_weights
    take_weights(translator, {name: weight + STEP for name, weight in start.items()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.json").write_text("[]")
    return translator, None
