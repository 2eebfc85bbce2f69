"""Scheduled sampling (Bengio et al. 2015, https://arxiv.org/abs/1506.03099): the decoder learns to go on from
pieces of its own, as it will have to, more and more of them as the training goes on.

In two passes (Mihaylova and Martins 2019, https://arxiv.org/abs/1906.07651, section 3), so for every
architecture that can be teacher-forced: the first pass reads the reference and says what it would have
written at each place; the second reads the reference with some pieces replaced by those, and learns.

Notation: `B` batch, `S` source length, `T` target pieces that are read, `V` vocabulary.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from contracts.vocabulary import BOS, EOS, PAD
from trainer.objectives.base import CommonSettings, ObjectiveConfig, TrainingData
from trainer.objectives.translation import TranslationObjective

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.models.base import Translator
    from trainer.objectives.translation import Pair

_K = {"linear": 1.0, "exponential": 0.9998, "inverse-sigmoid": 1000.0}


class ScheduledSampling(ObjectiveConfig):
    """Translation that reads its own pieces among those of the reference, more of them step by step."""

    name: Literal["scheduled-sampling"] = "scheduled-sampling"
    decay: Literal["linear", "exponential", "inverse-sigmoid"] = Field(
        "inverse-sigmoid",
        description="share of the reference's pieces after i updates: k - slope i, k^i, k / (k + e^(i / k))",
    )
    k: float | None = Field(
        None, gt=0, description="of that formula; if not given 1, 0.9998 or 1000, in that order"
    )
    slope: float | None = Field(None, gt=0, description="of the linear decay, 0.0001 if not given")
    floor: float = Field(0.0, ge=0, lt=1, description="share of the reference's pieces at least")
    draw: Literal["best", "sample"] = Field(
        "best", description="the piece in its place: the likeliest one, or one as likely as the model says"
    )

    @model_validator(mode="after")
    def _formula_holds(self) -> Self:
        if self.slope is not None and self.decay != "linear":
            raise ValueError(f"slope is of the linear decay: leave it out, {self.decay} goes by k")
        if self.decay != "inverse-sigmoid" and self.constant > 1:
            raise ValueError(
                f"k {self.constant:g} gives a share above 1: the {self.decay} decay takes up to 1"
            )
        if self.decay == "exponential" and self.constant == 1:
            raise ValueError("k 1 stays 1 for ever: give less, as 0.9998")
        if self.decay == "inverse-sigmoid" and self.constant < 1:
            raise ValueError(f"k {self.constant:g}: the inverse sigmoid takes 1 or more")
        return self

    @property
    def constant(self) -> float:
        """k."""
        return _K[self.decay] if self.k is None else self.k

    def gold_share(self, updates: int) -> float:
        """The probability that a piece of the reference stays, after so many updates (Bengio et al., section
        2.4).
        """
        if self.decay == "linear":
            share = self.constant - (1e-4 if self.slope is None else self.slope) * updates
        elif self.decay == "exponential":
            share = self.constant**updates
        else:
            share = self.constant / (self.constant + math.exp(min(updates / self.constant, 700.0)))
        return max(self.floor, share)

    def build(
        self, training: CommonSettings, translator: Translator, data: TrainingData
    ) -> ScheduledSamplingObjective:
        """Raises DataError where there is no dev pair."""
        return ScheduledSamplingObjective(self, training, translator, data)


class ScheduledSamplingObjective(TranslationObjective):
    """What is drawn depends on seed, step and batch alone: a training that goes on draws the same."""

    def __init__(
        self, config: ScheduledSampling, training: CommonSettings, translator: Translator, data: TrainingData
    ) -> None:
        import tensorflow as tf

        super().__init__(training, translator, data)
        self._config = config
        self._updates = tf.Variable(0, trainable=False, dtype=tf.int64, name="updates")
        self._share = tf.Variable(1.0, trainable=False, name="gold_share")

    def advance(self, updates: int) -> None:
        """See `Advancing`."""
        self._updates.assign(updates)
        self._share.assign(self._config.gold_share(updates))

    def loss(self, batch: Pair, *, training: bool) -> tf.Tensor:
        """As of translation, reading mixed pieces; without, where nothing is trained."""
        import tensorflow as tf

        from trainer.objectives.cross_entropy import labels_loss

        source, target = batch
        read, labels = target[:, :-1], target[:, 1:]
        translator, smoothing = self._translator, self._training.label_smoothing
        memory = translator.encode(source, training=training)
        if training:
            seed = tf.stack([tf.constant(self._training.seed, tf.int64), self._updates.read_value()])
            # Batches and devices of one step draw differently, a repeated step the same.
            seed = tf.random.experimental.stateless_fold_in(seed, tf.reduce_sum(target * 7919))
            places = sampled_places(read, self._share, seed)
            states = tf.stop_gradient(translator.decode(read, memory, training=training))
            drawn = self._draw(states, labels, seed)
            read = tf.where(places, drawn, read)
        states = translator.decode(read, memory, training=training)
        return labels_loss(translator, states, labels, smoothing)

    def _draw(self, states: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """States [B, T, D] → [B, T] int32: at each place what the model would have written there, given the
        reference before it; `BOS` at the first one. Never the end, after which a search reads nothing.
        """
        import tensorflow as tf

        real = tf.where(labels[:, :-1] != PAD)
        logits = self._translator.logits(tf.gather_nd(states[:, :-1], real))
        never = tf.reduce_sum(
            tf.one_hot([PAD, BOS, EOS], logits.shape[-1], on_value=-1e9, off_value=0.0), axis=0
        )
        logits = logits + never
        if self._config.draw == "sample":
            draw = tf.random.stateless_categorical(logits, 1, seed + 1, dtype=tf.int32)[:, 0]
        else:
            draw = tf.argmax(logits, axis=-1, output_type=tf.int32)
        later = tf.scatter_nd(real, draw, tf.shape(labels[:, :-1], tf.int64))
        return tf.concat([tf.fill([tf.shape(labels)[0], 1], BOS), later], axis=1)

    def evaluate(self) -> dict[str, float | str]:
        """As of translation, and the share of the reference's pieces in the last step."""
        return {**super().evaluate(), "gold_share": round(float(self._share), 5)}


def sampled_places(read: Any, share: Any, seed: Any) -> Any:
    """Where a piece of the model's own is read.

    Args:
        read: ids [B, T] of the reference, `BOS` first, which stays, as do the end and the padding.
        share: the probability that any other piece stays.
        seed: [2] int64; equal seeds, equal places.

    Returns:
        [B, T] bool.
    """
    import tensorflow as tf

    replaceable = (read != PAD) & (read != BOS) & (read != EOS)
    return replaceable & (tf.random.stateless_uniform(tf.shape(read), seed) >= share)
