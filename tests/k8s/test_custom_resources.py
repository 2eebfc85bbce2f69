"""What no built-in schema covers: ServiceMonitor, PrometheusRule, and the dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.k8s.render import FOLDER, Rendered, selects

DURATION = re.compile(r"\d+(ms|[smhd])")
METRIC = re.compile(r"(?<![\w:\"$.])((?::|kube_|kubelet_|container_|dragoman_gateway_)[a-z0-9_:]+)(?=[{\[)])")
# Of TensorFlow Serving 2.16 (its counters, batching_session.cc), TensorFlow (saved_model/loader.cc),
# kube-state-metrics and the kubelet; the gateway's own it says itself (test_gateway_metrics.py).
KNOWN = {
    ":tensorflow:serving:request_count",
    ":tensorflow:serving:request_latency_bucket",
    ":tensorflow:serving:batching_session:queuing_latency_bucket",
    ":tensorflow:serving:batching_session:queuing_latency_count",
    ":tensorflow:cc:saved_model:load_attempt_count",
    "kube_deployment_status_replicas_available",
    "kube_deployment_status_replicas_unavailable",
    "kube_pod_container_status_restarts_total",
    "kube_job_status_failed",
    "kube_job_status_start_time",
    "kube_cronjob_created",
    "kube_cronjob_status_last_successful_time",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "container_memory_working_set_bytes",
}


def _check_expression(expression: str) -> None:
    assert METRIC.findall(expression), f"no metric in {expression}"
    theirs = {name for name in METRIC.findall(expression) if not name.startswith("dragoman_gateway_")}
    assert theirs <= KNOWN, expression
    bare = re.sub(r'"[^"]*"', '""', expression)
    assert bare.count('"') % 2 == 0
    for left, right in ("()", "{}", "[]"):
        assert bare.count(left) == bare.count(right), expression


def _rules(production: Rendered) -> Iterator[dict[str, object]]:
    for group in production.get("PrometheusRule", "dragoman")["spec"]["groups"]:
        assert set(group) == {"name", "rules"}
        yield from group["rules"]


@pytest.mark.parametrize(("name", "service"), [("model-server", "model-server-rest"), ("gateway", "gateway")])
def test_the_monitor_finds_the_metrics_once(production: Rendered, name: str, service: str) -> None:
    spec = production.get("ServiceMonitor", name)["spec"]
    assert set(spec) == {"selector", "endpoints"}
    services = [
        document
        for document in production.kind("Service")
        if selects(spec["selector"], document["metadata"]["labels"])
    ]
    assert [document["metadata"]["name"] for document in services] == [service]
    (endpoint,) = spec["endpoints"]
    assert set(endpoint) == {"port", "path", "interval", "scrapeTimeout"}
    assert endpoint["port"] in {port["name"] for port in services[0]["spec"]["ports"]}
    assert DURATION.fullmatch(endpoint["interval"])
    assert DURATION.fullmatch(endpoint["scrapeTimeout"])


def test_alerts_are_well_formed_and_say_what_to_do(production: Rendered) -> None:
    names = []
    for rule in _rules(production):
        assert (
            {"alert", "expr", "labels", "annotations"}
            <= set(rule)
            <= {"alert", "expr", "for", "labels", "annotations"}
        )
        names.append(rule["alert"])
        _check_expression(str(rule["expr"]))
        assert rule["labels"]["severity"] in ("critical", "warning")  # type: ignore[index]
        assert set(rule["annotations"]) == {"summary", "action"}  # type: ignore[call-overload]
        assert DURATION.fullmatch(str(rule.get("for", "0s")))
    assert len(names) == len(set(names)) >= 8


def test_alerts_name_things_that_are_here(production: Rendered) -> None:
    text = json.dumps(list(_rules(production)))
    assert set(re.findall(r'namespace=\\"([a-z]+)\\"', text)) == {"dragoman"}
    for name in re.findall(r'deployment=\\"([a-z-]+)\\"', text):
        production.get("Deployment", name)
    for name in re.findall(r'cronjob=\\"([a-z-]+)\\"', text):
        production.get("CronJob", name)
    for pattern in re.findall(r'job_name=~\\"([^"\\]+)\\"', text):
        jobs = [f"{cron_job['metadata']['name']}-1" for cron_job in production.kind("CronJob")]
        assert any(re.fullmatch(pattern, job) for job in jobs), pattern


def test_a_job_that_failed_is_told_of_for_a_day_whichever_it_was(production: Rendered) -> None:
    alerts = {str(rule["alert"]): str(rule["expr"]) for rule in _rules(production)}
    patterns = []
    for name in ("DragomanRunFailed", "DragomanRolloutFailed"):
        assert "and on (namespace, job_name) time() - kube_job_status_start_time" in alerts[name]
        patterns += re.findall(r'job_name=~"([^"]+)"', alerts[name])
    watched = [cron_job["metadata"]["name"] for cron_job in production.kind("CronJob")]
    watched.remove("console")  # a person looks at it anyway
    for job in watched:
        assert any(re.fullmatch(pattern, f"{job}-1") for pattern in patterns), job


@pytest.mark.parametrize("name", ["dashboard", "gateway-dashboard"])
def test_a_dashboard_shows_metrics_that_exist(production: Rendered, name: str) -> None:
    config = production.get("ConfigMap", f"dragoman-{name}")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    dashboard = json.loads(config["data"][f"{name}.json"])
    places = set()
    for panel in dashboard["panels"]:
        places.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
        for target in panel["targets"]:
            _check_expression(target["expr"])
    assert len(places) == len(dashboard["panels"]) >= 6
    assert {variable["name"] for variable in dashboard["templating"]["list"]} == {"source", "namespace"}


def test_the_queue_metric_of_the_autoscaler_is_the_adapters(queue_latency: Rendered) -> None:
    scaler = queue_latency.get("HorizontalPodAutoscaler", "model-server")["spec"]
    (wanted,) = [metric["pods"]["metric"]["name"] for metric in scaler["metrics"] if metric["type"] == "Pods"]
    assert len(scaler["metrics"]) == 2, "beside the processors' load"
    folder = FOLDER / "components" / "queue-latency"
    (rule,) = yaml.safe_load((folder / "rules.yaml").read_text())["rules"]["custom"]
    assert rule["name"]["as"] == wanted
    assert rule["seriesQuery"].startswith(":tensorflow:serving:batching_session:queuing_latency_sum{")
