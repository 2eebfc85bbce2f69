"""Training on several machines (k8s/training): two pods, one with the same batches, two with one killed."""

from __future__ import annotations

import copy
import json
import math
import re
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import replicas, the_node
from tests.cluster.kubectl import ClusterError, get, kubectl, until

_FOLDER = Path(__file__).parent / "training"
_LONGEST = 2400.0  # seconds
_TOLERANCE = 1e-4
_CHECKPOINTS = f"{the_node.WORKSPACE}/two-machines/checkpoints"
# Another training, long enough to be killed in its middle, and what it had in a checkpoint is not much.
_LONGER = ("seed=2", "max_steps=400", "checkpoint_seconds=2", "machines.silence_seconds=10")


def losses_agree() -> str:
    """A note for the table.

    Raises:
        ClusterError: a Job failed, or the losses differ by more than rounding.
    """
    kubectl("apply", "--kustomize", str(_FOLDER))
    _complete("training")
    kubectl("create", "--filename=-", given=json.dumps(_alone(_two())))
    _complete("training-alone")
    losses, wanted = _losses("two-machines"), _losses("one-machine")
    same = len(losses) == len(wanted) and all(
        math.isclose(*pair, rel_tol=_TOLERANCE) for pair in zip(losses, wanted, strict=True)
    )
    if not losses or not same:
        raise ClusterError(f"two machines have the losses {losses}, one has {wanted}")
    return f"losses of two pods {losses}, of one {wanted}"


def killed() -> str:
    """A note for the table; comes after `losses_agree`, whose corpus it takes.

    Raises:
        ClusterError: the Job failed, or did not go on from a checkpoint.
    """
    kubectl("delete", "job", "training", "--cascade=foreground", patience=_LONGEST)
    before = set(the_node.names(_CHECKPOINTS))
    job = _two()
    for setting in _LONGER:
        job["spec"]["template"]["spec"]["containers"][0]["args"] += ["--set", f"training.{setting}"]
    kubectl("create", "--filename=-", given=json.dumps(job))
    until(
        "a checkpoint of two pods", lambda: _has_state(set(the_node.names(_CHECKPOINTS)) - before), _LONGEST
    )
    the_node.kill(replicas.container(_machine(1)))
    _complete("training")
    resumed = re.search(r"resuming at step (\d+)", kubectl("logs", _machine(0)))
    if resumed is None or not int(resumed[1]):
        raise ClusterError("the pods that came after the kill did not go on from a checkpoint")
    return f"the second pod's process; both came again, went on at step {resumed[1]}, and the Job completed"


def _two() -> dict[str, Any]:
    """The Job of two machines."""
    documents = yaml.safe_load_all(kubectl("kustomize", str(_FOLDER)))
    (job,) = (document for document in documents if document["kind"] == "Job")
    return dict(job)


def _has_state(names: set[str]) -> bool:
    """Whether a training among what was found has a checkpoint; the chief's task file lies beside them."""
    trainings = [name for name in names if "." not in name]
    return any(
        "state.npz" in the_node.names(f"{_CHECKPOINTS}/{training}/checkpoints") for training in trainings
    )


def _machine(index: int) -> str:
    """The latest pod that is this machine."""
    selector = f"batch.kubernetes.io/job-name=training,batch.kubernetes.io/job-completion-index={index}"
    pods = get("pods", f"--selector={selector}", "--sort-by=.metadata.creationTimestamp")["items"]
    return str(pods[-1]["metadata"]["name"])


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
        held = [condition["type"] for condition in conditions if condition["status"] == "True"]
        return next((condition for condition in held if condition in ("Complete", "Failed")), None)

    if until(f"the end of Job {job}", ended, _LONGEST) == "Failed":
        raise ClusterError(f"Job {job} failed: {kubectl('logs', f'job/{job}', '--tail=1').strip()}")


def _losses(run: str) -> list[float]:
    trained = f"{the_node.WORKSPACE}/{run}/artifacts/Trainer/model_run"
    (execution,) = the_node.names(trained)
    history = json.loads(the_node.read(f"{trained}/{execution}/training/history.json"))
    return [row["loss"] for row in history if "loss" in row]
