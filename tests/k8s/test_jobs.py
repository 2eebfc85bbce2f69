"""The scheduled run and the rollouts: when they start, what they run, and no blind second try."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
import typer
import yaml

from dragoman import commands
from dragoman.main import app
from tests.k8s.render import Document, Rendered

ROLLOUTS = ("promote", "canary", "trial", "rollback")


@pytest.fixture(scope="module")
def command_line() -> Any:
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"dragoman.commands.{module.name}").register(app)
    return typer.main.get_command(app)


def _container(job: Document) -> Document:
    return dict(job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0])


def _arguments(container: Document, **other: str) -> list[str]:
    """As the kubelet expands them."""
    values = {
        variable["name"]: variable["value"] for variable in container.get("env", []) if "value" in variable
    } | other
    expanded = []
    for argument in container["args"]:
        for name, value in values.items():
            argument = argument.replace(f"$({name})", value)
        assert "$(" not in argument
        expanded.append(argument)
    return expanded


def _parsed(command_line: Any, arguments: list[str]) -> dict[str, Any]:
    command = command_line.commands[arguments[0]]
    return dict(command.make_context(arguments[0], arguments[1:]).params)


def test_a_run_is_never_beside_another_and_never_blindly_repeated(overlay: Rendered) -> None:
    spec = overlay.get("CronJob", "run")["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] >= 60
    assert 1 <= spec["successfulJobsHistoryLimit"] <= 5
    assert 1 <= spec["failedJobsHistoryLimit"] <= 5
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["activeDeadlineSeconds"] > 0


def test_a_drained_node_is_no_failure_of_a_run_and_leaves_time_for_a_checkpoint(overlay: Rendered) -> None:
    job = overlay.get("CronJob", "run")["spec"]["jobTemplate"]["spec"]
    assert job["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    ]
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] >= 120


def test_the_run_is_one_that_dragoman_can_do_with_what_is_mounted(
    overlay: Rendered, command_line: Any
) -> None:
    from pipeline.config.load import parse

    container = _container(overlay.get("CronJob", "run"))
    config = _parsed(command_line, _arguments(container))["config"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert str(config.parent) in mounts
    text = overlay.get("ConfigMap", "run")["data"][config.name]
    run = parse(text, f"{overlay.name}/{config.name}")
    assert not mounts[str(run.workspace)].get("readOnly")
    assert not mounts[str(run.push.model_root)].get("readOnly")
    assert run.serving_check.backend == "embedded"  # nothing else is in the image
    if run.training.max_minutes is not None:
        deadline = overlay.get("CronJob", "run")["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"]
        assert deadline > 60 * run.training.max_minutes
    for corpus in yaml.safe_load(text)["corpora"]:
        for path in corpus.get("files", {}).values():
            assert any(path.startswith(f"{mount}/") for mount in mounts), path


@pytest.mark.parametrize("name", [*ROLLOUTS, "promote-first", "console"])
def test_a_rollout_starts_only_when_someone_starts_it(overlay: Rendered, name: str) -> None:
    spec = overlay.get("CronJob", name)["spec"]
    assert spec["suspend"] is True
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("name", ROLLOUTS)
def test_a_rollout_asks_every_replica(overlay: Rendered, name: str, command_line: Any) -> None:
    job = overlay.get("CronJob", name)
    container = _container(job)
    other = {"VERSION": "3"} if name in ("canary", "trial") else {}
    given = _parsed(command_line, _arguments(container, **other))
    (replica,) = given["replica"]
    host, port = replica.split(":")
    service = overlay.get("Service", host)["spec"]
    assert service["publishNotReadyAddresses"] is True
    assert int(port) in {exposed["port"] for exposed in service["ports"]}
    # The command gives up, and says so, before the Job is killed.
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] > given["timeout"]
    values = {variable["name"]: variable["value"] for variable in container["env"]}
    assert values["DRAGOMAN_MODEL_ROOT"] == "/models"
    run = yaml.safe_load(overlay.get("ConfigMap", "run")["data"]["run.yaml"])
    assert given["model"] == run["name"]


def test_commands_of_the_console_find_the_models_and_every_replica(overlay: Rendered) -> None:
    container = _container(overlay.get("CronJob", "console"))
    values = {variable["name"]: variable["value"] for variable in container["env"]}
    assert values["DRAGOMAN_MODEL_ROOT"] in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert values["DRAGOMAN_REPLICAS"] == "model-server-all:8500"


def test_the_first_promotion_waits_for_no_server(overlay: Rendered, command_line: Any) -> None:
    given = _parsed(command_line, _arguments(_container(overlay.get("CronJob", "promote-first"))))
    assert given["offline"] is True
    assert given["version"] == "latest"


@pytest.mark.parametrize("name", ["canary", "trial"])
def test_a_canary_is_chosen_not_guessed(drill: Rendered, name: str, command_line: Any) -> None:
    container = _container(drill.get("CronJob", name))
    version = _parsed(command_line, _arguments(container))["version"]
    assert not version.isdecimal()
    assert version != "none"


def test_a_trial_has_sentences_to_compare_by_and_the_time_to(overlay: Rendered, command_line: Any) -> None:
    job = overlay.get("CronJob", "trial")
    given = _parsed(command_line, _arguments(_container(job), VERSION="3", WATCH="1h"))
    mounts = {mount["mountPath"]: mount["name"] for mount in _container(job)["volumeMounts"]}
    assert mounts[str(given["sentences"].parent)] == "sentences"
    sentences = overlay.get("ConfigMap", "sentences")["data"][given["sentences"].name]
    assert all(line.strip() for line in sentences.splitlines())
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] > given["timeout"] + 3600


def test_the_run_finds_its_secrets_by_reference(production: Rendered) -> None:
    from pipeline.config.load import parse

    container = _container(production.get("CronJob", "run"))
    given = {variable["name"]: variable["valueFrom"]["secretKeyRef"]["name"] for variable in container["env"]}
    run = parse(production.get("ConfigMap", "run")["data"]["run.yaml"], "production/run.yaml")
    assert run.notify is not None
    assert {run.metadata.password_env, run.notify.url_env} == set(given)
    assert not production.kind("Secret")
