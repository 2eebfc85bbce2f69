"""Training as a whole: it learns, stops, goes on after a kill, and refuses what it cannot use."""

from __future__ import annotations

import ast
import itertools
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.errors import DataError, TrainerError, TrainingDivergedError
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.store import load_translator, save_translator
from trainer.training import TrainingResult, train
from trainer.training.checkpoint import CheckpointFolder, read_arrays
from trainer.training.initial import weights_by_name
from trainer.training.progress import TrainingProgress
from trainer.training.step import TrainingStep
from trainer.vocabulary import Vocabulary

Trainer = Callable[..., tuple[Translator, TrainingResult]]

GROWTH = 1 / 64

# Trains in the folder given; sends itself a signal before step N.
SCRIPT = """
import json, os, sys
from pathlib import Path
import tensorflow as tf
from trainer.config import TrainingConfig
from trainer.models.transformer import TransformerConfig
from trainer.objectives.dev import DevEvaluator
from trainer.training import train
from trainer.training.step import TrainingStep
from trainer.vocabulary import Vocabulary

given, folder, at, number = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], *map(int, sys.argv[3:])
original, steps = TrainingStep.run, 0

def run(step, batches):
    global steps
    steps += 1
    if steps == at:
        os.kill(os.getpid(), number)
    return original(step, batches)

TrainingStep.run = run
DevEvaluator.bleu = DevEvaluator.loss = lambda evaluator: 1.0
sides = [tf.constant(side) for side in zip(*given["pairs"])]
pairs = tf.data.Dataset.from_tensor_slices(tuple(sides))
train(
    TransformerConfig(**given["model"]), TrainingConfig(**given["training"]),
    Vocabulary.load(Path(given["vocabulary"])), pairs, pairs.take(4), Path(folder),
)
"""


def _dataset(pairs: Pairs) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(
        tuple(tf.constant(side, tf.string) for side in zip(*pairs, strict=True))
    )


@pytest.fixture
def run(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
) -> Trainer:
    """Trains on the first 40 pairs in `tmp_path`."""

    def trained(folder: str = "run", initial_weights: Any = None, **training: Any) -> Any:
        data = _dataset(pairs[:40])
        return train(
            tiny,
            settings(**training),
            vocabulary,
            data,
            data,
            tmp_path / folder,
            initial_weights=initial_weights,
        )

    return trained


