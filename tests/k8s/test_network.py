"""Who can reach whom, by the rules of NetworkPolicy, worked out from the manifests."""

from __future__ import annotations

import pytest

from tests.k8s.render import Document, Rendered, selects

HERE = {"kubernetes.io/metadata.name": "dragoman"}
ELSEWHERE = {"kubernetes.io/metadata.name": "shop", "dragoman/clients": "true"}
SERVER = {"app.kubernetes.io/name": "model-server"}
SERVERS_OWN = 8510
GATEWAY = {"app.kubernetes.io/name": "gateway", "dragoman/access": "grpc"}
HTTP = {"dragoman/access": "http"}
GATEWAY_GRPC = {"dragoman/access": "gateway-grpc"}


def _peer(peer: Document, namespace: dict[str, str], pod: dict[str, str]) -> bool:
    if "ipBlock" in peer:
        assert "10.0.0.0/8" in peer["ipBlock"]["except"], "pods have such addresses"
        return False
    inside = (
        selects(peer["namespaceSelector"], namespace) if "namespaceSelector" in peer else namespace == HERE
    )
    return inside and selects(peer.get("podSelector", {}), pod)


def _open(
    overlay: Rendered,
    direction: str,
    of: dict[str, str],
    namespace: dict[str, str],
    other: dict[str, str],
    port: int,
) -> bool:
    """Whether a pod labelled `of` may be reached by another (Ingress) or reach its port (Egress)."""
    policies = [
        document["spec"]
        for document in overlay.kind("NetworkPolicy")
        if direction in document["spec"]["policyTypes"] and selects(document["spec"]["podSelector"], of)
    ]
    side = "from" if direction == "Ingress" else "to"
    return not policies or any(
        any(_peer(peer, namespace, other) for peer in rule[side])
        and any(allowed["port"] == port for allowed in rule["ports"])
        for policy in policies
        for rule in policy.get(direction.lower(), [])
    )


@pytest.mark.parametrize(
    ("namespace", "labels", "ports"),
    [
        (HERE, {}, set()),
        (HERE, {"dragoman/access": "grpc"}, {8500}),
        (HERE, {"dragoman/access": "rest"}, {8501}),
        (HERE, HTTP, set()),
        (HERE, GATEWAY_GRPC, set()),
        (ELSEWHERE, {}, set()),
        (ELSEWHERE, {"dragoman/access": "grpc"}, {8500}),
        (ELSEWHERE, {"dragoman/access": "rest"}, {8501}),
        ({"kubernetes.io/metadata.name": "shop"}, {"dragoman/access": "grpc"}, set()),
    ],
)
def test_only_labelled_clients_reach_the_servers(
    overlay: Rendered, namespace: dict[str, str], labels: dict[str, str], ports: set[int]
) -> None:
    """And nobody the server's own port, where the reload is: 8500 is the guard's."""
    tried = (8500, 8501, SERVERS_OWN)
    assert {port for port in tried if _open(overlay, "Ingress", SERVER, namespace, labels, port)} == ports
    assert f"--port={SERVERS_OWN}" in overlay.server()["args"]


@pytest.mark.parametrize(
    ("namespace", "labels", "ports"),
    [
        (HERE, {}, set()),
        (HERE, HTTP, {5000}),
        (HERE, GATEWAY_GRPC, {5001}),
        (HERE, {"dragoman/access": "grpc"}, set()),
        (ELSEWHERE, HTTP, {5000}),
        (ELSEWHERE, GATEWAY_GRPC, {5001}),
        (ELSEWHERE, {}, set()),
        ({"kubernetes.io/metadata.name": "shop"}, HTTP, set()),
        ({"kubernetes.io/metadata.name": "shop"}, GATEWAY_GRPC, set()),
    ],
)
def test_only_labelled_clients_reach_the_gateway(
    overlay: Rendered, namespace: dict[str, str], labels: dict[str, str], ports: set[int]
) -> None:
    tried = (5000, 5001, 8500)
    assert {port for port in tried if _open(overlay, "Ingress", GATEWAY, namespace, labels, port)} == ports
    for port in ports:
        assert _open(overlay, "Egress", labels, HERE, GATEWAY, port)


