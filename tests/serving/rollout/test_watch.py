"""The watch that takes a canary away, and what its command says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.client import Client
from serving.errors import CanaryWithdrawnError, RequestError, RolloutRefusedError, UnreachableError
from serving.rollout import history, served_version
from serving.rollout.comparison import ENOUGH, HOPELESS, CanaryComparison, CanaryLimits
from serving.rollout.lock import exclusive
from serving.rollout.quality import JudgedSentence
from serving.rollout.watch import Watch
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer, push
from tests.serving.trial import rollout, server_with_canary

LONG = 60.0
"""Seconds of a watch that is to end by itself much earlier."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    with server_with_canary(tmp_path) as running:
        yield running


def watch(server: FakeServer, version: int = 3) -> Watch:
    return Watch(rollout(server), "m", version, [JudgedSentence("a"), JudgedSentence("b")])


def test_withdrawing_takes_the_label_and_the_version_away_and_stable_stays(server: FakeServer) -> None:
    outcome = rollout(server).withdraw("m")
    assert (outcome.before, outcome.to, list(outcome.followed)) == (3, None, [server.address])
    assert server.follow() == {1, 2}
    with (
        Client(server.address, model="m", label="canary") as client,
        pytest.raises(RequestError, match="canary"),
    ):
        client.served_version()
    with pytest.raises(RolloutRefusedError, match="no canary"):
        rollout(server).withdraw("m")
    assert rollout(server).rollback("m").to == 1
    assert [change.action for change in history.changes(server.root, "m")][-2:] == ["withdraw", "rollback"]


def test_a_canary_that_nobody_is_stable_beside_is_withdrawn_too(tmp_path: Path) -> None:
    push(tmp_path, 1)
    alone = FakeServer(tmp_path)
    try:
        rollout(alone).canary("m", 1)
        rollout(alone).withdraw("m")
        assert alone.follow() == {1}
    finally:
        alone.stop()


def test_a_failing_canary_is_withdrawn_with_its_reason(server: FakeServer) -> None:
    server.failing = {3}
    with pytest.raises(CanaryWithdrawnError, match="the graph is broken"):
        watch(server).run(LONG)
    assert served_version(server.root, "m", "canary") is None
    assert served_version(server.root, "m") == 2
    last = history.changes(server.root, "m")[-1]
    assert (last.action, last.before, "watch" in last.why) == ("withdraw", 3, True)


