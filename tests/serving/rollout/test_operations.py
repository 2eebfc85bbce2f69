"""No order of rollouts leaves `stable` without a loaded version, and what fails is put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving import model_config
from serving.client import Client
from serving.errors import (
    RolloutConflictError,
    RolloutRefusedError,
    UnreachableError,
)
from serving.rollout import Rollout, history, served_version
from serving.rollout.lock import exclusive
from tests.serving.fake_server import FakeServer, push, rollout


def test_rolling_back_twice_goes_two_back(server: FakeServer) -> None:
    for version in (1, 2, 3):
        rollout(server).promote("m", version)
    assert rollout(server).rollback("m").to == 2
    assert rollout(server).rollback("m").to == 1
    with pytest.raises(RolloutRefusedError, match="was stable before 1"):
        rollout(server).rollback("m")
    assert not server.label_errors


def test_a_version_that_does_not_load_leaves_the_old_configuration(server: FakeServer) -> None:
    rollout(server).promote("m", 1)
    before = (server.root / "models.config").read_text()
    push(server.root, 4, "bad")
    with pytest.raises(RolloutRefusedError, match="no graph"):
        rollout(server).promote("m")
    assert (server.root / "models.config").read_text() == before


def test_a_dry_run_changes_nothing(server: FakeServer) -> None:
    assert "versions: 3" in rollout(server, dry_run=True).promote("m").diff
    assert not (server.root / "models.config").exists()


def test_two_at_once_are_refused_by_name(server: FakeServer) -> None:
    with exclusive(server.root, "promote m"), pytest.raises(RolloutConflictError, match="promote m"):
        rollout(server).promote("m", 1)


def test_one_replica_that_cannot_load_puts_everything_back(server: FakeServer) -> None:
    other = FakeServer(server.root)
    other.refused = {2}
    try:
        both = Rollout(server.root, [server.address, other.address])
        both.promote("m", 1)
        before = (server.root / "models.config").read_text()
        with pytest.raises(RolloutRefusedError, match=f"{other.address} cannot load version 2"):
            both.promote("m", 2)
        assert (server.root / "models.config").read_text() == before
        assert (server.follow(), other.follow()) == ({1}, {1})
    finally:
        other.stop()


def test_a_label_that_does_not_move_is_put_back_and_a_rollback_stands(server: FakeServer) -> None:
    rollout(server).promote("m", 1)
    rollout(server).canary("m", 2)
    with Client(server.address, model="m") as client:
        client.served_version()
    before = (server.root / "models.config").read_text()
    server.frozen = True
    with pytest.raises(RolloutRefusedError, match="put back"):
        rollout(server, timeout=0.5).promote("m", 2)
    assert (server.root / "models.config").read_text() == before
    assert [change.action for change in history.changes(server.root, "m")][-2:] == ["promote", "put back"]
    server.frozen = False
    rollout(server).promote("m", 2)
    server.frozen = True
    with pytest.raises(UnreachableError, match="stands in models"):
        rollout(server, timeout=0.5).rollback("m")
    assert served_version(server.root, "m") == 1
    server.frozen = False
    assert rollout(server).promote("m", 3).before == 1
    assert rollout(server).rollback("m").to == 1


def test_a_version_is_deleted_only_when_nobody_has_it_in_memory(server: FakeServer) -> None:
    for version in (1, 2, 3):
        rollout(server).promote("m", version)
    rollout(server, keep_loaded=True).rollback("m")
    server.frozen = True
    for _ in range(2):
        with pytest.raises(RolloutRefusedError, match="not deleted"):
            rollout(server, timeout=0.3).retire("m", 3)
    assert (server.root / "m" / "3").exists()
    server.frozen = False
    folder = server.root / "m" / "3"
    assert rollout(server, dry_run=True).retire("m", 3).diff.endswith(f"delete {folder}\n")
    assert folder.is_dir()
    rollout(server).retire("m", 3)
    assert not (server.root / "m" / "3").exists()


def test_a_rollback_passes_replicas_that_are_not_there(server: FakeServer) -> None:
    nobody = "127.0.0.1:1"
    rollout(server).promote("m", 1)
    rollout(server).promote("m", 2)
    some = Rollout(server.root, [nobody, server.address])
    with pytest.raises(UnreachableError, match="nothing was changed"):
        some.promote("m", 3)
    assert set(some.rollback("m").behind) == {nobody}
    assert served_version(server.root, "m") == 1
    rollout(server).promote("m", 2)
    with pytest.raises(UnreachableError, match="--offline"):
        Rollout(server.root, [nobody]).rollback("m")
    assert served_version(server.root, "m") == 2


def test_the_configuration_keeps_what_it_does_not_know_of(tmp_path: Path) -> None:
    text = (
        'model_config_list { config { name: "other" base_path: "/o" model_platform: "tensorflow" '
        "logging_config { sampling_config { sampling_rate: 0.5 } } "
        "model_version_policy { latest { num_versions: 2 } } } }"
    )
    (tmp_path / "models.config").write_text(text)
    push(tmp_path, 1)
    Rollout(tmp_path).promote("m", 1)
    config = model_config.read(tmp_path)
    other = model_config.find_model(config, "other")
    assert other is not None
    assert other.logging_config.sampling_config.sampling_rate == 0.5
    assert other.model_version_policy.latest.num_versions == 2


def test_lines_of_the_history_that_are_none_are_passed_over(tmp_path: Path) -> None:
    change = history.Change(model="m", action="promote", to=1)
    history.append(tmp_path, change)
    with (tmp_path / history.FILE_NAME).open("a") as file:
        file.write(
            "[" * 200_000 + "\n" + '{"when": "2026-01-01T00:00:00", "model": "m", "action": "promote"}\n'
        )
    assert history.changes(tmp_path, "m") == [change]
