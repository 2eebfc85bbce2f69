"""The flags, probes and services of the model server, as TensorFlow Serving's behaviour asks for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from serving.client.settings import ClientSettings
from tests.k8s.render import Document, Rendered, selects

LONGEST_REQUEST = ClientSettings.deadline  # seconds
GUARD_SECONDS = ("keepalive_time", "keepalive_timeout", "worker_shutdown_timeout", "grpc_read_timeout")


def _flags(server: Document) -> dict[str, str]:
    return dict(
        argument.removeprefix("--").split("=", 1)
        for argument in [*server["command"], *server["args"]]
        if "=" in argument
    )


def test_models_config_is_followed_and_a_restart_finds_its_labels(overlay: Rendered) -> None:
    flags = _flags(overlay.server())
    assert flags["model_config_file"] == "/models/models.config"
    assert flags["model_config_file_poll_wait_seconds"] == "1"
    assert flags["allow_version_labels_for_unavailable_models"] == "true"


def test_a_bad_version_is_given_up_at_once(overlay: Rendered) -> None:
    flags = _flags(overlay.server())
    assert int(flags["max_num_load_retries"]) <= 1
    assert int(flags["load_retry_interval_micros"]) <= 1_000_000


@pytest.mark.parametrize("name", ["local", "production"])
def test_tensorflow_serving_runs_without_its_shell_and_its_profiler(name: str, production: Rendered) -> None:
    server = Rendered(name).server() if name != "production" else production.server()
    assert server["command"][0] == "/usr/bin/tensorflow_model_server"
    assert server["image"].startswith("tensorflow/serving:")
    assert _flags(server)["enable_profiler"] == "false"


def test_threads_are_set_by_the_pods_share_of_the_node(overlay: Rendered) -> None:
    flags = _flags(overlay.server())
    assert {"grpc_max_threads", "tensorflow_intra_op_parallelism", "tensorflow_inter_op_parallelism"} <= set(
        flags
    )
    # One thread an operation; operations side by side on the two cores that a replica asks for.
    assert flags["tensorflow_intra_op_parallelism"] == "1"
    assert flags["tensorflow_inter_op_parallelism"] == "2"
    # The embedded server has no such flag.
    assert flags.get("rest_api_num_threads", flags["grpc_max_threads"]) == flags["grpc_max_threads"]


def test_the_embedded_server_understands_every_flag(drill: Rendered, tmp_path: Path) -> None:
    """Those in `command` too, and the files that they name."""
    from serving.server.options import parse

    server = drill.server()
    assert server["image"] == "dragoman-server:0.1.0"
    assert server["command"][:5] == ["python", "-W", "ignore", "-m", "serving.server"]
    files = drill.get("ConfigMap", "model-server-config")["data"]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    arguments = [argument.replace("/etc/model-server", str(tmp_path)) for argument in server["args"]]
    options = parse([*server["command"][5:], *arguments])
    assert options.host == "0.0.0.0"
    batching = options.batching()
    assert batching is not None
    assert batching.max_batch_size >= 32  # a request of our own client is one batch at most
    assert options.metrics_path() == "/monitoring/prometheus/metrics"
    assert options.drain_seconds >= LONGEST_REQUEST


def test_ready_means_that_the_stable_version_answers(overlay: Rendered) -> None:
    server = overlay.server()
    run = yaml.safe_load(overlay.get("ConfigMap", "run")["data"]["run.yaml"])
    model = run["push"].get("model_name", run["name"])
    assert server["readinessProbe"]["httpGet"] == {
        "path": f"/v1/models/{model}/labels/stable/metadata",
        "port": "http",
    }


def test_the_start_may_take_a_load_with_warm_up_and_does_not_wait_for_a_label(overlay: Rendered) -> None:
    probe = overlay.server()["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 600
    assert probe["tcpSocket"] == {"port": "inner"}
    spec = overlay.get("Deployment", "model-server")["spec"]
    assert spec["progressDeadlineSeconds"] > probe["periodSeconds"] * probe["failureThreshold"]


def test_what_hangs_is_restarted_and_a_busy_or_loading_server_is_not(overlay: Rendered) -> None:
    """A hanging process's port takes connections: something must answer, and it must need no model."""
    probe = overlay.server()["livenessProbe"]
    monitoring = overlay.get("ConfigMap", "model-server-config")["data"]["monitoring.config"]
    path = probe["httpGet"]["path"]
    assert f'path: "{path}"' in monitoring
    assert probe["httpGet"]["port"] == "http"
    assert probe["timeoutSeconds"] >= 10
    assert 60 <= probe["periodSeconds"] * probe["failureThreshold"] <= 120
    pod = overlay.get("Deployment", "model-server")["spec"]["template"]["spec"]
    (guard,) = pod["initContainers"]
    assert guard["livenessProbe"]["httpGet"]["port"] == "alive"
    assert all(
        container["livenessProbe"]["terminationGracePeriodSeconds"] <= 5
        for container in (overlay.server(), guard)
    )


