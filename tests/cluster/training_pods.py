"""Training on several machines (k8s/training): two pods, and one of the same batches alone."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import the_node
from tests.cluster.kubectl import ClusterError, get, kubectl, until

_FOLDER = Path(__file__).parent / "training"
_LONGEST = 2400.0  # seconds
_TOLERANCE = 1e-4


def losses_agree() -> str:
    """A note for the table.

    Raises:
        ClusterError: a Job failed, or the losses differ by more than rounding.
    """
    documents = list(yaml.safe_load_all(kubectl("kustomize", str(_FOLDER))))
    (two,) = (one for one in documents if one["kind"] == "Job")
    kubectl("apply", "--filename=-", given=yaml.safe_dump_all(documents))
    _complete("training")
    kubectl("create", "--filename=-", given=json.dumps(_alone(two)))
    _complete("training-alone")
    found, wanted = _losses("two-machines"), _losses("one-machine")
    same = len(found) == len(wanted) and all(
        math.isclose(*pair, rel_tol=_TOLERANCE) for pair in zip(found, wanted, strict=True)
    )
    if not found or not same:
        raise ClusterError(f"two machines have the losses {found}, one has {wanted}")
    return f"losses of two pods {found}, of one {wanted}"


def _alone(job: dict[str, Any]) -> dict[str, Any]:
    """The same run on one machine."""
    alone = copy.deepcopy(job)
    alone["metadata"]["name"] = "training-alone"
    alone["spec"] |= {"completions": 1, "parallelism": 1}
    container = alone["spec"]["template"]["spec"]["containers"][0]
    container["args"] += ["--set", "training.strategy=one", "--set", "name=one-machine"]
    del container["env"]
    return alone


def _complete(job: str) -> None:
    def ended() -> str | None:
        conditions = get("job", job)["status"].get("conditions", [])
        held = [one["type"] for one in conditions if one["status"] == "True"]
        return next((one for one in held if one in ("Complete", "Failed")), None)

    if until(f"the end of Job {job}", ended, _LONGEST) == "Failed":
        raise ClusterError(f"Job {job} failed: {kubectl('logs', f'job/{job}', '--tail=1').strip()}")


def _losses(run: str) -> list[float]:
    trained = f"{the_node.WORKSPACE}/{run}/artifacts/Trainer/model_run"
    (execution,) = the_node.names(trained)
    history = json.loads(the_node.read(f"{trained}/{execution}/training/history.json"))
    return [row["loss"] for row in history if "loss" in row]
