"""The batcher, with a version that only remembers what it was asked."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import cast

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.server import batching
from serving.server.batching import Batcher, BatchingOptions
from serving.server.servable import LoadedVersion
from serving.server.status import StatusError
from tests.examples import examples


class Recorder:
    """Answers each row with itself, and keeps the sizes of the batches; can be held up."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.go = threading.Event()
        self.go.set()
        self.began = threading.Event()

    def run(
        self, feeds: Mapping[str, np.ndarray], fetches: Sequence[str], timeout: float | None = None
    ) -> list[np.ndarray]:
        del fetches, timeout
        self.began.set()
        assert self.go.wait(30)
        self.batches.append(len(feeds["x"]))
        return [feeds["x"]]


def ask(
    batcher: Batcher, recorder: Recorder, rows: Sequence[int], deadline: float | None = None
) -> list[int]:
    values = np.array(rows, dtype=np.int64)
    return batcher(cast(LoadedVersion, recorder), "s", {"x": values}, ["x"], deadline)[0].tolist()


def wait_for_queued(batcher: Batcher, rows: int) -> None:
    """Until so many rows are queued; its thread has to be held up, since only one of us is woken."""
    with batcher._changed:
        assert batcher._changed.wait_for(
            lambda: sum(batch.rows for queue in batcher._queues.values() for batch in queue) == rows, 30
        )


def in_threads(calls: Sequence[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


@examples(25)
@given(
    requests=st.lists(st.lists(st.integers(), min_size=1, max_size=4), min_size=1, max_size=12),
    sizes=st.sampled_from([(), (2, 4, 8), (8,)]),
)
def test_everybody_gets_their_own_rows(requests: list[list[int]], sizes: tuple[int, ...]) -> None:
    requests = [[value % 1000 for value in rows] for rows in requests]
    recorder = Recorder()
    batcher = Batcher(
        BatchingOptions(8, 0.002, max_enqueued_batches=100, num_batch_threads=2, allowed_batch_sizes=sizes)
    )
    answers: dict[int, list[int]] = {}

    def call(number: int) -> None:
        answers[number] = ask(batcher, recorder, requests[number])

    for thread in in_threads([lambda n=n: call(n) for n in range(len(requests))]):
        thread.join()
    batcher.stop(30)
    assert answers == dict(enumerate(requests))
    assert all(size <= 8 and (not sizes or size in sizes) for size in recorder.batches)


def test_calls_that_wait_run_together() -> None:
    recorder = Recorder()
    recorder.go.clear()
    batcher = Batcher(BatchingOptions(8, 0.0, num_batch_threads=1))
    threads = in_threads([lambda: [ask(batcher, recorder, [0])]])
    assert recorder.began.wait(30)
    threads += in_threads([lambda n=n: [ask(batcher, recorder, [n])] for n in range(5)])
    wait_for_queued(batcher, 5)
    recorder.go.set()
    for thread in threads:
        thread.join()
    batcher.stop(30)
    assert recorder.batches == [1, 5]


def test_a_call_whose_deadline_passed_in_the_queue_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    recorder.go.clear()
    batcher = Batcher(BatchingOptions(8, 0.0, num_batch_threads=1))
    threads = in_threads([lambda: [ask(batcher, recorder, [0])]])
    assert recorder.began.wait(30)
    codes: list[grpc.StatusCode] = []
    deadline = time.monotonic() + 600

    def late() -> None:
        with pytest.raises(StatusError) as caught:
            ask(batcher, recorder, [7], deadline)
        codes.append(caught.value.code)

    threads += in_threads([late])
    wait_for_queued(batcher, 1)
    monkeypatch.setattr(batching, "time", SimpleNamespace(monotonic=lambda: deadline + 1))
    recorder.go.set()
    for thread in threads:
        thread.join()
    batcher.stop(30)
    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED]
    assert recorder.batches == [1]


@pytest.mark.parametrize("sizes", [(), (2, 4, 8)])
def test_no_row_is_answered_with_no_row(sizes: tuple[int, ...]) -> None:
    recorder = Recorder()
    batcher = Batcher(BatchingOptions(8, allowed_batch_sizes=sizes))
    assert ask(batcher, recorder, []) == []
    assert ask(batcher, recorder, [1]) == [1]
    batcher.stop(30)


def test_a_call_without_rows_shares_a_batch_with_others() -> None:
    recorder = Recorder()
    recorder.go.clear()
    batcher = Batcher(BatchingOptions(4, num_batch_threads=1, allowed_batch_sizes=(4,)))
    answers: dict[int, list[int]] = {}
    threads = in_threads([lambda: [ask(batcher, recorder, [0])]])
    assert recorder.began.wait(30)
    for number, rows in enumerate([[], [7], []]):
        call = functools.partial(ask, batcher, recorder, rows)
        threads += in_threads([lambda number=number, call=call: answers.update({number: call()})])
    wait_for_queued(batcher, 1)
    recorder.go.set()
    for thread in threads:
        thread.join()
    batcher.stop(30)
    assert answers == {0: [], 1: [7], 2: []}


def test_stopping_loses_nothing() -> None:
    """What is queued is run at once, and calls that come later are answered too."""
    recorder = Recorder()
    recorder.go.clear()
    batcher = Batcher(BatchingOptions(8, batch_timeout_seconds=3600, num_batch_threads=1))
    answers: dict[int, list[int]] = {}
    threads = in_threads([lambda: answers.update({0: ask(batcher, recorder, [0] * 8)})])  # full: runs at once
    assert recorder.began.wait(30)
    threads += in_threads([lambda n=n: answers.update({n: ask(batcher, recorder, [n])}) for n in (1, 2, 3)])
    wait_for_queued(batcher, 3)
    recorder.go.set()
    batcher.stop(30)
    for thread in threads:
        thread.join(30)
    assert answers == {0: [0] * 8, 1: [1], 2: [2], 3: [3]}
    assert ask(batcher, recorder, [4]) == [4]
    assert recorder.batches == [8, 3, 1]


def test_limits_have_to_fit_together() -> None:
    for sizes in ((4, 2, 8), (2, 4), (8, 8)):
        with pytest.raises(ValueError, match="allowed_batch_sizes"):
            BatchingOptions(8, allowed_batch_sizes=sizes)


def test_inputs_have_to_have_the_same_rows() -> None:
    batcher = Batcher(BatchingOptions(8))
    for feeds in ({"x": np.array(1)}, {"x": np.zeros(2), "y": np.zeros(3)}):
        with pytest.raises(StatusError) as caught:
            batcher(cast(LoadedVersion, Recorder()), "s", feeds, ["x"], None)
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    batcher.stop(30)