def test_a_pod_stays_until_its_connections_and_requests_have_ended(overlay: Rendered) -> None:
    server, pod = overlay.server(), overlay.get("Deployment", "model-server")["spec"]["template"]["spec"]
    guard = overlay.get("ConfigMap", "model-server-config")["data"]["nginx.conf"]
    ages = {name: int(re.search(rf"^ *{name} (\d+)s;$", guard, re.MULTILINE)[1]) for name in GUARD_SECONDS}  # type: ignore[index]
    age = max(ages["keepalive_time"], ages["keepalive_timeout"])
    assert ages["worker_shutdown_timeout"] >= LONGEST_REQUEST
    assert ages["grpc_read_timeout"] >= LONGEST_REQUEST
    pause = server["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= age
    assert pod["terminationGracePeriodSeconds"] >= max(age, pause) + LONGEST_REQUEST
    # The server itself lets the guard's connections be: one that ended beneath a request would fail it.
    assert "grpc_channel_arguments" not in _flags(server)


def test_an_update_takes_no_replica_away_before_another_serves(overlay: Rendered) -> None:
    strategy = overlay.get("Deployment", "model-server")["spec"]["strategy"]["rollingUpdate"]
    assert strategy["maxUnavailable"] == 0
    assert strategy["maxSurge"] == 1


def test_evictions_and_spread_are_for_the_servers_pods(overlay: Rendered) -> None:
    template = overlay.get("Deployment", "model-server")["spec"]["template"]
    labels = template["metadata"]["labels"]
    budget = overlay.get("PodDisruptionBudget", "model-server")["spec"]
    assert selects(budget["selector"], labels)
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    spread = template["spec"]["topologySpreadConstraints"]
    assert {constraint["topologyKey"] for constraint in spread} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert all(selects(constraint["labelSelector"], labels) for constraint in spread)
    assert all(constraint["matchLabelKeys"] == ["pod-template-hash"] for constraint in spread)


def test_one_owner_for_the_number_of_replicas(overlay: Rendered) -> None:
    scaled = {scaler["metadata"]["name"] for scaler in overlay.kind("HorizontalPodAutoscaler")}
    for deployment in overlay.kind("Deployment"):
        assert (deployment["metadata"]["name"] in scaled) != ("replicas" in deployment["spec"])


def test_production_survives_the_loss_of_a_node(production: Rendered) -> None:
    for name, fewest in (("model-server", 3), ("gateway", 2)):
        scaler = production.get("HorizontalPodAutoscaler", name)["spec"]
        assert scaler["scaleTargetRef"]["name"] == name
        assert scaler["minReplicas"] >= fewest
        assert scaler["metrics"][0]["resource"]["name"] == "cpu"


def test_services_lead_to_the_ports_of_their_pods(overlay: Rendered) -> None:
    for service in overlay.kind("Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        ((_, pod),) = [
            workload for workload in overlay.pods() if selects(selector, workload[1]["metadata"]["labels"])
        ]
        containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        ports = {
            port["name"]: port["containerPort"] for container in containers for port in container["ports"]
        }
        for port in service["spec"]["ports"]:
            assert ports[port["name"]] == port["port"]
            assert port.get("targetPort", port["name"]) in (port["name"], port["port"])
    assert overlay.get("Service", "model-server")["spec"]["clusterIP"] == "None"
    assert "publishNotReadyAddresses" not in overlay.get("Service", "model-server")["spec"]
    # A rollout must see replicas that are not ready: it waits for them, or makes them ready.
    everyone = overlay.get("Service", "model-server-all")["spec"]
    assert everyone["clusterIP"] == "None"
    assert everyone["publishNotReadyAddresses"] is True
    assert "clusterIP" not in overlay.get("Service", "model-server-rest")["spec"]
    assert "clusterIP" not in overlay.get("Service", "gateway")["spec"]
    # A connection of gRPC lasts: whoever has one address for all gateways stays with one of them.
    assert overlay.get("Service", "gateway-grpc")["spec"]["clusterIP"] == "None"
