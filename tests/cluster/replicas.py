"""The replicas: which pods they are, and what each has loaded, asked by way of the API server."""

from __future__ import annotations

import json
from typing import Any

from serving.model_config import CANARY, STABLE, trial_name
from serving.rollout.drill.fleet import Serves
from tests.cluster.kubectl import NAMESPACE, ClusterError, get, kubectl

MODEL = "en-de"
_REPLICAS = "model-server"


def pods(name: str = _REPLICAS) -> list[dict[str, Any]]:
    """All that have this name, those that are going too."""
    return list(get("pods", f"--selector=app.kubernetes.io/name={name}")["items"])


def names(name: str = _REPLICAS) -> list[str]:
    """Those that stay."""
    return [pod["metadata"]["name"] for pod in pods(name) if not _is_going(pod)]


def container(name: str) -> str:
    """The identifier of a replica's container, as the node's control groups have it."""
    return _identifier(name, "containerStatuses")


def guard(name: str) -> str:
    """The same of its guard."""
    return _identifier(name, "initContainerStatuses")


def _identifier(name: str, statuses: str) -> str:
    return str(get("pod", name)["status"][statuses][0]["containerID"]).rpartition("/")[2]


def settled(count: int) -> list[str] | None:
    """Their names once there are so many, all ready and none going."""
    replicas = pods()
    if len(replicas) != count or any(_is_going(pod) or not _is_ready(pod) for pod in replicas):
        return None
    return [pod["metadata"]["name"] for pod in replicas]


def serves(name: str) -> Serves:
    """What a replica says of itself.

    Raises:
        ClusterError: it does not answer.
    """
    states = _ask(name, f"/v1/models/{MODEL}")["model_version_status"]
    loaded = tuple(sorted(int(state["version"]) for state in states if state["state"] == "AVAILABLE"))
    return Serves(loaded, _labelled(name, STABLE), _labelled(name, CANARY))


def unlabelled(name: str) -> int:
    """The version that a replica gives those who name neither label nor version."""
    return _version(name, f"/v1/models/{MODEL}")


def trial(name: str) -> int | None:
    """The version of a canary that is apart, as who asks for it gets it; None if there is none."""
    try:
        return _version(name, f"/v1/models/{trial_name(MODEL)}")
    except ClusterError:  # 404
        return None


def _labelled(name: str, label: str) -> int | None:
    try:
        return _version(name, f"/v1/models/{MODEL}/labels/{label}")
    except ClusterError:  # 404: it knows no such label
        return None


def _version(name: str, path: str) -> int:
    return int(_ask(name, f"{path}/metadata")["model_spec"]["version"])


def _ask(name: str, path: str) -> dict[str, Any]:
    answer = kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}:8501/proxy{path}")
    body: dict[str, Any] = json.loads(answer)
    return body


def _is_going(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
