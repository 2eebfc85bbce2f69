"""One drill from the first push to the table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.errors import ServingError
from serving.rollout import Rollout
from serving.rollout.drill.fleet import DrillError, Fleet, Serves, as_json
from serving.rollout.drill.pusher import Order, Pusher
from serving.rollout.drill.scene import MODEL, Scene
from serving.rollout.drill.steps import FAILING, PUSHED, STEPS, DrillStep
from serving.rollout.drill.traffic import Traffic
from serving.rollout.drill.volume import volume

_POLL = 1  # seconds between two looks of a server at models.config


@dataclass(frozen=True)
class DrillRow:
    """A step and how it went."""

    step: str
    seconds: float
    requests: int
    failed: int
    serves: dict[str, Serves]
    """By replica, at the end of the step."""
    note: str
    problem: str = ""
    error: str = ""
    """Of the latest of its failed requests."""

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        counted = {"requests": self.requests, "failed": self.failed}
        texts = {"note": self.note, "problem": self.problem}
        return {
            "step": self.step,
            "seconds": self.seconds,
            **counted,
            "serves": as_json(self.serves),
            **texts,
        }


@dataclass
class Drill:
    """Replicas and clients to drill with."""

    toys: str
    """The module that makes and pushes its models: see `Pusher`."""
    replicas: int = 3
    threads: int = 16
    within: float = 2.0
    """Seconds, beside the poll, in which every replica follows a rollback."""
    errors: list[str] = field(default_factory=list)
    """Of the first failed requests."""

    def run(self, tell: Callable[[str], None] = lambda _: None) -> Iterator[DrillRow]:
        """Go through the steps; the first that goes wrong is the last. `tell` hears what is being done.

        Raises:
            DrillError: it could not begin.
            ServingError: a server did not start.
        """
        with (
            tempfile.TemporaryDirectory(prefix="dragoman-drill-") as name,
            volume(Path(name)) as models,
            Pusher(self.toys, models.root, MODEL, Path(name) / "pusher.log") as pusher,
        ):
            sentences = Path(name) / "sentences"
            sentences.write_text("".join(f"trial {number}\n" for number in range(20)))
            tell(f"pushing {len(PUSHED)} toy versions")
            for version in PUSHED:
                if why := pusher.push(Order(version=version, failing=version == FAILING)):
                    raise DrillError(f"the toys cannot be pushed: {why}")
            Rollout(models.root).promote(MODEL, 1)
            tell(f"starting {self.replicas} replicas")
            with (
                Fleet(models.root, MODEL, self.replicas, _POLL) as fleet,
                Traffic(fleet.target, MODEL, self.threads) as traffic,
            ):
                scene = Scene(models, fleet, traffic, pusher, sentences, self.within + _POLL)
                traffic.flow()
                for step in STEPS:
                    tell(step.title)
                    row = _row(scene, step)
                    self.errors = traffic.errors
                    yield row
                    if row.problem:
                        return


def _row(scene: Scene, step: DrillStep) -> DrillRow:
    requests, failed = scene.traffic.counts()
    started = time.monotonic()
    note = problem = ""
    serves: dict[str, Serves] = {}
    try:
        note = step.run(scene)
        scene.traffic.flow()
        serves = scene.fleet.agreed()
    except (DrillError, ServingError) as error:
        problem = str(error)
    now, failed_now = scene.traffic.counts()
    seconds = time.monotonic() - started
    latest = scene.traffic.last_error if failed_now > failed else ""
    return DrillRow(step.title, seconds, now - requests, failed_now - failed, serves, note, problem, latest)
