"""The runbook's commands for one machine, typed: what it says of each section is so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.errors import RolloutRefusedError
from serving.rollout import Rollout, history, served_version
from tests.serving.fake_server import FakeServer, push
from tests.serving.gateway.runbook import blocks, typed


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[FakeServer]]:
    """Two, on `models` in the folder where the commands are typed: 1 and 2 were stable, 3 is."""
    root = tmp_path / "models"
    for version in (1, 2, 3):
        push(root, version)
    servers = [FakeServer(root), FakeServer(root)]
    for version in (1, 2, 3):
        Rollout(root, [server.address for server in servers], timeout=30).promote("m", version)
    yield servers
    for server in servers:
        server.stop()


def say(section: int, place: int, servers: list[FakeServer]) -> str:
    """What a section's block comes to, of the model `m` and these servers."""
    root = servers[0].root
    replicas = " ".join(server.address for server in servers)
    block = blocks(section)[place].replace("en-de", "m").replace("127.0.0.1:8500", servers[0].address)
    return typed(block, root.parent, DRAGOMAN_MODEL_ROOT=root.name, DRAGOMAN_REPLICAS=replicas)


def answering(servers: list[FakeServer]) -> list[tuple[int, set[int]]]:
    """Of each: what its label stable means, and what is loaded."""
    loaded = [server.follow() for server in servers]
    return [(server._labels["stable"], versions) for server, versions in zip(servers, loaded, strict=True)]


def test_bad_translations_are_rolled_back_and_their_version_goes(servers: list[FakeServer]) -> None:
    say(1, 0, servers)
    assert answering(servers) == [(2, {1, 2})] * 2
    assert not (servers[0].root / "m" / "3").exists()
    assert "drops names" in [change.why for change in history.changes(servers[0].root, "m")]


def test_a_bad_canary_is_taken_away(servers: list[FakeServer]) -> None:
    root = servers[0].root
    push(root, 4)
    Rollout(root, [server.address for server in servers], timeout=30).canary("m", 4)
    say(2, 0, servers)
    assert served_version(root, "m", "canary") is None
    assert answering(servers) == [(3, {2, 3})] * 2


def test_a_model_without_a_label_gets_one(servers: list[FakeServer]) -> None:
    file = servers[0].root / "models.config"
    labelled = file.read_text()
    start = labelled.index("version_labels")
    file.write_text(labelled[:start] + labelled[labelled.index("}", start) + 1 :])
    with pytest.raises(RolloutRefusedError, match="no stable version"):
        Rollout(servers[0].root).rollback("m")
    say(8, 0, servers)
    assert served_version(servers[0].root, "m") == 2


def test_a_damaged_configuration_is_written_again(servers: list[FakeServer]) -> None:
    root = servers[0].root
    good = (root / "models.config").read_text()
    (root / "models.config").write_text("}} garbage")
    assert "model_config_list" in say(9, 0, servers)
    assert (root / "models.config").read_text() == good
    assert (root / "models.config.damaged").read_text() == "}} garbage"


def test_a_rollout_that_was_killed_is_typed_again(servers: list[FakeServer]) -> None:
    say(10, 0, servers)
    assert answering(servers)[0][0] == 3


def test_where_nobody_answers_the_file_alone_is_written(servers: list[FakeServer]) -> None:
    for server in servers:
        server.stop()
    say(11, 0, servers)
    assert served_version(servers[0].root, "m") == 2
