"""The client's promises, and that no order of rollouts leaves `stable` without a loaded version."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import model_config
from serving.client import AsyncClient, Client
from serving.errors import (
    RequestError,
    RolloutConflictError,
    RolloutRefusedError,
    ServingError,
    UnreachableError,
)
from serving.rollout import Rollout, served_version
from serving.rollout.lock import exclusive
from tests.serving.fake_server import FakeServer


def push(root: Path, version: int, content: str = "good") -> None:
    (root / "m" / str(version)).mkdir(parents=True)
    (root / "m" / str(version) / "saved_model.pb").write_text(content)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    for version in (1, 2, 3):
        push(tmp_path, version)
    running = FakeServer(tmp_path)
    yield running
    running.stop()


def rollout(server: FakeServer, **options: object) -> Rollout:
    return Rollout(server.root, [server.address], **options)  # type: ignore[arg-type]


def test_importing_the_client_side_imports_no_tensorflow() -> None:
    code = (
        "import sys, serving.client, serving.rollout, serving.rollout.overview\n"
        "import dragoman.commands.translate, dragoman.commands.promote, dragoman.commands.versions\n"
        "assert not {'tensorflow', 'tensorflow_serving', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_rows_come_back_in_order_through_splits_and_retries(server: FakeServer) -> None:
    server.row_limit, server.unavailable = 3, 2
    sources = [f"row {n} ü\x00🐈" * (n % 4) for n in range(50)]
    with Client(server.address, model="m", label=None, batch_size=7) as client:
        answers = client.translate(sources)
    assert [one.text.encode() for one in answers] == [one.encode().upper() for one in sources]
    assert [one.score for one in answers] == [-float(len(one.encode())) for one in sources]


def test_asyncio_answers_the_same(server: FakeServer) -> None:
    async def ask() -> list[str]:
        async with AsyncClient(server.address, model="m", label=None, batch_size=2) as client:
            return [one.text async for one in client.translate_stream("abcde")]

    assert asyncio.run(ask()) == list("ABCDE")


def test_failures_tell_cause_and_cure(server: FakeServer) -> None:
    with Client(server.address, model="m") as client, pytest.raises(RequestError, match="promote"):
        client.served_version()
    server.stop()
    with (
        Client(server.address, model="m", wait=0.2) as client,
        pytest.raises(UnreachableError, match="dragoman serve"),
    ):
        client.translate(["a"])


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


@pytest.mark.parametrize("write", [1, 2])
def test_killed_at_either_step_the_next_one_goes_on(server: FakeServer, write: int) -> None:
    rollout(server).promote("m", 1)
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom serving import model_config\n"
        "from serving.rollout import Rollout\nreal, done = model_config.write, []\n"
        "def write(root, config):\n    real(root, config)\n    done.append(1)\n"
        "    if len(done) == int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "model_config.write = write\nRollout(Path(sys.argv[1]), [sys.argv[2]]).promote('m', 2)"
    )
    arguments = [sys.executable, "-c", code, str(server.root), server.address, str(write)]
    assert subprocess.run(arguments, timeout=60).returncode == -9
    assert served_version(server.root, "m") == write
    rollout(server).promote("m", 3)
    assert rollout(server).rollback("m").to == write
    assert not server.label_errors


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_operations_leaves_stable_without_a_loaded_version(server: FakeServer, seed: int) -> None:
    chance = random.Random(seed)
    rollout(server).promote("m", 1)
    for _ in range(12):
        action = chance.choice(["promote", "canary", "rollback", "retire"])
        version = [] if action == "rollback" else [chance.randint(1, 3)]
        with contextlib.suppress(ServingError):
            getattr(rollout(server), action)("m", *version)
        with Client(server.address, model="m") as client:
            assert client.served_version() == served_version(server.root, "m")
    assert not server.label_errors


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
    other = model_config.find(config, "other")
    assert other is not None
    assert other.logging_config.sampling_config.sampling_rate == 0.5
    assert other.model_version_policy.latest.num_versions == 2
