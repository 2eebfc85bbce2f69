"""The steps of the drill, in order; each begins where the one before has ended, with 1 stable at first."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

from contracts.errors import ExitCode
from serving.rollout import served_version
from serving.rollout.drill.fleet import DrillError
from serving.rollout.drill.pusher import Order
from serving.rollout.drill.scene import MODEL, Scene
from serving.versions import versions

PUSHED = (1, 2, 3, 4, 5, 6)
"""On disk when the drill begins."""
FAILING = 4
_LATE = 7
"""Pushed while the volume is full, and again when it is not."""
_LIMIT = 10_000  # bytes of a file, where no volume can be filled


@dataclass(frozen=True)
class DrillStep:
    """A title, and what to do; it gives a note for the table and raises DrillError."""

    title: str
    run: Callable[[Scene], str]


def _promote(scene: Scene) -> str:
    return f"in {scene.dragoman('promote', MODEL, 2)['seconds']:.2f} s"


def _canary(scene: Scene) -> str:
    # So many times as slow: a busy machine is no reason to withdraw a good canary here.
    watched = ["--watch", "5s", "--sentences", scene.sentences, "--max-latency-ratio", 20]
    seen = scene.dragoman("canary", MODEL, 3, *watched)["watch"]["canary"]
    return f"watched for 5 s, {seen['requests']} requests compared"


def _automatic_rollback(scene: Scene) -> str:
    watched = ["--watch", "120s", "--sentences", scene.sentences]
    withdrawn = ExitCode.CANARY_WITHDRAWN
    seen = scene.dragoman("canary", MODEL, FAILING, *watched, expect=withdrawn)["watch"]["canary"]
    if served_version(scene.root, MODEL, "canary") is not None:
        raise DrillError("the failing canary still has its label")
    return f"withdrawn after {seen['failed']} of {seen['requests']} requests to it had failed"


def _rollback(scene: Scene) -> str:
    scene.dragoman("promote", MODEL, 3)
    scene.traffic.flow()
    outcome = scene.dragoman("rollback", MODEL, "--reason", "drill")
    if outcome["to"] != 2 or outcome["behind"]:
        raise DrillError(f"the rollback went to {outcome['to']}, and {outcome['behind']} have not followed")
    if outcome["seconds"] > scene.within:
        raise DrillError(f"the rollback took {outcome['seconds']:.2f} s, and {scene.within:g} s are allowed")
    return f"in {outcome['seconds']:.2f} s"


def _rolling_restart(scene: Scene) -> str:
    for number in range(len(scene.fleet.addresses)):
        scene.fleet.drain(number)
        scene.fleet.start(number)
        scene.traffic.flow()
    return "one after the other"


def _stopped(scene: Scene) -> str:
    scene.fleet.drain(0)
    scene.traffic.flow()
    scene.fleet.start(0)
    return "drained, left with 0, came back"


def _killed_in_promotion(scene: Scene) -> str:
    with scene.promoting(5) as promotion:
        scene.fleet.kill(1)
        scene.fleet.start(1)
        outcome = scene.finished(promotion, 5)
    return f"the promotion waited for it, {outcome['seconds']:.1f} s"


def _promoter_killed(scene: Scene) -> str:
    before = served_version(scene.root, MODEL)
    with scene.promoting(6) as promotion:
        promotion.kill()
        promotion.wait()
    if served_version(scene.root, MODEL) != before:
        raise DrillError("the label had moved before the promotion could be killed")
    scene.traffic.flow()
    scene.dragoman("promote", MODEL, 6)
    return f"{before} stayed stable; the next promote finished it"


def _volume_full(scene: Scene) -> str:
    before = versions(scene.root / MODEL)
    if scene.volume.is_small:
        with scene.volume.full():
            failed = scene.pusher.push(Order(version=_LATE))
        how = os.strerror(errno.ENOSPC)
    else:
        failed = scene.pusher.push(Order(version=_LATE, limit=_LIMIT))
        how = os.strerror(errno.EFBIG)
    if how not in failed:
        raise DrillError(f"the push should have failed: {failed or 'it went through'}")
    left = sorted(path.name for path in (scene.root / MODEL).glob(".pushing-*"))
    if versions(scene.root / MODEL) != before or left:
        raise DrillError(f"the push that failed has left something behind: {left}")
    scene.traffic.flow()
    if why := scene.pusher.push(Order(version=_LATE)):
        raise DrillError(f"the push after it failed too: {why}")
    scene.dragoman("promote", MODEL, _LATE)
    limit = "" if scene.volume.is_small else " (a limit on files: no tmpfs can be mounted here)"
    return f"the push failed and left nothing, the next went through{limit}"


STEPS = (
    DrillStep("promote", _promote),
    DrillStep("canary", _canary),
    DrillStep("automatic rollback", _automatic_rollback),
    DrillStep("rollback by command", _rollback),
    DrillStep("rolling restart", _rolling_restart),
    DrillStep("replica stopped", _stopped),
    DrillStep("replica killed -9 in promotion", _killed_in_promotion),
    DrillStep("promoter killed -9 between steps", _promoter_killed),
    DrillStep("volume full while pushing", _volume_full),
)
