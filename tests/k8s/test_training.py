"""The Job of several machines: what its parts say of each other is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import ExitCode
from pipeline.config.load import load
from tests.k8s.render import selects
from trainer.cluster import Cluster, read_cluster

FOLDER = Path(__file__).parents[2] / "k8s" / "training"


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


@pytest.fixture
def job() -> Any:
    return _read("job.yaml")


def _cluster(job: Any, index: int) -> Cluster:
    """What the trainer understands on a machine, once Kubernetes has put its index in."""
    environment = {
        variable["name"]: variable for variable in job["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert list(environment) == ["MACHINE", "TF_CONFIG"], "a variable is replaced only where it came before"
    return read_cluster({"TF_CONFIG": environment["TF_CONFIG"]["value"].replace("$(MACHINE)", str(index))})


def test_the_machines_are_those_of_the_job(job: Any) -> None:
    spec, name = job["spec"], job["metadata"]["name"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    service = _read("service.yaml")
    (port,) = service["spec"]["ports"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["metadata"]["name"] == spec["template"]["spec"]["subdomain"]
    assert service["spec"]["selector"].items() <= spec["template"]["metadata"]["labels"].items()
    for index in range(spec["completions"]):
        cluster = _cluster(job, index)
        assert cluster.index == index
        expected = [
            f"{name}-{number}.{service['metadata']['name']}:{port['port']}"
            for number in range(spec["completions"])
        ]
        assert list(cluster.machines) == expected


def test_the_chief_decides_when_the_job_is_done_and_nothing_waits_for_ever(job: Any) -> None:
    (chief,) = [index for index in range(job["spec"]["completions"]) if _cluster(job, index).chief]
    assert job["spec"]["successPolicy"]["rules"] == [{"succeededIndexes": str(chief)}]
    assert job["spec"]["activeDeadlineSeconds"]
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_what_a_retry_cannot_mend_ends_the_job_and_what_is_no_failure_counts_as_none(job: Any) -> None:
    rules = job["spec"]["podFailurePolicy"]["rules"]
    codes = {
        code: rule["action"]
        for rule in rules
        if "onExitCodes" in rule
        for code in rule["onExitCodes"]["values"]
    }
    assert codes == {
        ExitCode.CONFIGURATION: "FailJob",
        ExitCode.DATA: "FailJob",
        ExitCode.GATE_REFUSED: "FailJob",
        ExitCode.BUSY: "Ignore",
    }
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert {rule["onExitCodes"]["containerName"] for rule in rules if "onExitCodes" in rule} == {
        container["name"]
    }
    (condition,) = [rule for rule in rules if "onPodConditions" in rule]
    assert condition["action"] == "Ignore"
    assert condition["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


def test_a_machine_has_time_for_a_checkpoint_and_its_own_node_where_there_are_several(job: Any) -> None:
    pod = job["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 120
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway", "one node will do"
    assert selects(spread["labelSelector"], job["spec"]["template"]["metadata"]["labels"])


def test_the_configuration_asks_for_several_machines() -> None:
    config = load(FOLDER / "run.yaml")
    assert config.training.strategy == "multi_worker"
    assert str(config.workspace) == "/workspace"
