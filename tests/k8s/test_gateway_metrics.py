"""The gateway's dashboard and alerts, against the metrics that a gateway has and Prometheus itself."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from serving.gateway.app import make_service
from serving.gateway.core.errors import Fault
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import traces_of
from serving.gateway.core.wish import Asked, RequestOutcome, TextOutcome
from serving.gateway.interfaces.base import chosen
from tests import debian
from tests.k8s.render import FOLDER

MONITORING = FOLDER / "components" / "monitoring"
GIVEN = {"namespace", "pod"}
"""Labels that Prometheus gives to all that it reads."""
SAMPLE = re.compile(r"\b(dragoman_gateway_\w+)(?:\{([^}]*)\})?")
SELECTOR = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def _rules() -> list[dict[str, Any]]:
    text = (MONITORING / "alerts.yaml").read_text()
    return [rule for group in yaml.safe_load(text)["spec"]["groups"] for rule in group["rules"]]


def _targets() -> Iterator[tuple[str, str]]:
    """Each expression of the gateway's dashboard, and its legend."""
    for panel in json.loads((MONITORING / "gateway-dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"], target["legendFormat"]


def _expressions() -> list[str]:
    """Those of the gateway."""
    every = [*(expression for expression, _ in _targets()), *(str(rule["expr"]) for rule in _rules())]
    return [expression for expression in every if "dragoman_gateway_" in expression]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What /metrics has once everything has happened: the labels of each sample, by its name."""
    url = f"sqlite:///{tmp_path_factory.mktemp('metrics')}/gateway.sqlite"
    service = make_service(GatewaySettings(database=url, model_root=None), traces_of(None))
    metrics = service.metrics
    metrics.request("deepl", "/v2/translate", 200, 0.1)
    metrics.fault("deepl", "/v2/translate", Fault.OVERLOADED)
    metrics.untranslated("canary", Fault.FAILED)
    metrics.kept(1)
    metrics.model_asked(("en-de", "1", "stable"), 5, 0.1, "ok")
    metrics.breaker("models:8500", lambda: False)
    answer = TextOutcome("Hallo", "en", 1.0, asked=(Asked("en-de", (1,)),))
    metrics.outcome(["Hello"], RequestOutcome((answer,), "de", "stable", {"model": 3.0}), "anna")
    page = metrics.page().decode()
    service.database.close()
    service.threads.close()
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


def test_every_metric_and_every_label_is_one_that_the_gateway_has(exported: dict[str, set[str]]) -> None:
    expressions = _expressions()
    assert len(expressions) >= 20
    for expression in expressions:
        here = set(GIVEN)
        for name, selectors in SAMPLE.findall(expression):
            assert name in exported, expression
            asked = {label for label, _ in SELECTOR.findall(selectors)}
            assert asked <= exported[name] | GIVEN, expression
            assert "namespace" in asked, expression
            here |= exported[name]
        for labels in GROUPED.findall(expression):
            assert {label.strip() for label in labels.split(",")} <= here, expression
    # And nothing is counted that nobody looks at.
    shown = {name for expression in expressions for name, _ in SAMPLE.findall(expression)}
    families = {re.sub(r"_(bucket|count|sum|total|created)$", "", name) for name in exported}
    assert families <= {re.sub(r"_(bucket|count|sum|total|created)$", "", name) for name in shown}


def test_every_value_that_is_asked_for_can_be() -> None:
    calls = {call.name for interface in chosen(()) for call in interface.calls}
    faults = {fault.value for fault in Fault}
    known = {"label": {"stable", "canary"}, "fault": faults, "result": {*faults, "ok"}, "call": calls}
    known["outcome"] = {*faults, "ok", "cancelled"}
    for expression in _expressions():
        for _, selectors in SAMPLE.findall(expression):
            for label, value in SELECTOR.findall(selectors):
                assert label not in known or set(value.split("|")) <= known[label], expression


def test_a_legend_names_what_the_panel_is_divided_by() -> None:
    for expression, legend in _targets():
        divided = {label.strip() for labels in GROUPED.findall(expression) for label in labels.split(",")}
        assert set(re.findall(r"{{(\w+)}}", legend)) == divided - {"le"}, expression


def _promtool(*arguments: str | Path) -> None:
    program = debian.program("promtool", "prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_all_rules_and_what_the_dashboard_asks(tmp_path: Path) -> None:
    asked = [
        {"record": f"panel:number{number}", "expr": expression.replace("$namespace", "dragoman")}
        for number, (expression, _) in enumerate(_targets())
    ]
    file = tmp_path / "rules.yaml"
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["spec"]["groups"]
    file.write_text(yaml.safe_dump({"groups": [*groups, {"name": "dashboard", "rules": asked}]}))
    _promtool("check", "rules", file)


# Metric, labels and how it goes on, a value a minute; what fires after so many minutes.
QUIET = [
    ("requests_total", {"status": "200"}, "0+600x30"),
    # Who sends too slowly.
    ("requests_total", {"interface": "grpc", "status": "DEADLINE_EXCEEDED"}, "0+60x30"),
    ("faults_total", {"interface": "grpc", "fault": "too slow"}, "0+60x30"),
    ("request_seconds_bucket", {"call": "/translate", "le": "0.1"}, "0+600x30"),
    ("request_seconds_bucket", {"call": "/translate", "le": "+Inf"}, "0+600x30"),
    ("translations_total", {"label": "stable", "result": "ok"}, "0+600x30"),
    ("translations_total", {"label": "canary", "result": "ok"}, "0+60x30"),
    ("model_seconds_bucket", {"label": "stable", "le": "0.05"}, "0+600x30"),
    ("model_seconds_bucket", {"label": "stable", "le": "+Inf"}, "0+600x30"),
    ("model_seconds_bucket", {"label": "canary", "le": "0.05"}, "0+60x30"),
    ("model_seconds_bucket", {"label": "canary", "le": "+Inf"}, "0+60x30"),
    ("model_seconds_count", {"label": "canary"}, "0+60x30"),
    (
        "asked_requests_total",
        {"model": "en-de", "version": "2", "label": "stable", "outcome": "ok"},
        "0+600x30",
    ),
    (
        "asked_requests_total",
        {"model": "en-de", "version": "", "label": "stable", "outcome": "failed"},
        "0+6x30",
    ),
    ("keys_age_seconds", {"pod": "gateway-1"}, "1x30"),
    ("breaker_open", {"address": "models:8500"}, "0x30"),
]
SLOW_CANARY = [
    ("model_seconds_bucket", {"label": "canary", "le": "0.05"}, "0x30"),
    ("model_seconds_bucket", {"label": "canary", "le": "0.25"}, "0+60x30"),
]
ACCIDENTS = {
    "DragomanGatewayFails": [("requests_total", {"status": "503"}, "0+60x30")],
    "DragomanGatewaySheds": [("faults_total", {"fault": "overloaded"}, "0+60x30")],
    "DragomanGatewaySlow": [
        ("request_seconds_bucket", {"call": "/translate", "le": "10.0"}, "0+600x30"),
        ("request_seconds_bucket", {"call": "/translate", "le": "0.1"}, "0x30"),
    ],
    "DragomanCanaryFails": [("translations_total", {"label": "canary", "result": "failed"}, "0+6x30")],
    "DragomanCanarySlow": SLOW_CANARY,
    "DragomanGatewayVersionFails": [
        (
            "asked_requests_total",
            {"model": "en-de", "version": "2", "label": "stable", "outcome": "failed"},
            "0+60x30",
        )
    ],
    "DragomanGatewayBreakerOpen": [("breaker_open", {"address": "models:8500"}, "1x30")],
    "DragomanGatewayDatabaseAway": [("keys_age_seconds", {"pod": "gateway-1"}, "0+60x30")],
}
OF_NO_VERSION = [
    (
        "asked_requests_total",
        {"model": "en-de", "version": "", "label": "stable", "outcome": "failed"},
        "0+60x30",
    )
]
"""As failures are where there is no models.config."""
AVAILABLE = 'kube_deployment_status_replicas_available{{namespace="dragoman", deployment="{}"}}'


def _series(
    accident: list[tuple[str, dict[str, str], str]], replicas: dict[str, str]
) -> list[dict[str, str]]:
    """Promtool's: a quiet day, and an accident in its place; `replicas` of deployments."""
    values = {AVAILABLE.format(name): count for name, count in replicas.items()}
    for metric, labels, course in [*QUIET, *accident]:
        given = ", ".join(f'{name}="{value}"' for name, value in {"namespace": "dragoman", **labels}.items())
        values[f"dragoman_gateway_{metric}{{{given}}}"] = course
    return [{"series": series, "values": course} for series, course in values.items()]


def test_an_alert_fires_for_its_accident_and_for_no_other(tmp_path: Path) -> None:
    """And none on a quiet day."""
    rules = tmp_path / "rules.yaml"
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["spec"]["groups"]
    rules.write_text(yaml.safe_dump({"groups": groups}))
    down = {"DragomanGatewayDown": "gateway", "DragomanNobodyServes": "model-server"}
    watched = re.compile("Dragoman(Gateway.*|Canary.*|NobodyServes)")
    assert {*ACCIDENTS, *down} == {rule["alert"] for rule in _rules() if watched.fullmatch(rule["alert"])}
    tests = []
    accidents = [*ACCIDENTS.items(), ("DragomanGatewayVersionFails", OF_NO_VERSION)]
    for accident, courses in [(None, []), *accidents, *((alert, []) for alert in down)]:
        replicas = {"gateway": "2x30", "model-server": "3x30"}
        if accident in down:
            replicas[down[accident]] = "0x30"
        series = _series(courses, replicas)
        query = f'count by (alertname) (ALERTS{{alertstate="firing", alertname=~"{watched.pattern}"}})'
        samples = [{"labels": f'{{alertname="{accident}"}}', "value": 1}] if accident else []
        asked = [{"expr": query, "eval_time": "25m", "exp_samples": samples}]
        tests.append({"interval": "1m", "input_series": series, "promql_expr_test": asked})
    file = tmp_path / "tests.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}))
    _promtool("test", "rules", file)
