"""models.config, polled: the way in which versions are rolled out; with labels from the first moment on."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorflow_serving.config import model_server_config_pb2

from tests.contract.server import Client, Process, State, add_model, spec, wait_for
from tests.contract.toys import Versions


def write(root: Path, **how: object) -> None:
    """Replace the file by rename."""
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, "toy", root / "toy", **how)  # type: ignore[arg-type]
    (root / "models.config.new").write_text(str(config))
    os.replace(root / "models.config.new", root / "models.config")


def replies(client: Client, label: str, reply: str) -> None:
    """Wait until requests with the label are answered so."""
    wait_for(lambda: client.reply(spec("toy", label=label)) == reply, f"{label} answers {reply}")


def test_the_life_of_a_polled_configuration(
    start: Callable[..., Process], versions: Versions, tmp_path: Path
) -> None:
    """One server for all of it, because starting one takes longer than the rest."""
    for version in (1, 2, 3):
        versions.push(tmp_path / "toy", version)
    # With the flag, a label that points nowhere yet may be given at the start.
    write(tmp_path, versions=[1], labels={"stable": 1})
    process = start(
        f"--model_config_file={tmp_path}/models.config",
        "--model_config_file_poll_wait_seconds=1",
        "--allow_version_labels_for_unavailable_models=true",
    )
    process.wait_until_open()
    client = process.client()
    replies(client, "stable", "v1:x")

    # It lifts the rule for new labels only: moving one to a version of the same file is refused as a whole.
    write(tmp_path, versions=[1, 2], labels={"stable": 2})
    assert "not currently available for inference" in wait_for(
        lambda: (log := process.log.read_text("utf-8", "replace")) and "to version 2" in log and log,
        "the refusal in the log",
    )
    assert client.state("toy", 2) is None
    assert client.reply(spec("toy", label="stable")) == "v1:x"

    # A file that cannot be read changes nothing.
    (tmp_path / "models.config").write_text("model_config_list { config {")
    wait_for(
        lambda: process.log.read_text("utf-8", "replace").count("nvalid") > 0, "the complaint in the log"
    )
    assert client.reply(spec("toy", label="stable")) == "v1:x"

    # The two steps, and a new label on the way.
    write(tmp_path, versions=[1, 2], labels={"stable": 1, "canary": 2})
    client.wait_for_state("toy", 2, State.AVAILABLE)
    replies(client, "canary", "v2:x")
    _flip_under_load(client, tmp_path)

    # What came over the wire is overwritten by the file at the next poll.
    write(tmp_path, versions=[1, 2], labels={"stable": 1})
    replies(client, "stable", "v1:x")
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, "toy", tmp_path / "toy", versions=[1, 2], labels={"stable": 2})
    for _ in range(20):  # The next poll may come between the two calls.
        client.reload(config)
        if client.reply(spec("toy", label="stable")) == "v2:x":
            break
    else:
        pytest.fail("what came over the wire was never in effect")
    replies(client, "stable", "v1:x")


def _flip_under_load(client: Client, root: Path) -> None:
    """Promotions and rollbacks under eight callers: no failure, no answer of a third version."""
    done = threading.Event()
    answers: set[str] = set()
    failures: list[BaseException] = []

    def ask() -> None:
        for number in itertools.count():
            if done.is_set():
                return
            try:
                answers.add(client.reply(spec("toy", label="stable"), str(number)).split(":")[0])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for version in (2, 1, 2, 1):
            write(root, versions=[1, 2], labels={"stable": version, "canary": 2})
            replies(client, "stable", f"v{version}:x")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert answers == {"v1", "v2"}
