"""An objective and a schedule that a user adds."""

from __future__ import annotations

OBJECTIVE = '''
"""Sentences from themselves."""

from typing import Literal

from trainer.objectives.base import Measure, ObjectiveConfig


class Copying(ObjectiveConfig):
    """Target sentences, given themselves."""

    name: Literal["copying"] = "copying"
    rows: int = 4

    def build(self, training, translator, data):
        return CopyingObjective(self.rows, training, translator, data)


class CopyingObjective:
    measure = Measure("dev_nats", "dev loss", lower_is_better=True, digits=4)

    def __init__(self, rows, training, translator, data):
        import tensorflow as tf

        self.batch = {"ids": tf.TensorSpec([None, None], tf.int32)}
        self._translator, self._rows = translator, rows
        texts = [target.decode() for _, target in data.train.as_numpy_iterator()]
        ids = [[2, *row] for row in data.vocabulary.encode_target(texts)]
        self._sentences = tf.ragged.constant(ids, "int32")

    def epoch(self, epoch, *, skip=0):
        import tensorflow as tf

        rows = tf.data.Dataset.from_tensor_slices(self._sentences).batch(self._rows)
        return rows.map(lambda rows: {"ids": rows.to_tensor()}).skip(skip)

    def describe(self):
        return f"copying {self._sentences.nrows()} sentences"

    def count_tokens(self, batch):
        return int((batch["ids"].numpy() != 0).sum())

    def count_labels(self, batch):
        from trainer.objectives.cross_entropy import count_labels

        return count_labels(batch["ids"])

    def loss(self, batch, *, training):
        from trainer.objectives.cross_entropy import loss_sum

        ids = batch["ids"]
        return loss_sum(self._translator, ids[:, 1:], ids, 0.0, training=training)

    def evaluate(self):
        batch = next(iter(self.epoch(0)))
        loss = self.loss(batch, training=False) / float(self.count_labels(batch))
        return {"dev_nats": loss.numpy(), "dev_remark": "of the first batch"}
'''
SCHEDULE = '''
"""A rate that stays."""

from typing import Literal

from trainer.schedules.base import ScheduleConfig


class Steady(ScheduleConfig):
    """A share of the peak, for ever."""

    name: Literal["steady"] = "steady"
    level: float = 1.0

    def share(self, update, warmup_steps, done):
        return self.level
'''
