"""Jobs: made from the overlay's templates as k8s/README.md says, and waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from serving.rollout.drill.pusher import Order
from tests.cluster.kubectl import ClusterError, get, kubectl, until
from tests.cluster.replicas import MODEL

PATIENCE = 900.0  # seconds for a Job that waits for replicas on a busy machine
_PUSH = Path(__file__).parent / "client" / "push.yaml"
_MODELS = "/models"  # where it mounts them


@dataclass(frozen=True)
class Finished:
    """How a Job's pod has ended."""

    job: str
    code: int
    log: str

    def expect(self, code: int) -> Finished:
        """Itself.

        Raises:
            ClusterError: it has ended with another exit code.
        """
        if self.code != code:
            raise ClusterError(f"Job {self.job} ended with {self.code}, not {code}: {self.last_line}")
        return self

    @property
    def last_line(self) -> str:
        """What it said at the end."""
        lines = self.log.strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def outcome(self) -> dict[str, Any]:
        """The JSON document among what it said."""
        lines = self.log.splitlines()
        end = len(lines) - lines[::-1].index("}")
        facts: dict[str, Any] = json.loads("\n".join(lines[lines.index("{") : end]))
        return facts


def start(template: str, name: str, **values: str) -> str:
    """A Job of one of the suspended CronJobs, with values for its variables; its name."""
    made = kubectl("create", "job", name, f"--from=cronjob/{template}", "--dry-run=client", "--output=yaml")
    if values:
        pairs = [f"{key}={value}" for key, value in values.items()]
        made = kubectl("set", "env", "--local", "--filename=-", *pairs, "--output=yaml", given=made)
    kubectl("create", "--filename=-", given=made)
    return name


def push(name: str, *orders: Order) -> str:
    """A Job that pushes toys of `MODEL` as the pipeline pushes; its name."""
    job = yaml.safe_load(_PUSH.read_text())
    job["metadata"]["name"] = name
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["args"] = [_MODELS, MODEL, *(order.model_dump_json() for order in orders)]
    kubectl("create", "--filename=-", given=json.dumps(job))
    return name


def finished(name: str, patience: float = PATIENCE) -> Finished:
    """Wait for a Job's pod.

    Raises:
        ClusterError: it does not end in time.
    """

    def ended() -> Finished | None:
        pod = _pod(name)
        for status in pod["status"].get("containerStatuses", []) if pod else []:
            if done := status["state"].get("terminated"):
                return Finished(name, done["exitCode"], kubectl("logs", pod["metadata"]["name"]))
        return None

    return until(f"the end of Job {name}", ended, patience)


def run(template: str, name: str, expect: int = 0, **values: str) -> Finished:
    """Start and wait.

    Raises:
        ClusterError: it has ended with another exit code than expected.
    """
    return finished(start(template, name, **values)).expect(expect)


def _pod(job: str) -> dict[str, Any]:
    pods = get("pods", f"--selector=batch.kubernetes.io/job-name={job}")["items"]
    return dict(pods[0]) if pods else {}
