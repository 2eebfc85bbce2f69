"""Clients that name neither label nor version get the newest loaded version: rollouts reach them, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving import model_config
from serving.client import Client
from serving.errors import RequestError, RolloutRefusedError, UnreachableError
from serving.rollout import Rollout, history, plan, served_version
from serving.rollout.quality import JudgedSentence
from serving.rollout.watch import Watch
from tests.serving.conftest import Live, dragoman
from tests.serving.fake_server import FakeServer, push


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[FakeServer]]:
    """Versions 1 to 3 on disk; 1 was stable, 2 is."""
    for version in (1, 2, 3):
        push(tmp_path, version)
    servers = [FakeServer(tmp_path), FakeServer(tmp_path)]
    rollout(servers).promote("m", 1)
    rollout(servers).promote("m", 2)
    yield servers
    for server in servers:
        server.stop()


def rollout(servers: list[FakeServer], **options: Any) -> Rollout:
    return Rollout(servers[0].root, [server.address for server in servers], **{"timeout": 30, **options})


def served(server: FakeServer, label: str | None = None, version: int | None = None) -> int:
    with Client(server.address, model="m", label=label, version=version) as client:
        return client.served_version()


def listed(root: Path) -> list[int]:
    return plan.listed(model_config.find_model(model_config.read(root), "m"))


def test_after_a_rollback_nothing_newer_than_stable_is_loaded(two: list[FakeServer]) -> None:
    outcome = rollout(two).rollback("m")
    assert [served(server) for server in two] == [1, 1]
    assert [server.follow() for server in two] == [{1}, {1}]
    assert (outcome.newest, outcome.unloaded) == (1, (2,))
    assert sorted(outcome.unlabelled) == sorted(outcome.followed) == sorted(server.address for server in two)
    assert max(outcome.unlabelled.values()) >= outcome.seconds > 0
    # Promoting it again loads it.
    assert rollout(two).promote("m", 2).unlabelled.keys() == outcome.unlabelled.keys()
    assert [served(server) for server in two] == [2, 2]
    assert not [error for server in two for error in server.label_errors]


def test_the_label_moves_everywhere_before_anything_is_unloaded(
    two: list[FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[list[int], int]] = []
    write = model_config.write

    def seen(root: Path, config: Any) -> None:
        part = model_config.find_model(config, "m")
        assert part is not None
        if part.version_labels["stable"] == 1 and plan.listed(part) == [1]:
            assert [served(server, "stable") for server in two] == [1, 1]
        written.append((plan.listed(part), part.version_labels["stable"]))
        write(root, config)

    monkeypatch.setattr(model_config, "write", seen)
    rollout(two).rollback("m")
    assert written == [([1, 2], 1), ([1], 1)]


def test_what_is_kept_loaded_is_said_to_go_to_them(two: list[FakeServer]) -> None:
    outcome = rollout(two, keep_loaded=True).rollback("m")
    assert (outcome.to, outcome.newest, outcome.unloaded) == (1, 2, ())
    assert (served(two[0], "stable"), served(two[0]), served(two[0], version=2)) == (1, 2, 2)
    # It is no rollback that was cut short.
    with pytest.raises(RolloutRefusedError, match="was stable before 1"):
        rollout(two).rollback("m")


def test_a_promotion_to_an_older_version_reaches_them_too(two: list[FakeServer]) -> None:
    assert rollout(two).promote("m", 1).unloaded == (2,)
    assert [served(server) for server in two] == [1, 1]
    assert rollout(two).rollback("m").to == 2
    assert [served(server) for server in two] == [2, 2]


def test_a_promotion_that_failed_half_way_leaves_them_where_they_were(two: list[FakeServer]) -> None:
    two[1].refused = {3}
    with pytest.raises(RolloutRefusedError, match=r"cannot load version 3.*without a label had 2 again"):
        rollout(two).promote("m", 3)
    assert [served(server) for server in two] == [2, 2]


def test_what_a_killed_promotion_had_loaded_goes_with_the_next_change(two: list[FakeServer]) -> None:
    def leave_half() -> None:  # as a kill does between the two steps
        config = model_config.read(two[0].root)
        model_config.write(two[0].root, plan.load(config, two[0].root / "m", "m", [3]))
        assert served(two[0]) == 3

    leave_half()
    rollout(two).promote("m", 2)
    assert [served(server) for server in two] == [2, 2]
    leave_half()
    two[1].refused = {3}
    with pytest.raises(RolloutRefusedError, match="cannot load version 3"):
        rollout(two).promote("m", 3)
    assert listed(two[0].root) == [1, 2]
    two[1].refused = set()
    leave_half()
    assert rollout(two).rollback("m").unloaded == (2, 3)
    assert [served(server) for server in two] == [1, 1]


def test_a_rollback_that_was_cut_short_is_completed_by_the_same_command(
    two: list[FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout(two).promote("m", 3)
    write = model_config.write

    def killed(root: Path, config: Any) -> None:
        if plan.listed(model_config.find_model(config, "m")) == [1, 2]:
            raise KeyboardInterrupt
        write(root, config)

    with monkeypatch.context() as patched:
        patched.setattr(model_config, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            rollout(two).rollback("m")
    assert (served(two[0], "stable"), served(two[0])) == (2, 3)
    outcome = rollout(two).rollback("m")
    assert (outcome.before, outcome.to, outcome.unloaded) == (2, 2, (3,))
    assert served(two[0]) == 2
    assert rollout(two).rollback("m").to == 1


def test_a_replica_that_is_down_and_servers_that_do_not_run_find_it_in_the_file(
    two: list[FakeServer],
) -> None:
    two[1].stop()
    outcome = rollout(two).rollback("m")
    assert (list(outcome.behind), list(outcome.unlabelled)) == ([two[1].address], [two[0].address])
    assert listed(two[0].root) == [1]
    rollout(two[:1]).promote("m", 2)
    assert Rollout(two[0].root).rollback("m").unloaded == (2,)
    assert listed(two[0].root) == [1]


def test_one_that_has_not_followed_at_all_is_left_for_the_next_try(two: list[FakeServer]) -> None:
    for server in two:
        server.frozen = True
    with pytest.raises(UnreachableError, match="stands in models"):
        rollout(two, timeout=0.3).rollback("m")
    assert listed(two[0].root) == [1, 2]  # Nobody's label has moved: nothing is unloaded yet.
    for server in two:
        server.frozen = False
    assert rollout(two).rollback("m").to == 1
    assert served(two[0]) == 1


def test_a_rollback_ends_the_trial_of_what_is_newer(two: list[FakeServer]) -> None:
    rollout(two).canary("m", 3)
    assert rollout(two).rollback("m").unloaded == (2, 3)
    assert served_version(two[0].root, "m", "canary") is None
    assert [served(server) for server in two] == [1, 1]
    assert [change.action for change in history.changes(two[0].root, "m")][-2:] == ["withdraw", "rollback"]


def test_the_command_says_who_gets_what(two: list[FakeServer]) -> None:
    common = ["--model-root", two[0].root, "--replica", two[0].address, "--replica", two[1].address]
    canary = dragoman("canary", "m", 3, *common).stderr.decode()
    assert "clients that name neither label nor version get 3, all of them" in canary
    assert "dragoman canary m 3 --apart" in canary
    shown = dragoman("versions", two[0].root, "--replica", two[0].address)
    assert "clients that name no label get m 3, newer than stable" in shown.stderr.decode()
    back = dragoman("rollback", "m", *common).stderr.decode()
    assert "rollback m: 2 → 1 in " in back
    assert "clients that name no label get 1, from the last replica after " in back
    assert "who asks for it by number gets NOT_FOUND (`dragoman promote m 2` loads it again" in back
    forward = json.loads(dragoman("promote", "m", 2, *common, "--json").stdout)
    assert (forward["newest"], len(forward["unlabelled"])) == (2, 2)
    kept = dragoman("rollback", "m", "--keep-loaded", *common).stderr.decode()
    assert "warning: clients that name neither label nor version get 2, which stays loaded" in kept


def test_a_canary_apart_reaches_only_those_who_ask_for_it(live: Live, model: str) -> None:
    outcome = live.rollout().canary(model, 3, apart=True)
    name = f"{model}-canary"
    assert (outcome.servable, outcome.newest) == (name, 1)

    def answer(**asked: Any) -> str:
        with Client(live.address, **{"model": model, **asked}) as client:
            return client.translate(["x"])[0].text

    assert (answer(label=None), answer(), answer(model=name, label="canary")) == ("v1:x", "v1:x", "v3:x")
    assert answer(canary_share=1.0, canary_model=name) == "v3:x"
    assert served_version(live.root, model, "canary") == 3
    watch = Watch(live.rollout(), model, 3, [JudgedSentence("A sentence of which both say nearly the same.")])
    with pytest.raises(UnreachableError, match="3 stays canary; watch longer"):
        watch.run(0.1)
    [pair] = watch.comparison.quality.pairs.values()
    assert (pair.stable[:3], pair.canary[:3]) == ("v1:", "v3:")
    with pytest.raises(RolloutRefusedError, match="is canary: move the label"):
        live.rollout().retire(model, 3)
    with pytest.raises(RolloutRefusedError, match=f"under the servable name {name}: end that trial first"):
        live.rollout().canary(model, 3)
    assert live.rollout().withdraw(model).servable == name
    assert answer(canary_share=1.0, canary_model=name) == "v1:x"
    with pytest.raises(RequestError):
        answer(model=name, label="canary")
    live.rollout().promote(model, 2)
    live.rollout().canary(model, 2, apart=True)
    live.rollout().rollback(model)
    # The version rolled back from is nobody's any more; and by its number it is loaded again.
    assert served_version(live.root, model, "canary") is None
    assert answer(label=None) == "v1:x"
    with pytest.raises(RequestError, match="NOT_FOUND"):
        answer(label=None, version=2)
    live.rollout().promote(model, 2)
    assert answer(label=None, version=2) == "v2:x"