def test_a_canary_that_hangs_is_given_up_after_a_few_requests(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.rollout.watch._ANSWER", 1.0)
    server.delay = {3: 2.0}
    trial = watch(server)
    with pytest.raises(CanaryWithdrawnError, match="did not answer"):
        trial.run(LONG)
    assert trial.comparison.canary.requests == HOPELESS
    assert served_version(server.root, "m", "canary") is None


def test_a_canary_that_answers_nonsense_is_withdrawn(server: FakeServer) -> None:
    def cut(answer: Any) -> bytes:
        if answer.DESCRIPTOR.name == "PredictResponse" and answer.model_spec.version.value == 3:
            answer.outputs["score"].tensor_content = b"abc"
        return bytes(answer.SerializeToString())

    server.sent = cut
    with pytest.raises(CanaryWithdrawnError, match="3 bytes for a tensor of 1 values"):
        watch(server).run(LONG)
    assert served_version(server.root, "m", "canary") is None


def test_a_slow_canary_is_withdrawn(server: FakeServer) -> None:
    server.delay = {3: 0.1}
    with pytest.raises(CanaryWithdrawnError, match="stable's"):
        watch(server).run(LONG)
    assert served_version(server.root, "m", "canary") is None


def test_a_canary_that_fails_where_stable_does_stays(server: FakeServer) -> None:
    server.failing = {2, 3}
    comparison = watch(server).run(5.0)
    assert comparison.canary.failed == comparison.canary.requests >= ENOUGH
    assert served_version(server.root, "m", "canary") == 3


def test_a_watch_ends_when_somebody_moves_the_label(server: FakeServer) -> None:
    def withdraw(comparison: CanaryComparison) -> None:
        if comparison.canary.requests == 5:
            rollout(server).withdraw("m")

    assert "not canary any more" in watch(server).run(LONG, withdraw).verdict


def test_a_withdrawal_waits_for_the_rollout_that_is_in_the_way(server: FakeServer) -> None:
    server.failing = {3}
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(server.root, "promote"):
            held.set()
            free.wait()

    def free_when_worse(comparison: CanaryComparison) -> None:
        if comparison.worse(CanaryLimits()):
            threading.Timer(1.0, free.set).start()

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    with pytest.raises(CanaryWithdrawnError):
        watch(server).run(LONG, free_when_worse)
    other.join()


def test_a_canary_that_translates_worse_is_withdrawn_with_its_worst_sentences(server: FakeServer) -> None:
    """It answers everything, and as quickly as stable."""
    german = {f"the house number {n} is old": f"das Haus Nummer {n} ist alt" for n in range(60)}
    server.translate = {2: german.__getitem__, 3: lambda source: f"ein Hund {source[-6:]} {source[17:19]}"}
    trial = Watch(rollout(server), "m", 3, [JudgedSentence(*pair) for pair in german.items()])
    with pytest.raises(CanaryWithdrawnError, match=r"stable's 100\.0: 'the house number .* became 'ein Hund"):
        trial.run(LONG)
    assert served_version(server.root, "m", "canary") is None
    assert "chrF" in history.changes(server.root, "m")[-1].why


def test_too_few_comparisons_are_no_all_clear(server: FakeServer) -> None:
    with pytest.raises(UnreachableError, match="3 stays canary"):
        watch(server).run(0.01)


def test_the_command_says_it_with_its_exit_code(server: FakeServer, tmp_path: Path) -> None:
    file = tmp_path / "traffic"
    file.write_text("eins\n\nzwei\n")
    common = ["--model-root", server.root, "--replica", server.address]
    watched = ["--watch", "8s", "--sentences", file, "--max-latency-ratio", 50]
    stays = dragoman("canary", "m", 3, *common, *watched)
    assert stays.returncode == 0, stays.stderr.decode()
    assert b"no worse than stable" in stays.stderr
    server.failing = {3}
    gone = dragoman("canary", "m", 3, *common, *watched, "--json")
    assert gone.returncode == 9
    assert b"no canary any more" in gone.stderr
    report = json.loads(gone.stdout)
    assert report["watch"]["canary"]["failed"] == HOPELESS
    assert "broken" in report["watch"]["verdict"]
    again = dragoman("canary", "m", "none", *common)
    assert again.returncode == 8
    for wrong in (["canary", "m", 3, *common, "--watch", "soon", "--sentences", file], ["canary", "m", "x"]):
        assert dragoman(*wrong).returncode == 2


def test_the_command_judges_translations_against_references(server: FakeServer, tmp_path: Path) -> None:
    file = tmp_path / "traffic"
    file.write_text("".join(f"Satz {n} ist da\tSENTENCE {n} IS THERE\n" for n in range(5)))
    server.translate = {
        2: lambda source: f"SENTENCE {source.split()[1]} IS THERE",
        3: lambda source: f"NO {source.split()[1]} ENTENC",
    }
    common = ["--model-root", server.root, "--replica", server.address]
    gone = dragoman("canary", "m", 3, *common, "--watch", "1m", "--sentences", file, "--json")
    assert gone.returncode == 9, gone.stderr.decode()
    assert b"'Satz 0 ist da' became" in gone.stderr
    translations = json.loads(gone.stdout)["watch"]["translations"]
    assert translations["with_reference"] == translations["sentences"] == 5
    assert translations["chrf"]["stable"] == 100
    assert translations["chrf"]["canary"] < 60
    lenient = ["--max-quality-drop", 100, "--max-length-change", 1, "--max-latency-ratio", 50]
    kept = dragoman("canary", "m", 3, *common, "--watch", "8s", "--sentences", file, *lenient)
    assert kept.returncode == 0, kept.stderr.decode()
    assert b"against 5 references" in kept.stderr


def test_without_what_compares_translations_nothing_is_changed(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "found = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *rest: None if name == 'sacrebleu' else found(name, *rest)\n"
    )
    (tmp_path / "traffic").write_text("a\n")
    rollout(server).withdraw("m")
    arguments = ("canary", "m", 3, "--model-root", server.root, "--replica", server.address)
    watched = ("--watch", "1m", "--sentences", tmp_path / "traffic")
    done = dragoman(*arguments, *watched, environment={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert b"pip install '.[watch]' in Dragoman's checkout" in done.stderr
    assert served_version(server.root, "m", "canary") is None


def test_limits_by_hand() -> None:
    def compared(stable: list[tuple[float, str]], canary: list[tuple[float, str]]) -> str:
        comparison = CanaryComparison()
        for answer in stable:
            comparison.stable.add(*answer)
        for answer in canary:
            comparison.canary.add(*answer)
        return comparison.worse(CanaryLimits(error_increase=0.1, latency_ratio=2.0))

    good, slow, bad = (0.1, ""), (0.25, ""), (0.1, "broken")
    assert compared([good] * 49, [good] + [bad] * 48) == ""  # too few
    assert compared([good] * 4, [bad] * 4) == ""
    assert "100.0%" in compared([good] * 5, [bad] * 5)
    assert compared([good] * 4 + [bad], [bad] * 5) == ""
    assert compared([good] * 100, [good] * 90 + [bad] * 10) == ""
    assert compared([good] * 50, [good] * 49 + [bad]) == ""
    assert "11.0%" in compared([good] * 100, [good] * 89 + [bad] * 11)
    assert compared([good] * 95 + [bad] * 5, [good] * 85 + [bad] * 15) == ""
    assert "250 ms" in compared([good] * 100, [good] * 80 + [slow] * 20)
    assert compared([good] * 100, [good] * 95 + [slow] * 5) == ""
    assert compared([(0.001, "")] * 100, [(0.01, "")] * 100) == ""  # ten times, and nobody notices
    # A canary that went bad late is judged by its latest requests, not by its good old days.
    assert "broken" in compared([good] * 1000, [good] * 960 + [bad] * 40)
