"""A gateway at more than it can do: requests come at their own pace, whether or not those before are answered
("open loop"), and it has to answer each, with a translation or with when to come again.
"""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from benchmarks.gateway_calls import TARGET, HttpCaller, Shared, sentences
from serving.gateway.core.settings import Limits

OK, SENT_AWAY = 200, 503
_SPARE = 80
"""Threads beyond those whose requests the gateway holds: they are answered at once."""
_WARM_UP = 0.2
"""Share of the time in which memory may grow: caches fill, and pools."""
_LOOKS = 120
"""At the memory, in all the time."""


@dataclass(frozen=True)
class Overload:
    """What was seen."""

    wanted: float
    """Requests a second."""
    sent: int
    late: int
    """Of these, those sent more than a second after their time: this program was too slow."""
    statuses: dict[int, int]
    unanswered: list[str]
    unexplained: int
    """Sent away without saying when to come again."""
    slowest: float
    """Seconds of an answer."""
    memory: list[tuple[float, int]]
    """Seconds since the beginning, bytes of the gateway's process."""

    @property
    def growth(self) -> float:
        """Of memory, from the tenth of the time after the warm-up to the last tenth, as a share."""
        ends = self.memory[-1][0]
        first = [size for at, size in self.memory if _WARM_UP * ends <= at < (_WARM_UP + 0.1) * ends]
        last = [size for at, size in self.memory if at >= 0.9 * ends]
        return statistics.mean(last) / statistics.mean(first or last) - 1

    def summary(self) -> str:
        """For people."""
        codes = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        megabytes = [size / 2**20 for _, size in self.memory]
        return (
            f"{self.wanted:.0f} requests a second for {self.memory[-1][0] / 60:.1f} minutes: "
            f"{self.sent} sent ({self.late} late), {codes}; unanswered: {len(self.unanswered)}; "
            f"{SENT_AWAY} without Retry-After: {self.unexplained}; slowest answer {self.slowest:.1f} s\n"
            f"memory: {megabytes[0]:.0f} MiB at first, {max(megabytes):.0f} at most, {megabytes[-1]:.0f} at "
            f"last; {self.growth:+.1%} after the first {_WARM_UP:.0%} of the time"
        )


class _Pace:
    """When the next request is due; threads share it."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._rate, self._lock = rate, threading.Lock()
        self._began = time.monotonic()
        self._ends = seconds
        self._next = 0

    def wait(self) -> float | None:
        """Until the next one is due: how late it is by then; None when the time is over."""
        with self._lock:
            due = self._next / self._rate
            self._next += 1
        if due >= self._ends:
            return None
        early = self._began + due - time.monotonic()
        if early > 0:
            time.sleep(early)
        return max(0.0, -early)


class _Tally:
    """What all threads have seen."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.statuses: Counter[int] = Counter()
        self.unanswered: list[str] = []
        self.sent = self.late = self.unexplained = 0
        self.slowest = 0.0


def _ask(url: str, pace: _Pace, asked: Shared, tally: _Tally) -> None:
    caller = HttpCaller(url)
    while (behind := pace.wait()) is not None:
        began, failure, reply = time.monotonic(), "", None
        try:
            reply = caller.post("/v1/translate", texts=[next(asked)], target=TARGET)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failure = f"{type(error).__name__}: {error}"
        with tally.lock:
            tally.sent += 1
            tally.late += behind > 1
            tally.slowest = max(tally.slowest, time.monotonic() - began)
            if reply is None:
                tally.unanswered.append(failure)
                continue
            tally.statuses[reply.status] += 1
            tally.unexplained += reply.status == SENT_AWAY and reply.retry_after is None
    caller.close()


def _memory(pid: int, seconds: float, ended: threading.Event) -> Sequence[tuple[float, int]]:
    process, began = psutil.Process(pid), time.monotonic()
    looks = [(0.0, process.memory_info().rss)]
    while not ended.wait(seconds / _LOOKS):
        looks.append((time.monotonic() - began, process.memory_info().rss))
    return looks


def measure(url: str, pid: int, rate: float, seconds: float) -> Overload:
    """So many requests a second for so long at the gateway with this process id."""
    limits = Limits()
    threads = limits.running + limits.waiting + _SPARE
    asked, tally, ended = Shared(sentences(seed=3)), _Tally(), threading.Event()
    with ThreadPoolExecutor(threads + 1) as pool:
        looking = pool.submit(_memory, pid, seconds, ended)
        pace = _Pace(rate, seconds)
        asking = [pool.submit(_ask, url, pace, asked, tally) for _ in range(threads)]
        for future in asking:
            future.result()
        ended.set()
        memory = list(looking.result())
    return Overload(
        rate,
        tally.sent,
        tally.late,
        dict(tally.statuses),
        tally.unanswered,
        tally.unexplained,
        tally.slowest,
        memory,
    )
