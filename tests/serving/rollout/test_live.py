"""Rollouts on the embedded server: what they promise, under load and through failures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.rollback import measure, replicas
from serving.client import Client
from serving.errors import RequestError, RolloutRefusedError
from serving.launch import LaunchOptions, launch
from serving.rollout import Rollout, served_version
from tests.serving.conftest import Live, dragoman


def answer(live: Live, model: str, **asked: object) -> str:
    with Client(live.address, model=model, **asked) as client:  # type: ignore[arg-type]
        return client.translate(["x"])[0].text


def test_versions_go_forward_and_back_by_the_command_line(live: Live, model: str) -> None:
    common = ["--model-root", live.root, "--replica", live.address]
    for arguments in (
        ["promote", model, 2],
        ["rollback", model, "--reason", "drops names"],
        ["canary", model, 3],
    ):
        done = dragoman(*arguments, *common)
        assert done.returncode == 0, done.stderr.decode()
    assert (answer(live, model), answer(live, model, label="canary")) == ("v1:x", "v3:x")

    listed = json.loads(
        dragoman("versions", live.root, "--model", model, "--replica", live.address, "--json").stdout
    )
    assert [
        (row["version"], row["labels"], row["loaded"][live.address], len(row["without_label"]))
        for row in listed
    ] == [
        (1, ["stable"], "AVAILABLE", 0),
        (2, [], None, 0),
        (3, ["canary"], "AVAILABLE", 1),
    ]
    assert [row["bleu"] for row in listed] == [31.0, 32.0, 33.0]
    assert {(row["bleu_signature"], row["chrf_signature"]) for row in listed} == {
        ("nrefs:1|tok:13a", "nrefs:1|nc:6")
    }
    shown = dragoman("versions", live.root, "--model", model, "--replica", live.address).stdout.decode()
    assert all(words in shown for words in ("stable", "31.0", "2026-01-01", "loaded"))

    refused = dragoman("retire", model, 3, *common)
    assert refused.returncode == 8
    assert b"canary" in refused.stderr
    assert dragoman("retire", model, 2, *common, "--json").returncode == 0
    assert not (live.root / model / "2").exists()
    history = dragoman("versions", live.root, "--model", model, "--history").stdout.decode()
    assert [line.split()[4] for line in history.splitlines()[1:]] == [
        "promote", "promote", "rollback", "canary", "retire"
    ]  # fmt: skip
    assert "drops names" in history


def test_under_load_no_request_fails(live: Live) -> None:
    live.push("toy", [1, 2])
    live.rollout().promote("toy", 1)
    report = measure(live.root, [live.address], threads=8, rounds=3)
    assert not report.failures
    assert set(report.answers) == {"v1", "v2"}


@pytest.mark.slow
def test_twenty_promotions_and_rollbacks_under_load(tmp_path: Path) -> None:
    """What is promised: no failed request, no other version, and each rollback is everywhere within 2 s."""
    with replicas(tmp_path, 2, "embedded") as addresses:
        report = measure(tmp_path, addresses, threads=8, rounds=20)
    assert not report.failures
    assert set(report.answers) == {"v1", "v2"}
    assert len(report.promotions) == len(report.rollbacks) == 20
    assert max(report.rollbacks) < 2, report.rollbacks
    # Nor did any client get an answer of the version rolled back from to a request sent later than that.
    assert max(report.stragglers) < 2, report.stragglers


def test_a_version_that_does_not_load_is_put_back_and_loads_once_mended(live: Live, model: str) -> None:
    broken = live.root / model / "7"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"no graph")
    before = (live.root / "models.config").read_text()
    with pytest.raises(RolloutRefusedError, match="cannot load version 7"):
        live.rollout().promote(model)
    assert (live.root / "models.config").read_text() == before
    assert answer(live, model) == "v1:x"
    shutil.rmtree(broken)
    shutil.copytree(live.templates / "3", broken)
    live.rollout().promote(model)
    assert answer(live, model) == "v3:x"


def test_two_replicas_follow_and_a_dead_one_holds_no_rollback_up(live: Live, model: str) -> None:
    with launch(live.root, backend="embedded", options=LaunchOptions(poll_seconds=1)) as second:
        both = Rollout(live.root, [live.address, second.address], timeout=60)
        both.promote(model, 2)
        for address in (live.address, second.address):
            with Client(address, model=model) as client:
                assert client.served_version() == 2
        os.kill(second.pid, signal.SIGKILL)
        second.wait()
        refused = dragoman(
            "promote", model, 3, "--model-root", live.root, "--replica", live.address,
            "--replica", second.address,
        )  # fmt: skip
        assert refused.returncode == 6
        assert second.address.encode() in refused.stderr
        assert served_version(live.root, model) == 2
        outcome = both.rollback(model)
        assert list(outcome.behind) == [second.address]
        assert answer(live, model) == "v1:x"


def test_requests_go_on_while_a_version_is_retired(live: Live, model: str) -> None:
    live.rollout().promote(model, 2)
    live.rollout().promote(model, 3)
    with (
        Client(live.address, model=model, label=None, version=1) as client,
        pytest.raises(RequestError, match="NOT_FOUND"),
    ):
        client.translate(["x"])  # two promotions later it is not kept
    asked, done = threading.Event(), threading.Event()

    def ask() -> set[str]:
        answers = set()
        with Client(live.address, model=model) as client:
            while not done.is_set():
                answers |= {translated.text for translated in client.translate(["x"])}
                asked.set()
        return answers

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        asked.wait(60)
        live.rollout().retire(model, 1)
        asked.clear()
        asked.wait(60)
        done.set()
        assert asking.result() == {"v3:x"}
    assert live.rollout().rollback(model).to == 2
