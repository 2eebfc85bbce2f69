"""Which machines train together, and which of them this one is: TensorFlow's own environment variable
TF_CONFIG says it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from trainer.errors import ConfigurationError

_EXAMPLE = (
    '{"cluster": {"worker": ["train-0.train:2222", "train-1.train:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


@dataclass(frozen=True)
class Cluster:
    """The machines in TensorFlow's order; the first one is the chief."""

    machines: tuple[str, ...]
    """HOST:PORT of each."""
    tasks: tuple[tuple[str, int], ...]
    """What TF_CONFIG calls each: its job and its number there."""
    index: int
    """Which one this is."""

    @property
    def chief(self) -> bool:
        """Whether this machine writes what the training leaves."""
        return self.index == 0


def read_cluster(environment: Mapping[str, str] = os.environ) -> Cluster:
    """What TF_CONFIG says.

    Raises:
        ConfigurationError: it is not set, or says something that no training understands.
    """
    text = environment.get("TF_CONFIG")
    if not text:
        raise ConfigurationError(
            "training.strategy is multi_worker, but TF_CONFIG is not set: set it on each machine, "
            f"as {_EXAMPLE}"
        )
    try:
        settings = json.loads(text)
        jobs, task = settings["cluster"], settings["task"]
        unknown = sorted(set(jobs) - {"chief", "worker"})
        if unknown:
            raise ValueError(f"the cluster has {', '.join(unknown)}, and only chief and worker train")
        places = [(job, index) for job in ("chief", "worker") for index in range(len(jobs.get(job, ())))]
        machines = tuple(jobs[job][index] for job, index in places)
        if not all(isinstance(machine, str) and ":" in machine for machine in machines) or len(
            set(machines)
        ) < len(places):
            raise ValueError("each machine is HOST:PORT, and none is there twice")
        here = (task["type"], task["index"])
        if here not in places:
            raise ValueError(f"the task {here[0]} {here[1]} is not in the cluster")
        return Cluster(machines, tuple(places), places.index(here))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigurationError(f"TF_CONFIG cannot be used: {reason}; write it as {_EXAMPLE}") from None
