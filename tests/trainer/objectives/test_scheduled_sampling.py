"""Scheduled sampling: the share by hand, the places, what is read there, and the same again after a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.models.transformer import TransformerConfig
from trainer.objectives.scheduled_sampling import (
    ScheduledSampling,
    ScheduledSamplingObjective,
    sampled_places,
)
from trainer.training import train
from trainer.vocabulary import BOS, EOS, PAD, Vocabulary


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"decay": "linear", "slope": 0.01, "floor": 0.25}, [1.0, 0.9, 0.5, 0.25]),
        ({"decay": "linear", "k": 0.8, "slope": 0.01}, [0.8, 0.7, 0.3, 0.0]),
        ({"decay": "exponential", "k": 0.99}, [1.0, 0.904382, 0.605006, 0.0000431712]),
        # 10 / 11, 10 / (10 + e), 10 / (10 + e^5), and e^100 leaves nothing.
        ({"decay": "inverse-sigmoid", "k": 10}, [0.909091, 0.786270, 0.063126, 0.0]),
        ({"decay": "inverse-sigmoid", "k": 1, "floor": 0.1}, [0.5, 0.1, 0.1, 0.1]),
    ],
)
def test_the_share_of_the_reference_follows_the_formula(given: dict[str, Any], expected: list[float]) -> None:
    config = ScheduledSampling(**given)
    assert [config.gold_share(step) for step in (0, 10, 50, 1000)] == pytest.approx(expected, abs=1e-6)
    assert config.gold_share(10**9) == pytest.approx(config.floor, abs=1e-9)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"decay": "cosine"}, "Input should be 'linear', 'exponential' or 'inverse-sigmoid'"),
        ({"decay": "exponential", "slope": 0.1}, "slope is of the linear decay: leave it out"),
        ({"decay": "linear", "k": 2}, "k 2 gives a share above 1"),
        ({"decay": "exponential", "k": 1}, "k 1 stays 1 for ever"),
        ({"k": 0.5}, "k 0.5: the inverse sigmoid takes 1 or more"),
        ({"floor": 1}, r"floor\n  Input should be less than 1"),
    ],
)
def test_what_is_no_decay_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValidationError, match=refusal):
        TrainingConfig(objective={"name": "scheduled-sampling", **given})


def test_words_are_replaced_at_the_sampled_rate_and_nothing_else_is() -> None:
    read = np.full((200, 22), 9, np.int32)
    read[:, 0], read[:, -2], read[:, -1] = BOS, EOS, PAD
    places = sampled_places(tf.constant(read), 0.7, tf.constant([1, 5], tf.int64)).numpy()
    assert not places[:, [0, -2, -1]].any()
    # 3800 places at 0.3: 1140, and three standard deviations are 85.
    assert abs(places.sum() - 1140) < 85
    again, other = (sampled_places(tf.constant(read), 0.7, tf.constant([1, n], tf.int64)) for n in (5, 6))
    np.testing.assert_array_equal(places, again)
    assert (places != other.numpy()).any()
    assert not sampled_places(tf.constant(read), 1.0, tf.constant([1, 5], tf.int64)).numpy().any()
    assert sampled_places(tf.constant(read), 0.0, tf.constant([1, 5], tf.int64)).numpy().sum() == 3800


class Counting:
    """A translator that would always write the number after the one that it has read, and 9 first."""

    def __init__(self) -> None:
        self.read: list[np.ndarray] = []

    def encode(self, source: Any, training: bool) -> Any:
        del training
        return source

    def decode(self, target: Any, memory: Any, training: bool) -> Any:
        del memory, training
        self.read.append(target.numpy())
        return tf.one_hot(tf.where(target == BOS, 9, target + 1), 40)

    def logits(self, states: Any) -> Any:
        return 50.0 * states


@pytest.mark.parametrize("draw", ["best", "sample"])
def test_the_second_pass_reads_at_the_sampled_places_what_the_first_one_wrote(
    draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(objective: Any, training: Any, translator: Any, data: Any) -> None:
        del data
        objective._training, objective._translator = training, translator

    monkeypatch.setattr("trainer.objectives.translation.TranslationObjective.__init__", prepare)

    def watched(*given: Any) -> Any:
        places.append(sampled_places(*given).numpy())
        return places[-1]

    places: list[np.ndarray] = []
    monkeypatch.setattr("trainer.objectives.scheduled_sampling.sampled_places", watched)
    config = ScheduledSampling(decay="linear", slope=0.01, draw=draw)
    translator: Any = Counting()
    data: Any = None
    objective = ScheduledSamplingObjective(config, TrainingConfig(label_smoothing=0.0), translator, data)
    # 11 costs nothing after 10, which the model would not have written.
    target = np.int32([[BOS, 10, 11, 30, 12, EOS], [BOS, 15, 25, EOS, PAD, PAD]] * 20)
    source = np.int32([[7, EOS]] * 40)
    batch: Any = (tf.constant(source), tf.constant(target))

    def read_at(updates: int) -> tuple[np.ndarray, float]:
        objective.advance(updates)
        translator.read.clear()
        loss = float(objective.loss(batch, training=True))
        first, second = translator.read
        np.testing.assert_array_equal(first, target[:, :-1])
        return second, loss

    untouched, loss = read_at(0)
    np.testing.assert_array_equal(untouched, target[:, :-1])
    mixed, other_loss = read_at(50)
    before = target[:, :-2]
    own = np.concatenate([target[:, :1], np.where(before == BOS, 9, before + 1)], axis=1)
    replaced = mixed != target[:, :-1]
    np.testing.assert_array_equal(mixed, np.where(places[-1], own, target[:, :-1]))
    # Half of the places of each two rows where the model would write another word.
    assert 30 < replaced.sum() < 70
    # The labels are the reference's still: the loss is that of what was read.
    assert other_loss != loss
    again, _ = read_at(50)
    np.testing.assert_array_equal(again, mixed)
    later, _ = read_at(51)
    assert (later != mixed).any()
    # Where nothing is trained, the reference alone is read.
    translator.read.clear()
    objective.loss(batch, training=False)
    np.testing.assert_array_equal(translator.read, [target[:, :-1]])


@pytest.mark.parametrize("draw", ["best", "sample"])
def test_the_end_is_never_read_inside_a_sentence(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(objective: Any, training: Any, translator: Any, data: Any) -> None:
        del training, data
        objective._translator = translator

    monkeypatch.setattr("trainer.objectives.translation.TranslationObjective.__init__", prepare)
    translator: Any = Counting()
    none: Any = None
    objective = ScheduledSamplingObjective(ScheduledSampling(draw=draw), none, translator, none)
    ends = tf.one_hot([[EOS] * 4], 40)  # whatever it has read, it would end
    labels = tf.constant([[10, 11, 12, EOS]])
    drawn = objective._draw(ends, labels, tf.constant([1, 2], tf.int64)).numpy()
    assert drawn[0, 0] == BOS
    assert not {PAD, BOS, EOS} & set(drawn[0, 1:].tolist())


def test_a_killed_training_goes_on_with_the_same_draws(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides = [tf.constant(side, tf.string) for side in zip(*pairs[:40], strict=True)]
    data = tf.data.Dataset.from_tensor_slices(tuple(sides))
    objective = {"name": "scheduled-sampling", "decay": "linear", "slope": 0.1}
    config = settings(objective=objective, max_steps=8, evaluate_every=8, checkpoint_seconds=1e-6)
    advance, seen = ScheduledSamplingObjective.advance, []

    def watched(sampling: ScheduledSamplingObjective, updates: int) -> None:
        if updates == 5 and stopping:
            raise KeyboardInterrupt
        seen.append(updates)
        advance(sampling, updates)

    monkeypatch.setattr(ScheduledSamplingObjective, "advance", watched)
    monkeypatch.setattr("trainer.objectives.dev.DevEvaluator.bleu", lambda _: 1.0)
    stopping = True
    with pytest.raises(KeyboardInterrupt):
        train(tiny, config, vocabulary, data, data.take(4), tmp_path / "broken")
    stopping = False
    translator, result = train(tiny, config, vocabulary, data, data.take(4), tmp_path / "broken")
    assert seen == list(range(8))
    unbroken, _ = train(tiny, config, vocabulary, data, data.take(4), tmp_path / "unbroken")
    for ours, theirs in zip(translator.trainable_variables, unbroken.trainable_variables, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
    # The share of the last step, after seven updates.
    shares = [row["gold_share"] for row in result.history if "gold_share" in row]
    assert shares == pytest.approx([0.3])
