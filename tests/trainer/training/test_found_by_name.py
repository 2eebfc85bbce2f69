"""An objective and a schedule in a folder of the user's are trained with; nothing else names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from pydantic import ValidationError

from contracts.kinds import FOLDERS, add_folders
from tests.trainer.conftest import Pairs
from tests.trainer.training.added import OBJECTIVE, SCHEDULE
from trainer.config import TrainingConfig
from trainer.data import read_examples
from trainer.errors import TrainerError
from trainer.models.transformer import TransformerConfig
from trainer.objectives.base import OBJECTIVES
from trainer.schedules.base import SCHEDULES
from trainer.store import load_translator
from trainer.training import train
from trainer.training.task import TrainingTask, train_apart
from trainer.vocabulary import Vocabulary


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one objective and one schedule in it."""
    monkeypatch.setenv(FOLDERS, "")
    for kind, text, name in (("objectives", OBJECTIVE, "copying"), ("schedules", SCHEDULE, "steady")):
        (tmp_path / "mine" / kind).mkdir(parents=True)
        (tmp_path / "mine" / kind / f"{name}.py").write_text(text)
    add_folders([tmp_path / "mine"])
    return tmp_path / "mine"


def _rates(history: list[dict[str, Any]]) -> list[float]:
    return [row["learning_rate"] for row in history if "loss" in row]


@pytest.mark.usefixtures("mine")
def test_a_file_of_each_is_trained_with(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert "copying" in OBJECTIVES.names()
    assert "steady" in SCHEDULES.names()
    sides = [tf.constant(side, tf.string) for side in zip(*pairs[:40], strict=True)]
    data = tf.data.Dataset.from_tensor_slices(tuple(sides))
    given = {"objective": "copying", "schedule": {"name": "steady", "level": 0.5}, "warmup_steps": 2}
    config = settings(**given, max_steps=30, evaluate_every=15, average_last=1, accumulate=2)
    assert TrainingConfig.model_validate_json(config.model_dump_json()) == config
    _, result = train(tiny, config, vocabulary, data, data.take(4), tmp_path / "run")
    first, last = (row for row in result.history if "dev_nats" in row)
    assert last["dev_nats"] < first["dev_nats"]
    assert (result.best, result.best_step) == (last["dev_nats"], 30)
    assert first["dev_remark"] == "of the first batch"
    assert _rates(result.history) == pytest.approx([0.0025] * 2)
    lines = capfd.readouterr().err
    assert "copying 40 sentences\n" in lines
    assert f"step 30  epoch 6  dev loss {last['dev_nats']:.4f}  best so far" in lines

    # What was learned with is one of the settings that must stay the same.
    other = config.model_copy(update={"schedule": settings(schedule="steady").schedule})
    with pytest.raises(TrainerError, match=r"other settings.*training\.schedule.*1\.0.*was.*0\.5"):
        train(tiny, other, vocabulary, data, data.take(4), tmp_path / "run")


@pytest.mark.usefixtures("mine")
def test_a_training_in_another_process_finds_them(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
) -> None:
    vocabulary.save(tmp_path / "vocabulary")
    examples = tmp_path / "examples.gz"
    with tf.io.TFRecordWriter(str(examples), "GZIP") as writer:
        for row in pairs[:8]:
            features = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
                for name, text in zip(("source", "target"), row, strict=True)
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    assert list(read_examples([examples]))
    task = TrainingTask(
        model=tiny,
        training=settings(max_steps=1, objective="copying", schedule="steady", warmup_steps=1),
        vocabulary=tmp_path / "vocabulary",
        train_files=(examples,),
        dev_files=(examples,),
        folder=tmp_path / "run",
        tokenize="13a",
    )
    train_apart(task, tmp_path / "translator")
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert _rates(history) == pytest.approx([0.005])
    assert "dev_nats" in history[-1]
    load_translator(tmp_path / "translator")


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (
            {"objective": "copyin"},
            r"objective.name\n  there is no objective `copyin`: did you mean `copying`\?",
        ),
        ({"schedule": {"name": "steady", "rows": 4}}, r"schedule.rows\n  Extra inputs are not permitted"),
        ({"schedule": {"name": "steady", "level": "x"}}, r"schedule.level\n  Input should be a valid number"),
        ({"schedule": {"level": 1}}, r"schedule.level\n  Extra inputs are not permitted"),
    ],
)
def test_a_name_or_a_key_that_means_nothing_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValidationError, match=refusal):
        TrainingConfig(**given)


def test_what_is_not_said_is_as_it_was_and_is_not_written() -> None:
    """So the cache keys of those who say nothing stay."""
    config = TrainingConfig()
    assert {"objective", "schedule"} & config.model_dump().keys() == set()
    assert config == TrainingConfig(objective="translation", schedule={"name": "inverse-square-root"})
    assert TrainingConfig(**config.model_dump()) == config
