"""Requests that arrive together run together: one session call for several, bounded in size, wait and queue.

The parameters and refusals are those of TensorFlow Serving's BatchingSession.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import grpc
import numpy as np

from serving.server.predict import check_rows, remaining
from serving.server.servable import LoadedVersion
from serving.server.status import StatusError, from_exception, invalid

# What may share a batch: version, signature, outputs, and per input its type and the shape of a row.
_Key = tuple[int, str, tuple[str, ...], tuple[tuple[str, str, tuple[int, ...]], ...]]


@dataclass(frozen=True)
class BatchingOptions:
    """`batching_parameters_file` of TensorFlow Serving, with its defaults."""

    max_batch_size: int = 1000
    batch_timeout_seconds: float = 0.0
    max_enqueued_batches: int = 10
    num_batch_threads: int = 2
    allowed_batch_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        sizes = self.allowed_batch_sizes
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[-1] != self.max_batch_size):
            raise ValueError("allowed_batch_sizes must ascend, and the last must be max_batch_size")


@dataclass
class _Task:
    feeds: Mapping[str, np.ndarray]
    rows: int
    deadline: float | None
    answer: Future[list[np.ndarray]] = field(default_factory=Future)

    @property
    def expired(self) -> bool:
        return self.deadline is not None and self.deadline <= time.monotonic()


@dataclass
class _Batch:
    loaded_version: LoadedVersion
    fetches: Sequence[str]
    opened: float
    tasks: list[_Task] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(task.rows for task in self.tasks)


def _rows(feeds: Mapping[str, np.ndarray]) -> int:
    if any(not values.ndim for values in feeds.values()):
        raise invalid("Batching session Run() input tensors must have at least one dimension.")
    sizes = {values.shape[0] for values in feeds.values()}
    if len(sizes) != 1:
        raise invalid("Batching session Run() input tensors must have equal 0th-dimension size.")
    return int(sizes.pop())


class Batcher:
    """A runner (see `predict.Runner`) that merges the calls of several threads."""

    def __init__(self, options: BatchingOptions) -> None:
        self._options = options
        self._changed = threading.Condition()
        self._queues: dict[_Key, deque[_Batch]] = {}
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(max(1, options.num_batch_threads))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def max_rows(self) -> int:
        return self._options.max_batch_size

    def __call__(
        self,
        loaded_version: LoadedVersion,
        signature_name: str,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        deadline: float | None,
    ) -> list[np.ndarray]:
        """Wait for a place in a batch and for its end.

        Raises: StatusError INVALID_ARGUMENT when there are more rows than a batch may have, UNAVAILABLE when
        the queue is full, DEADLINE_EXCEEDED, or what the batch ended with: a bad row fails its neighbours.
        """
        remaining(deadline)
        task = _Task(feeds, _rows(feeds), deadline)
        check_rows(task.rows, self.max_rows)
        shapes = tuple((name, str(v.dtype), v.shape[1:]) for name, v in sorted(feeds.items()))
        key = (id(loaded_version), signature_name, tuple(fetches), shapes)
        if not self._enqueue(key, loaded_version, fetches, task):
            self._run(_Batch(loaded_version, fetches, time.monotonic(), [task]))
        return task.answer.result()

    def stop(self, timeout: float) -> None:
        """Run what is queued without waiting for company, then end the threads, in `timeout` seconds at most.

        Calls that come later, of requests that were on their way, run alone.
        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _enqueue(self, key: _Key, loaded_version: LoadedVersion, fetches: Sequence[str], task: _Task) -> bool:
        """Put the task into a batch; False when nobody runs batches any more."""
        with self._changed:
            if self._stopped:
                return False
            queue = self._queues.setdefault(key, deque())
            if not queue or queue[-1].rows + task.rows > self._options.max_batch_size:
                if len(queue) >= self._options.max_enqueued_batches:
                    raise StatusError(
                        grpc.StatusCode.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; currently "
                        f"{len(queue)} batches enqueued and max enqueued batches is "
                        f"{self._options.max_enqueued_batches}",
                    )
                queue.append(_Batch(loaded_version, fetches, time.monotonic()))
            queue[-1].tasks.append(task)
            self._changed.notify()
            return True

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._run(batch)

    def _next_batch(self) -> _Batch | None:
        """The batch that has waited longest, once it is full or its time is up; None on stop."""
        with self._changed:
            while True:
                if not self._queues:
                    if self._stopped:
                        return None
                    self._changed.wait()
                    continue
                now = time.monotonic()
                due = {key: self._due(queue) for key, queue in self._queues.items()}
                key = min(due, key=due.__getitem__)
                if due[key] <= now:
                    batch = self._queues[key].popleft()
                    if not self._queues[key]:
                        del self._queues[key]
                    return batch
                self._changed.wait(due[key] - now)

    def _due(self, queue: deque[_Batch]) -> float:
        full = len(queue) > 1 or queue[0].rows >= self._options.max_batch_size or self._stopped
        return queue[0].opened + (0.0 if full else self._options.batch_timeout_seconds)

    def _run(self, batch: _Batch) -> None:
        for task in batch.tasks:
            if task.expired:
                error = StatusError(
                    grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed in the batch queue"
                )
                task.answer.set_exception(error)
        tasks = [task for task in batch.tasks if not task.answer.done()]
        if not tasks:
            return
        try:
            outputs = self._compute(batch, tasks)
        except Exception as failure:
            for task in tasks:
                task.answer.set_exception(from_exception(failure))
            return
        start = 0
        for task in tasks:
            task.answer.set_result([output[start : start + task.rows] for output in outputs])
            start += task.rows

    def _compute(self, batch: _Batch, tasks: Sequence[_Task]) -> list[np.ndarray]:
        rows = sum(task.rows for task in tasks)
        # No row, nothing to pad with: the graph answers it with no row.
        sizes = self._options.allowed_batch_sizes if rows else ()
        padded = next((size for size in sizes if size >= rows), rows)
        feeds = {}
        for name in tasks[0].feeds:
            parts = [task.feeds[name] for task in tasks]
            if padded > rows:  # a row of the batch's own is sure to be valid
                first = next(part for part in parts if len(part))
                parts.append(np.repeat(first[:1], padded - rows, axis=0))
            feeds[name] = np.concatenate(parts) if len(parts) > 1 else parts[0]
        # Only when every member has a deadline may the batch be cut short: at the latest of them.
        deadlines = [task.deadline for task in tasks]
        latest = None if None in deadlines else max(d for d in deadlines if d is not None)
        outputs = batch.loaded_version.run(feeds, batch.fetches, remaining(latest))
        if any(not output.ndim or output.shape[0] != padded for output in map(np.asarray, outputs)):
            raise StatusError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes "
                "of the input tensors",
            )
        return outputs
