"""One optimizer step, on one device or several: forward, gradients, clipping, update.

The norm of the gradients is checked before the update, which needs it for clipping: a norm that is not finite
would make every weight NaN, also where the loss is finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from trainer.config import TrainingConfig
from trainer.errors import TrainingDivergedError
from trainer.models.base import Translator
from trainer.training.loss import smoothed_cross_entropy
from trainer.vocabulary import PAD

_NOT_FINITE = "the norm of the gradients is not finite"

Pair = tuple[tf.Tensor, tf.Tensor]
"""Source [B, S] and target [B, T], T counting `BOS` and `EOS`."""


class StepResult(NamedTuple):
    """What a step came to."""

    loss: float
    """Smoothed, per target token, in nats."""
    gradient_norm: float
    """Global, before clipping."""


class TrainingStep:
    """Gradients of the mean loss per target token over all batches and replicas, then one update."""

    def __init__(
        self,
        translator: Translator,
        optimizer: keras.optimizers.Optimizer,
        config: TrainingConfig,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._translator, self._optimizer = translator, optimizer
        self._config, self._strategy = config, strategy
        ids = tf.TensorSpec([None, None], tf.int32)
        # Every replica is given the whole batch and takes its rows in the graph: values that were dealt out
        # before have no signature with open shapes, and each new shape would be traced anew.
        self._graph = tf.function(self._distributed, input_signature=[[(ids, ids)] * config.accumulate])

    def run(self, batches: Sequence[Pair]) -> StepResult:
        """One update from `accumulate` batches.

        Raises:
            TrainingDivergedError: the loss or a gradient is not finite. If a gradient is not, the weights are
                as they were.
        """
        step = int(keras.ops.convert_to_numpy(self._optimizer.iterations)) + 1
        try:
            loss, norm = map(float, self._graph(list(batches)))
        except tf.errors.InvalidArgumentError as error:
            if _NOT_FINITE not in str(error):
                raise
            raise self._diverged(_NOT_FINITE, step) from error
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}", step)
        return StepResult(loss, norm)

    def _diverged(self, what: str, step: int) -> TrainingDivergedError:
        return TrainingDivergedError(
            f"{what} at step {step}: lower training.learning_rate (now {self._config.learning_rate}) or "
            f"lengthen training.warmup_steps (now {self._config.warmup_steps})"
        )

    def _share(self, batch: Pair) -> Pair:
        """The rows of a batch that are this replica's: every `replicas`-th; none in a batch of too few."""
        replicas = self._strategy.num_replicas_in_sync
        if replicas == 1:
            return batch
        first = tf.distribute.get_replica_context().replica_id_in_sync_group
        return batch[0][first::replicas], batch[1][first::replicas]

    def _distributed(self, batches: Sequence[Pair]) -> tuple[tf.Tensor, tf.Tensor]:
        results = self._strategy.run(self._replica_step, args=(batches,))
        loss, norm = (self._strategy.experimental_local_results(one)[0] for one in results)
        return loss, norm

    def _replica_step(self, batches: Sequence[Pair]) -> tuple[tf.Tensor, tf.Tensor]:
        """This replica's part; returns the mean loss of all, and the norm of their gradients."""
        batches = [self._share(batch) for batch in batches]
        variables = [variable.value for variable in self._translator.trainable_variables]
        tokens = tf.cast(sum(tf.math.count_nonzero(target[:, 1:]) for _, target in batches), tf.float32)
        tokens = self._sum_over_replicas(tokens)
        losses, gradients, smoothing = [], [], self._config.label_smoothing
        for source, target in batches:
            with tf.GradientTape() as tape:
                loss = loss_sum(self._translator, source, target, smoothing, training=True) / tokens
            losses.append(loss)
            gradients.append([tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)])
        summed = [self._sum_over_replicas(tf.add_n(parts)) for parts in zip(*gradients, strict=True)]
        # Clipping takes the norm from the check, so that no weight is written before it.
        norm = tf.debugging.check_numerics(tf.linalg.global_norm(summed), _NOT_FINITE)
        clipped, _ = tf.clip_by_global_norm(summed, self._config.clip_norm, use_norm=norm)
        # Keras's optimizer sums over the replicas, which hold the same sum already.
        replicas = self._strategy.num_replicas_in_sync
        self._optimizer.apply(
            [gradient / replicas for gradient in clipped] if replicas > 1 else clipped,
            self._translator.trainable_variables,
        )
        return self._sum_over_replicas(tf.add_n(losses)), norm

    def _sum_over_replicas(self, value: tf.Tensor) -> tf.Tensor:
        if self._strategy.num_replicas_in_sync == 1:
            return value
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def loss_sum(
    translator: Translator, source: tf.Tensor, target: tf.Tensor, smoothing: float, *, training: bool
) -> tf.Tensor:
    """Source [B, S] and target [B, T] with `BOS`, teacher-forced → the sum of the losses of all target
    pieces; the output layer sees no padding."""
    memory = translator.encode(source, training=training)
    states = translator.decode(target[:, :-1], memory, training=training)
    labels = target[:, 1:]
    places = tf.where(labels != PAD)
    logits = translator.logits(tf.gather_nd(states, places))
    return tf.reduce_sum(smoothed_cross_entropy(logits, tf.gather_nd(labels, places), smoothing))
