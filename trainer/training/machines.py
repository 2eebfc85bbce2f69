"""The machines of one training. Each runs the same program on the same batches and takes every n-th row.

What a machine cannot work out from the batches (the time, a signal, the dev measure, what a checkpoint holds)
the chief says to all, so that all take the same turn and none waits for a step that the others do not do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from trainer.cluster import Cluster, read_cluster
from trainer.config import TrainingConfig
from trainer.errors import TrainerError
from trainer.watchdog import Watchdog

_ALONE = Cluster(("localhost",), (("worker", 0),), 0)


class Machines:
    """One machine, or several that have found each other."""

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        cluster: Cluster = _ALONE,
        watchdog: Watchdog | None = None,
        stall_seconds: float = 0.0,
    ) -> None:
        """`watchdog` ends a machine that hears nothing of the others for `stall_seconds`."""
        self.strategy, self._cluster = strategy, cluster
        self._watchdog, self._stall_seconds = watchdog, stall_seconds
        self._sum = tf.function(self._summed, autograph=False)
        self._heard()

    @property
    def chief(self) -> bool:
        """Whether this one writes checkpoints and measures with the dev sentences."""
        return self._cluster.chief

    @property
    def several(self) -> bool:
        """Whether there are others to wait for."""
        return len(self._cluster.machines) > 1

    def tick(self, seconds: float, tokens: int, stopping: bool) -> tuple[float, bool]:
        """After each step: the chief's `seconds`, and whether any machine was asked to stop.

        Raises:
            TrainerError: the machines had batches of different sizes, so not the same ones.
        """
        if not self.several:
            return seconds, stopping
        here = [seconds if self.chief else 0.0, float(stopping), float(tokens), float(tokens) ** 2]
        seconds, asked, total, squares = self._total(np.array(here)).tolist()
        if squares * len(self._cluster.machines) != total**2:  # Equal only where all are.
            raise TrainerError("the machines read different training data: give all the same files")
        return seconds, asked > 0

    def number(self, value: float) -> float:
        """The chief's number."""
        return float(self._from_chief(np.array([value]))[0]) if self.several else value

    def text(self, text: str) -> str:
        """The chief's text."""
        if not self.several:
            return text
        content = np.frombuffer(text.encode() + b"\n", np.uint8)
        sent = self._from_chief(np.resize(content, int(self.number(len(content)))))
        return sent.astype(np.uint8).tobytes()[:-1].decode()

    def equalize(self, variables: Sequence[Any]) -> None:
        """Give all variables the chief's values."""
        for variable in variables if self.several else ():
            value = keras.ops.convert_to_numpy(variable)
            variable.assign(self._from_chief(value.ravel()).reshape(value.shape).astype(value.dtype))

    def require_same(self, here: str, what: str) -> None:
        """All machines, or none, go on.

        Raises:
            TrainerError: on every machine, if `here` is not the chief's everywhere.
        """
        if self.several and self._total(np.array([float(self.text(here) != here)]))[0]:
            raise TrainerError(
                f"the machines do not have the same {what}: give all the same configuration and files"
            )

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """While open, the loss of a machine ends the training on the others with a reason.

        Raises:
            TrainerError: a machine is gone.
        """
        try:
            yield
        except (tf.errors.OpError, RuntimeError) as error:
            if not self.several:
                raise
            raise TrainerError(
                f"the training on {len(self._cluster.machines)} machines broke off on {self._here()}, "
                "as after the loss of one of them: start all again to go on from the last checkpoint "
                f"({_first_line(error)})"
            ) from error
        finally:
            if self._watchdog:
                self._watchdog.end()

    def _from_chief(self, value: np.ndarray) -> np.ndarray:
        """float64, which holds float32, int32 and uint32 exactly."""
        value = value.astype(np.float64)
        return self._total(value if self.chief else np.zeros_like(value))

    def _total(self, value: np.ndarray) -> np.ndarray:
        """The sum over the machines."""
        self._heard()
        devices = self.strategy.num_replicas_in_sync // len(self._cluster.machines)
        total: np.ndarray = self._sum(tf.constant(value)).numpy()
        return total / devices

    def _heard(self) -> None:
        """The others are there: the time in which they must be heard again begins anew."""
        if self._watchdog:
            self._watchdog.allow(
                self._stall_seconds,
                f"{self._here()} heard nothing of the other machines for {self._stall_seconds / 60:g} "
                "minutes: start all again to go on from the last checkpoint, or raise "
                "training.machines.stall_minutes",
            )

    def _summed(self, value: tf.Tensor) -> tf.Tensor:
        def add(part: tf.Tensor) -> tf.Tensor:
            replica = tf.distribute.get_replica_context()
            return replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))

        return self.strategy.experimental_local_results(self.strategy.run(add, args=(value,)))[0]

    def _here(self) -> str:
        return self._cluster.machines[self._cluster.index]


def gather(config: TrainingConfig, tell: Callable[[TrainerError], str] = str) -> Machines:
    """This machine with the devices of `training.strategy`, or with the other machines; `tell`: the line of
    standard error that says why this process ends where it waits too long for others.

    Raises:
        TrainerError: as `_join`.
    """
    if config.strategy == "multi_worker":
        return _join(config, tell)
    gpus = tf.config.list_logical_devices("GPU")
    if config.strategy == "mirrored":
        devices = gpus or tf.config.list_logical_devices("CPU")
        return Machines(tf.distribute.MirroredStrategy([device.name for device in devices]))
    if config.strategy == "auto" and len(gpus) > 1:
        return Machines(tf.distribute.MirroredStrategy([device.name for device in gpus]))
    return Machines(tf.distribute.get_strategy())


def _join(config: TrainingConfig, tell: Callable[[TrainerError], str]) -> Machines:
    """Wait for the machines of TF_CONFIG; must come before all else that TensorFlow does in this process.

    Raises:
        ConfigurationError: TF_CONFIG cannot be used.
        TrainerError: TensorFlow has started already, or a machine is not reached.
    """
    cluster, limits = read_cluster(), config.machines
    watchdog = Watchdog(tell)
    watchdog.allow(
        limits.join_minutes * 60,
        f"{cluster.machines[cluster.index]} waited {limits.join_minutes:g} minutes, and not all of "
        f"{', '.join(cluster.machines)} were there: look at the log of the one that is missing, or raise "
        "training.machines.join_minutes",
    )
    try:
        _configure_heartbeat(cluster, limits.silence_seconds)
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        watchdog.end()
        raise TrainerError(
            f"the machines {', '.join(cluster.machines)} cannot train together: {_first_line(error)}"
        ) from error
    if len(cluster.machines) == 1:
        watchdog.end()
        return Machines(strategy, cluster)
    return Machines(strategy, cluster, watchdog, limits.stall_minutes * 60)


def _configure_heartbeat(cluster: Cluster, silence_seconds: int) -> None:
    """As the strategy itself would, but for the timeout: its ten seconds end trainings on busy machines."""
    jobs: dict[str, int] = {}
    for job, _ in cluster.tasks:
        jobs[job] = jobs.get(job, 0) + 1
    leader, _ = cluster.tasks[0]
    # Each TensorFlow has these messages in another module of its own.
    coordination = context.coordination_config_pb2
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=f"/job:{leader}/replica:0/task:0",
        heartbeat_timeout_in_ms=silence_seconds * 1000,
        coordinated_jobs=[
            coordination.CoordinatedJob(name=job, num_tasks=count) for job, count in jobs.items()
        ],
    )


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
