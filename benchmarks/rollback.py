"""Promotions and rollbacks under load: failed requests, wrong answers, and how long a rollback takes.

Client threads send requests all the while, each as fast as it is answered. Every promotion is followed by a
rollback. The model is a toy, since the label is what is measured.

    python -m benchmarks.rollback --replicas 2
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.latency import latency
from benchmarks.machine import circumstances, facts, refuse_when_busy
from benchmarks.report import Panel, add_options, tell
from benchmarks.report import Report as Table
from serving.backends import BackendName
from serving.client import Client
from serving.errors import ServingError
from serving.launch import LaunchOptions, launch
from serving.rollout import Rollout

MODEL = "toy"
POLL = 1  # seconds between two looks of a server at models.config
_BETWEEN = 0.2  # seconds from one change to the next, for answers of either version to come
_SHOWN = 5
"""Failures."""


@dataclass
class Load:
    """What the client threads have seen."""

    answers: dict[str, int] = field(default_factory=dict)
    """By the version's name, as the toy says it."""
    last: dict[str, float] = field(default_factory=dict)
    """When (monotonic seconds) a request was sent whose answer came from that version."""
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, address: str) -> None:
        """Requests to one replica, until told to stop."""
        with Client(address, model=MODEL) as client:
            while not self.stop.is_set():
                started = time.monotonic()
                try:
                    (answer,) = client.translate(["x"])
                except ServingError as error:
                    with self.lock:
                        self.failures.append(str(error))
                    continue
                version = answer.text.removesuffix(":x")
                with self.lock:
                    self.answers[version] = self.answers.get(version, 0) + 1
                    self.last[version] = max(started, self.last.get(version, 0.0))


@dataclass(frozen=True)
class Report:
    """Seconds of each change, and what the clients saw."""

    promotions: list[float]
    rollbacks: list[float]
    """From the call to the label's answer on every replica."""
    stragglers: list[float]
    """From the call to the last request that was still answered by the version rolled back from."""
    answers: dict[str, int]
    failures: list[str]


def measure(root: Path, addresses: Sequence[str], threads: int, rounds: int) -> Report:
    """Promote 2 and roll back to 1, `rounds` times, under load; `root` has both versions, 1 is stable."""
    load = Load()
    rollout = Rollout(root, addresses)
    promotions, rollbacks, stragglers = [], [], []
    running = [
        threading.Thread(target=load.send, args=[addresses[n % len(addresses)]]) for n in range(threads)
    ]
    for thread in running:
        thread.start()
    try:
        for _ in range(rounds):
            promotions.append(rollout.promote(MODEL, 2).seconds)
            load.stop.wait(_BETWEEN)
            started = time.monotonic()
            rollbacks.append(rollout.rollback(MODEL).seconds)
            load.stop.wait(_BETWEEN)
            with load.lock:
                stragglers.append(max(0.0, load.last.get("v2", 0.0) - started))
    finally:
        load.stop.set()
        for thread in running:
            thread.join()
    return Report(promotions, rollbacks, stragglers, load.answers, load.failures)


@contextlib.contextmanager
def replicas(root: Path, count: int, backend: BackendName) -> Iterator[list[str]]:
    """Addresses of so many servers that follow `root`, with versions 1 (stable) and 2 of the toy in it."""
    from tests.serving.toy_translator import push

    (root / MODEL).mkdir()
    for version in (1, 2):
        push(root / MODEL, version)
    Rollout(root).promote(MODEL, 1)
    options = LaunchOptions(poll_seconds=POLL)
    with contextlib.ExitStack() as servers:
        yield [
            servers.enter_context(launch(root, backend=backend, options=options)).address
            for _ in range(count)
        ]


def as_report(
    report: Report, options: argparse.Namespace, seconds: float, machine: dict[str, object]
) -> Table:
    """A row for each kind of change."""
    changes = {
        "promotion": report.promotions,
        "rollback, from the call to the answer everywhere": report.rollbacks,
        "rollback, from the call to the last old answer": report.stragglers,
    }
    known = {name: latency(took) for name, took in changes.items()}
    notes = (
        f"{options.backend} server, {options.replicas} replica(s), {options.threads} client threads, poll "
        f"{POLL} s; {sum(report.answers.values())} answers in {seconds:.0f} s: {report.answers}; failed "
        f"requests: {len(report.failures)}; {circumstances(machine)}"
    )
    failures = "".join(f"\nfailed: {failure}" for failure in report.failures[:_SHOWN])
    return Table(
        name="rollback",
        head=("change", "times", "50 %, s", "95 %, s", "99 %, s", "longest, s"),
        rows=[
            [
                name,
                str(figures.calls),
                *(f"{value:.2f}" for value in (figures.p50, figures.p95, figures.p99, max(changes[name]))),
            ]
            for name, figures in known.items()
        ],
        notes=notes + failures,
        figures=machine | {"seconds": changes, "answers": report.answers, "failures": report.failures},
        panels=[
            Panel(
                "seconds",
                {
                    "50 %": [figures.p50 for figures in known.values()],
                    "99 %": [figures.p99 for figures in known.values()],
                },
            )
        ],
    )


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=20, help="promotions, each with its rollback")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--backend", choices=["embedded", "binary", "docker"], default="embedded")
    add_options(parser)
    options = parser.parse_args()
    machine = facts(refuse_when_busy(options.busy))
    with (
        tempfile.TemporaryDirectory() as folder,
        replicas(Path(folder), options.replicas, options.backend) as addresses,
    ):
        started = time.monotonic()
        report = measure(Path(folder), addresses, options.threads, options.rounds)
        seconds = time.monotonic() - started
    tell(as_report(report, options, seconds, machine), options.results)


if __name__ == "__main__":
    main()