@pytest.fixture
def growing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that takes no gradient, which takes ten seconds to trace: every weight grows a little."""

    def grow(step: TrainingStep, batches: Any) -> tuple[tf.Tensor, tf.Tensor]:
        del batches
        step._optimizer.iterations.assign_add(1)
        for weight in step._weights:
            weight.assign(weight + GROWTH)
        return tf.constant(1.0), tf.constant(1.0)

    monkeypatch.setattr(TrainingStep, "_replica_step", grow)


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[float]], None]:
    """The BLEU of each evaluation; nothing is translated for it."""

    def given(scores: Iterable[float]) -> None:
        bleu = iter(scores)
        monkeypatch.setattr("trainer.objectives.dev.DevEvaluator.bleu", lambda _: next(bleu))
        monkeypatch.setattr("trainer.objectives.dev.DevEvaluator.loss", lambda _: 1.0)

    return given


def test_it_learns_and_is_stored(
    run: Trainer, vocabulary: Vocabulary, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    long: dict[str, Any] = {"max_steps": 400, "evaluate_every": 100, "evaluate_sentences": 40}
    long |= {"average_last": 1, "learning_rate": 0.01}
    translator, result = run(**long)
    assert result.best > 70
    assert (result.steps, result.finished) == (400, "max_steps 400")
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert history == result.history
    assert [row["step"] for row in history if "dev_bleu" in row] == [100, 200, 300, 400]
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < losses[0] / 2
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    lines = capfd.readouterr().err
    assert "training on 40 sentence pairs\n" in lines
    assert re.search(r"^step 400  epoch \d+  dev BLEU ", lines, re.MULTILINE)
    assert "\x1b" not in lines
    assert "\r" not in lines

    save_translator(translator, vocabulary, tmp_path / "model")
    loaded, words = load_translator(tmp_path / "model")
    assert words == vocabulary
    batch = np.int32([[7, 8, 3]]), np.int32([[2, 9, 10, 11]])
    np.testing.assert_array_equal(loaded(batch), translator(batch))


@pytest.mark.usefixtures("growing")
def test_what_is_finished_goes_on_where_a_limit_is_raised_and_not_with_other_settings(
    run: Trainer, scored: Callable[[Iterable[float]], None]
) -> None:
    scored([9.0, 5.0, 4.0])
    translator, result = run(max_steps=2)
    again, repeated = run(max_steps=2)
    assert repeated == result
    expected = weights_by_name(translator)
    for name, weight in weights_by_name(again).items():
        np.testing.assert_array_equal(weight, expected[name])
    _, longer = run(max_steps=4)
    assert (longer.steps, longer.best_step) == (4, 2)
    with pytest.raises(
        TrainerError, match="another model, vocabulary or other settings: give another folder"
    ):
        run(max_steps=4, learning_rate=0.1)


@pytest.mark.usefixtures("growing")
def test_it_starts_from_the_weights_that_are_given(
    run: Trainer, scored: Callable[[Iterable[float]], None], tiny: TransformerConfig
) -> None:
    scored([1.0])
    keras.utils.set_random_seed(97)
    start = weights_by_name(build_translator(tiny, 320, 320, shared=True))
    translator, _ = run(initial_weights=start, max_steps=1)
    for name, weight in weights_by_name(translator).items():
        np.testing.assert_allclose(weight, start[name] + GROWTH, rtol=1e-6)


@pytest.mark.usefixtures("growing")
def test_a_limit_in_minutes_ends_it_with_an_evaluation(
    run: Trainer, scored: Callable[[Iterable[float]], None]
) -> None:
    scored([3.0])
    _, result = run(max_minutes=1e-6)
    assert (result.steps, result.finished) == (1, "max_minutes 1e-06")
    assert [("loss" in row, "dev_bleu" in row) for row in result.history] == [(True, False), (False, True)]


@pytest.mark.usefixtures("growing")
def test_the_cooldown_ends_with_the_nearest_limit(
    run: Trainer, scored: Callable[[Iterable[float]], None]
) -> None:
    scored([1.0])
    _, result = run(max_steps=40, evaluate_every=40, learning_rate=0.01, warmup_steps=4, cooldown=0.5)
    rates = [row["learning_rate"] for row in result.history if "loss" in row]
    # After 20 and 40 updates; the last scale was set after 19 and 39 of the 40.
    assert rates == pytest.approx([0.01 * (4 / 21) ** 0.5, 0.01 * (4 / 41) ** 0.5 * 0.05])


@pytest.mark.usefixtures("growing")
def test_patience_ends_it_and_an_equal_score_is_no_better_one(
    run: Trainer, scored: Callable[[Iterable[float]], None]
) -> None:
    scored([5.0, 9.0, 9.0, 7.0, 99.0])
    _, result = run(max_steps=50, evaluate_every=1, patience=2, average_last=1)
    assert (result.steps, result.best_step, result.best) == (4, 2, 9.0)
    assert result.finished == "no better dev BLEU in 2 evaluations"


@pytest.mark.usefixtures("growing")
def test_killed_after_the_best_weights_and_before_the_state_the_best_weights_count(
    run: Trainer,
    scored: Callable[[Iterable[float]], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    save_state = CheckpointFolder.save_state

    def killed_at_step_2(folder: CheckpointFolder, arrays: Any, meta: dict[str, Any]) -> None:
        if meta["position"]["step"] == 2:
            raise KeyboardInterrupt
        save_state(folder, arrays, meta)

    # Step 2 is done twice, and its second score is worse: that is no second evaluation.
    scored([5.0, 9.0, 4.0, 8.0, 7.0, 99.0])
    settings: dict[str, Any] = {"max_steps": 50, "evaluate_every": 1, "patience": 2, "average_last": 1}
    monkeypatch.setattr(CheckpointFolder, "save_state", killed_at_step_2)
    with pytest.raises(KeyboardInterrupt):
        run(**settings)
    monkeypatch.setattr(CheckpointFolder, "save_state", save_state)
    translator, result = run(**settings)
    assert (result.steps, result.best_step, result.best) == (4, 2, 9.0)
    weights, facts = read_arrays(tmp_path / "run" / "checkpoints" / "best.npz")
    assert (facts["step"], facts["dev_bleu"]) == (2, 9.0)
    for ours, theirs in zip(translator.trainable_variables, weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_loss_that_is_no_number_says_what_to_do(run: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of gradients that are none, see `test_step.py`."""
    monkeypatch.setattr(TrainingStep, "_replica_step", lambda *_: (tf.constant(np.nan), tf.constant(1.0)))
    with pytest.raises(TrainingDivergedError, match=r"became nan at step 1: lower training\.learning_rate"):
        run()