def test_the_gateway_alone_reaches_its_database(one_node: Rendered) -> None:
    database = one_node.get("StatefulSet", "database")["spec"]["template"]["metadata"]["labels"]
    for name, pod in one_node.pods():
        labels, is_gateway = pod["metadata"]["labels"], name == "Deployment/gateway"
        assert _open(one_node, "Egress", labels, HERE, database, 5432) == is_gateway, name
        assert _open(one_node, "Ingress", database, HERE, labels, 5432) == is_gateway, name
        assert not _open(one_node, "Ingress", database, ELSEWHERE, labels, 5432), name


def test_in_production_the_gateways_database_is_elsewhere(production: Rendered) -> None:
    databases, store = {"kubernetes.io/metadata.name": "databases"}, {"app.kubernetes.io/name": "postgresql"}
    assert not production.kind("StatefulSet")
    assert _open(production, "Egress", GATEWAY, databases, store, 5432)
    assert not _open(production, "Egress", GATEWAY, databases, store, 22)
    assert not _open(production, "Egress", GATEWAY, {"kubernetes.io/metadata.name": "shop"}, {}, 443)


def test_prometheus_reads_the_metrics(production: Rendered) -> None:
    namespace = {"kubernetes.io/metadata.name": "monitoring"}
    prometheus = {"app.kubernetes.io/name": "prometheus"}
    assert _open(production, "Ingress", SERVER, namespace, prometheus, 8501)
    assert not _open(production, "Ingress", SERVER, namespace, prometheus, 8500)
    assert not _open(production, "Ingress", SERVER, namespace, {"app.kubernetes.io/name": "grafana"}, 8501)
    assert _open(production, "Ingress", GATEWAY, namespace, prometheus, 5000)
    assert not _open(production, "Ingress", GATEWAY, namespace, prometheus, 5001)
    assert not _open(production, "Ingress", GATEWAY, namespace, {"app.kubernetes.io/name": "grafana"}, 5000)


def test_nobody_reaches_the_pipeline_or_a_rollout(overlay: Rendered) -> None:
    for name, pod in overlay.pods():
        if name.startswith("CronJob/"):
            assert not _open(
                overlay, "Ingress", pod["metadata"]["labels"], HERE, {"dragoman/access": "grpc"}, 8500
            )


def test_pods_reach_what_they_need_and_no_more(overlay: Rendered) -> None:
    system, names = {"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"}
    for name, pod in overlay.pods():
        labels = pod["metadata"]["labels"]
        assert _open(overlay, "Egress", labels, system, names, 53), name
        assert not _open(overlay, "Egress", labels, {"kubernetes.io/metadata.name": "shop"}, {}, 443), name
        asks = name == "Deployment/gateway" or labels.get("app.kubernetes.io/component") == "rollout"
        assert _open(overlay, "Egress", labels, HERE, SERVER, 8500) == asks, name
        assert _open(overlay, "Ingress", SERVER, HERE, labels, 8500) == asks, name


@pytest.mark.parametrize("name", ["CronJob/run", "Job/training"])
def test_a_run_reaches_its_metadata_store_alone(training: Rendered, name: str) -> None:
    run = dict(training.pods())[name]["metadata"]["labels"]
    databases, store = {"kubernetes.io/metadata.name": "databases"}, {"app.kubernetes.io/name": "postgresql"}
    assert _open(training, "Egress", run, databases, store, 5432)
    assert not _open(training, "Egress", run, databases, {"app.kubernetes.io/name": "mysql"}, 5432)
    assert not _open(training, "Egress", run, HERE, store, 5432)
    assert not _open(training, "Egress", SERVER, databases, store, 5432)


def test_machines_of_a_training_reach_each_other_and_nobody_else_reaches_them(training: Rendered) -> None:
    machine = dict(training.pods())["Job/training"]["metadata"]["labels"]
    assert _open(training, "Ingress", machine, HERE, machine, 2222)
    assert _open(training, "Egress", machine, HERE, machine, 2222)
    for _, pod in training.pods():
        if (other := pod["metadata"]["labels"]) != machine:
            assert not _open(training, "Ingress", machine, HERE, other, 2222)
    assert not _open(training, "Ingress", machine, ELSEWHERE, machine, 2222)
