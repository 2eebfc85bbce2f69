"""One optimizer step, on one device or several: forward, gradients, clipping, update.

The norm of the gradients is checked before the update, which needs it for clipping: a norm that is not finite
would make every weight NaN, also where the loss is finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from trainer.config import TrainingConfig
from trainer.errors import TrainingDivergedError
from trainer.objectives.base import Objective
from trainer.training.moving_average import MovingAverage

_NOT_FINITE = "the norm of the gradients is not finite"


class StepResult(NamedTuple):
    """What a step came to."""

    loss: float
    """The objective's, per label, in nats."""
    gradient_norm: float
    """Global, before clipping."""


class TrainingStep:
    """Gradients of the mean loss per label over all batches and replicas, then one update."""

    def __init__(
        self,
        objective: Objective,
        weights: Sequence[Any],
        optimizer: keras.optimizers.Optimizer,
        config: TrainingConfig,
        strategy: tf.distribute.Strategy,
        averages: MovingAverage | None = None,
    ) -> None:
        """`weights`: the Keras variables that are trained; `averages`: theirs, updated with them."""
        self._objective, self._weights, self._optimizer = objective, weights, optimizer
        self._config, self._strategy, self._averages = config, strategy, averages
        # Every replica is given the whole batch and takes its rows in the graph: values that were dealt out
        # before have no signature with open shapes, and each new shape would be traced anew.
        self._graph = tf.function(
            self._distributed, input_signature=[[objective.batch] * config.accumulate], autograph=False
        )

    def run(self, batches: Sequence[Any]) -> StepResult:
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
        rate = f"training.learning_rate (now {self._config.learning_rate})"
        if self._config.schedule.own_peak:
            rate = f"the peak of training.schedule (now {self._config.schedule.name}'s)"
        return TrainingDivergedError(
            f"{what} at step {step}: lower {rate} or "
            f"lengthen training.warmup_steps (now {self._config.warmup_steps})"
        )

    def _share(self, batch: Any) -> Any:
        """The rows of a batch that are this replica's: every `replicas`-th; none in a batch of too few."""
        replicas = self._strategy.num_replicas_in_sync
        if replicas == 1:
            return batch
        first = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.nest.map_structure(lambda part: part[first::replicas], batch)

    def _distributed(self, batches: Sequence[Any]) -> tuple[tf.Tensor, tf.Tensor]:
        results = self._strategy.run(self._replica_step, args=(batches,))
        loss, norm = (self._strategy.experimental_local_results(result)[0] for result in results)
        if self._averages is not None:
            self._averages.update(self._optimizer.iterations)
        return loss, norm

    def _replica_step(self, batches: Sequence[Any]) -> tuple[tf.Tensor, tf.Tensor]:
        """This replica's part; returns the mean loss of all, and the norm of their gradients."""
        batches = [self._share(batch) for batch in batches]
        variables = [variable.value for variable in self._weights]
        labels = tf.cast(sum(self._objective.count_labels(batch) for batch in batches), tf.float32)
        labels = self._sum_over_replicas(labels)
        losses, gradients = [], []
        for batch in batches:
            with tf.GradientTape() as tape:
                loss = self._objective.loss(batch, training=True) / labels
            losses.append(loss)
            # An objective may leave weights alone, as a language model an encoder's.
            slopes = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            gradients.append([tf.convert_to_tensor(gradient) for gradient in slopes])
        summed = [self._sum_over_replicas(tf.add_n(parts)) for parts in zip(*gradients, strict=True)]
        # Clipping takes the norm from the check, so that no weight is written before it.
        norm = tf.debugging.check_numerics(tf.linalg.global_norm(summed), _NOT_FINITE)
        clipped, _ = tf.clip_by_global_norm(summed, self._config.clip_norm, use_norm=norm)
        # Keras's optimizer sums over the replicas, which hold the same sum already.
        replicas = self._strategy.num_replicas_in_sync
        self._optimizer.apply(
            [gradient / replicas for gradient in clipped] if replicas > 1 else clipped,
            self._weights,
        )
        return self._sum_over_replicas(tf.add_n(losses)), norm

    def _sum_over_replicas(self, value: tf.Tensor) -> tf.Tensor:
        if self._strategy.num_replicas_in_sync == 1:
            return value
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)
