"""The gateway's settings, probes and end, and its database where the overlay has one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import typer
import yaml

from serving.gateway.core.settings import GatewaySettings
from tests.k8s.render import Document, Rendered


def _settings(overlay: Rendered, folder: Path) -> GatewaySettings:
    """As the gateway reads them."""
    file = folder / "gateway.yaml"
    file.write_text(overlay.get("ConfigMap", "gateway-config")["data"]["gateway.yaml"])
    return GatewaySettings.load(file)


def _database(overlay: Rendered) -> Document:
    """The variable that names it."""
    (variable,) = overlay.gateway()["env"]
    assert variable["name"] == "DRAGOMAN_DATABASE"
    return dict(variable)


def test_the_command_and_its_settings_are_what_the_gateway_understands(
    overlay: Rendered, tmp_path: Path
) -> None:
    from dragoman.commands import gateway

    app = typer.Typer()
    gateway.register(app)
    command, *arguments = overlay.gateway()["args"]
    parsed: dict[str, Any] = typer.main.get_command(app).make_context(command, arguments).params
    mounts = {mount["mountPath"]: mount["name"] for mount in overlay.gateway()["volumeMounts"]}
    assert command == "gateway"
    assert mounts[str(parsed["settings"].parent)] == "config"
    settings = _settings(overlay, tmp_path)
    ports = {port["name"]: port["containerPort"] for port in overlay.gateway()["ports"]}
    assert (settings.host, settings.port, settings.grpc_port) == ("0.0.0.0", ports["http"], ports["grpc"])
    assert settings.models or str(settings.model_root) in mounts
    # Asked as its clients ask: a name for all that are ready, in front of which the guards are.
    assert settings.address == "dns:///model-server.dragoman:8500"


def test_keys_are_wanted_where_others_can_ask(overlay: Rendered, tmp_path: Path) -> None:
    assert _settings(overlay, tmp_path).keys == (overlay.name not in ("local", "drill"))


def test_the_model_that_the_drill_names_is_the_runs(drill: Rendered, tmp_path: Path) -> None:
    run = yaml.safe_load(drill.get("ConfigMap", "run")["data"]["run.yaml"])
    (model,) = _settings(drill, tmp_path).models
    assert model.name == run["name"]
    assert (model.source, *model.targets) == (run["languages"]["source"], run["languages"]["target"])


def test_ready_means_that_there_is_something_to_translate_with_and_alive_needs_nothing(
    overlay: Rendered,
) -> None:
    gateway = overlay.gateway()
    for probe, path in (("startupProbe", "live"), ("livenessProbe", "live"), ("readinessProbe", "ready")):
        assert gateway[probe]["httpGet"] == {"path": f"/health/{path}", "port": "http"}
    starts = gateway["startupProbe"]
    assert starts["periodSeconds"] * starts["failureThreshold"] >= 300  # others migrate
    lives = gateway["livenessProbe"]
    assert 60 <= lives["periodSeconds"] * lives["failureThreshold"] <= 120


def test_a_pod_stays_until_its_requests_have_ended(overlay: Rendered, tmp_path: Path) -> None:
    settings = _settings(overlay, tmp_path)
    pod = overlay.get("Deployment", "gateway")["spec"]["template"]["spec"]
    pause = overlay.gateway()["lifecycle"]["preStop"]["sleep"]["seconds"]
    ready = overlay.gateway()["readinessProbe"]
    assert pause > ready["periodSeconds"] * ready["failureThreshold"]
    assert settings.drain_seconds >= settings.limits.deadline
    assert pod["terminationGracePeriodSeconds"] >= pause + settings.drain_seconds + 5


def test_an_update_takes_no_gateway_away_before_another_answers(overlay: Rendered) -> None:
    deployment = overlay.get("Deployment", "gateway")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    budget = overlay.get("PodDisruptionBudget", "gateway")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == deployment["selector"]


def test_in_production_the_database_is_named_by_a_secret(production: Rendered) -> None:
    assert _database(production)["valueFrom"] == {"secretKeyRef": {"name": "gateway", "key": "database"}}
    assert not production.kind("Secret")


def test_a_node_of_ones_own_has_a_postgresql(one_node: Rendered) -> None:
    from sqlalchemy.engine import make_url

    url = make_url(_database(one_node)["value"])
    assert (url.drivername, url.password) == ("postgresql+psycopg", None)
    (port,) = one_node.get("Service", str(url.host))["spec"]["ports"]
    assert port["port"] == 5432
    pod = one_node.get("StatefulSet", "database")["spec"]["template"]["spec"]
    config = one_node.get("ConfigMap", "database-config")["data"]
    words = shlex.split(pod["containers"][0]["args"][0])
    assert f"--username={url.username}" in words
    assert "hba_file=/etc/database/pg_hba.conf" in words
    assert f"host all {url.username} all trust" in config["pg_hba.conf"].splitlines()
    # Or initdb refuses to begin.
    assert config["passwd"].split(":")[2] == str(pod["securityContext"]["runAsUser"])