def test_no_usable_pair_and_no_dev_pair_are_refused(
    vocabulary: Vocabulary, tiny: TransformerConfig, settings: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    good, useless = _dataset([("one", "eins")]), _dataset([("", "")])
    with pytest.raises(DataError, match="no dev sentence pair"):
        train(tiny, settings(), vocabulary, good, good.take(0), tmp_path)
    with pytest.raises(DataError, match="no usable sentence pair: 1 given"):
        train(tiny, settings(), vocabulary, useless, good, tmp_path)


def test_a_damaged_state_is_named_with_the_cure(run: Trainer, tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "state.npz").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(TrainerError, match=r"state\.npz cannot be read .* delete the folder"):
        run()


def test_killed_or_stopped_and_resumed_equals_unbroken(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    start_python: Callable[..., subprocess.Popen[str]],
    scored: Callable[[Iterable[float]], None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    vocabulary.save(tmp_path / "vocabulary")
    training = settings(max_steps=12, evaluate_every=5, checkpoint_seconds=1e-6)
    # Dropout, so that its seeds must be resumed too.
    model = tiny.model_copy(update={"dropout": 0.2})
    given = {"model": model.model_dump(), "training": training.model_dump(), "pairs": pairs}
    (tmp_path / "given.json").write_text(json.dumps({**given, "vocabulary": str(tmp_path / "vocabulary")}))
    (tmp_path / "run.py").write_text(SCRIPT)

    def start(at: int, number: int) -> tuple[int, str]:
        process = start_python(
            tmp_path / "run.py", tmp_path / "given.json", tmp_path / "broken", at, int(number)
        )
        _, errors = process.communicate(timeout=300)
        return process.returncode, errors

    assert start(5, signal.SIGKILL)[0] == -signal.SIGKILL
    code, errors = start(4, signal.SIGTERM)
    assert code == 1
    assert "resuming at step 4 (epoch 1)" in errors
    assert "TrainerError: stopped by SIGTERM at step 8: run again to go on from there" in errors

    # The last weights are the best ones, so that all twelve steps are compared.
    scored(itertools.count(2.0))
    keras.utils.set_random_seed(99)  # What was drawn before does not matter.
    data = _dataset(pairs)
    _, resumed = train(model, training, vocabulary, data, data.take(4), tmp_path / "broken")
    assert "resuming at step 8 (epoch " in capfd.readouterr().err
    assert (resumed.steps, resumed.best_step) == (12, 12)
    keras.utils.set_random_seed(98)
    _, unbroken = train(model, training, vocabulary, data, data.take(4), tmp_path / "unbroken")
    broken = json.loads((tmp_path / "broken" / "history.json").read_text())
    assert [row["step"] for row in broken] == [row["step"] for row in unbroken.history]
    weights, expected = (
        read_arrays(tmp_path / folder / "checkpoints" / "best.npz")[0] for folder in ("broken", "unbroken")
    )
    for ours, theirs in zip(weights, expected, strict=True):
        # Not bit by bit: with two threads the order of a sum may differ, and Adam divides by its size.
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_progress_in_a_log_is_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.training.progress._LINE_EVERY_SECONDS", 0.0)
    with (tmp_path / "log").open("w") as log, TrainingProgress(10, 0, log) as progress:
        progress.say("[red]begun[/red]")
        progress.step(1, 2.5, 1234.5)
    first, second = (tmp_path / "log").read_text().splitlines()
    assert first == "[red]begun[/red]"
    assert re.fullmatch(r"step 1/10  loss 2\.500  1,23[45] tokens/s  at most \d+ min left", second)


def test_the_first_step_which_compiles_the_graph_is_no_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.training.progress._LINE_EVERY_SECONDS", 0.0)
    clock = iter([0.0, 600.0, 660.0])
    monkeypatch.setattr("trainer.training.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with (tmp_path / "log").open("w") as log, TrainingProgress(12, 0, log) as progress:
        progress.step(1, 2.5, 0.0)
        progress.step(2, 2.5, 70.0)
    assert (tmp_path / "log").read_text().splitlines() == [
        "step 1/12  loss 2.500",
        "step 2/12  loss 2.500  70 tokens/s  at most 10 min left",
    ]


def test_the_training_guide_is_true(
    start_python: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "training.md").read_text()
    snippets = re.findall(r"^```python\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "guide.py").write_text(
        "".join(snippets).replace('Path("my-translator")', f"Path({str(tmp_path / 'new')!r})")
    )
    process = start_python(tmp_path / "guide.py")
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    trained, drawn = output.splitlines()
    assert trained.startswith("max_steps 40")
    assert len(ast.literal_eval(drawn)) == 2
    load_translator(tmp_path / "new" / "model")
