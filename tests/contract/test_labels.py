"""Labels, and why a promotion has two steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.config import model_server_config_pb2

from tests.contract.conftest import SERVED, Fleet
from tests.contract.server import Client, Process, State, add_model, spec
from tests.contract.test_predict import TEXT, refusal
from tests.contract.test_versions import push
from tests.contract.toys import Versions


def refused(fleet: Fleet, name: str, version: int, **how: object) -> None:
    """The change is refused, because of a label to that version."""
    with pytest.raises(grpc.RpcError) as caught:
        fleet.set(name, **how)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.details() == (
        f"Request to assign label to version {version} of model {name}, "
        "which is not currently available for inference"
    )


def test_a_new_model_and_its_label_at_once_are_refused_and_nothing_is_loaded(
    fleet: Fleet, model: str
) -> None:
    push(fleet, model, 1)
    refused(fleet, model, 1, versions=[1], labels={"stable": 1})
    # A later, valid change shows that nothing was left to happen.
    fleet.set(SERVED, versions=[1, 2], labels={"stable": 1, "canary": 2})
    assert fleet.client.states(model) == {}


def test_a_new_version_and_a_label_to_it_at_once_are_refused(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2)
    fleet.set(model, versions=[1])
    fleet.set(model, versions=[1], labels={"stable": 1})
    refused(fleet, model, 2, versions=[1, 2], labels={"stable": 2})
    assert fleet.client.reply(spec(model, label="stable")) == "v1:x"
    assert fleet.client.state(model, 2) is None


def test_promotion_in_two_steps_and_rollback_in_one(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2)
    fleet.set(model, versions=[1])
    fleet.set(model, versions=[1], labels={"stable": 1})
    fleet.set(model, versions=[1, 2], labels={"stable": 1})
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    assert fleet.client.reply(spec(model, label="stable")) == "v1:x"
    fleet.set(model, versions=[1, 2], labels={"stable": 2})
    assert fleet.client.reply(spec(model, label="stable")) == "v2:x"
    fleet.set(model, versions=[1, 2], labels={"stable": 1})
    assert fleet.client.reply(spec(model, label="stable")) == "v1:x"


def test_a_label_left_out_is_gone(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model, versions=[1])
    fleet.set(model, versions=[1], labels={"stable": 1, "canary": 1})
    fleet.set(model, versions=[1], labels={"stable": 1})
    assert fleet.client.reply(spec(model, label="stable")) == "v1:x"
    assert refusal(fleet.client.ask, spec(model, label="canary"), TEXT) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Unrecognized servable version label: canary",
    )


def test_a_label_to_a_version_that_never_was(fleet: Fleet) -> None:
    refused(fleet, SERVED, 9, versions=[1, 2], labels={"stable": 9})
    assert fleet.client.reply(spec(SERVED, label="stable")) == "v1:x"
    assert fleet.client.reply(spec(SERVED, label="canary")) == "v2:x"


def test_a_configuration_without_models_is_refused(client: Client) -> None:
    code, _ = refusal(client.reload, model_server_config_pb2.ModelServerConfig())
    assert code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("platform", ["", "rainflow"])
def test_a_model_without_a_known_platform_is_refused(
    start: Callable[..., Process], versions: Versions, tmp_path: Path, platform: str
) -> None:
    """By a server of its own: a real one keeps what it refused, and then refuses every later reload, too."""
    versions.push(tmp_path / "toy", 1)
    process = start(f"--model_base_path={tmp_path}/toy", "--model_name=toy")
    process.wait_until_open()
    client = process.client()
    config = model_server_config_pb2.ModelServerConfig()
    for name in ("toy", "another"):
        add_model(config, name, tmp_path / "toy")
    config.model_config_list.config[-1].model_platform = platform
    refusal(client.reload, config)
    assert client.reply(spec("toy")) == "v1:x"
    assert client.states("another") == {}
    client.close()


def test_a_model_named_twice_is_refused(fleet: Fleet) -> None:
    config = fleet.config()
    for _ in range(2):
        add_model(config, "twice", fleet.path(SERVED))
    code, _ = refusal(fleet.client.reload, config)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert fleet.client.reply(spec(SERVED, label="stable")) == "v1:x"
