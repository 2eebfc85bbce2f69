"""Which versions are served: policies, polling, transitions, versions that are broken, warm-up."""

from __future__ import annotations

import itertools
import shutil
import threading
from pathlib import Path

import grpc
import pytest

from tests.contract.conftest import SERVED, Fleet
from tests.contract.server import State, spec, wait_for
from tests.contract.test_predict import TEXT, refusal
from tests.contract.toys import warmup_records

NOT_FOUND, DATA_LOSS, OUT_OF_RANGE = 5, 15, 11


def push(fleet: Fleet, name: str, *numbers: int) -> None:
    for number in numbers:
        fleet.versions.push(fleet.path(name), number)


def test_the_latest_version_without_a_policy(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2)
    (fleet.path(model) / "latest").mkdir()
    fleet.set(model)
    assert set(fleet.client.states(model)) == {2}
    assert fleet.client.reply(spec(model)) == "v2:x"


def test_a_new_version_takes_the_place_of_the_old_one(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model)
    push(fleet, model, 2)
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    ended = fleet.client.wait_for_state(model, 1, State.END)
    assert ended.status.error_code == 0
    assert fleet.client.reply(spec(model)) == "v2:x"
    assert refusal(fleet.client.ask, spec(model, version=1), TEXT) == (
        grpc.StatusCode.NOT_FOUND,
        f"Servable not found for request: Specific({model}, 1)",
    )


def test_the_latest_two(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2, 3)
    fleet.set(model, latest=2)
    for version in (2, 3):
        fleet.client.wait_for_state(model, version, State.AVAILABLE)
    assert set(fleet.client.states(model)) == {2, 3}


def test_all_versions(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2, 3)
    fleet.set(model, every=True)
    for version in (1, 2, 3):
        fleet.client.wait_for_state(model, version, State.AVAILABLE)
        assert fleet.client.reply(spec(model, version=version)) == f"v{version}:x"
    assert fleet.client.reply(spec(model)) == "v3:x"


def test_specific_versions(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2, 3)
    fleet.set(model, versions=[1, 2])
    for version in (1, 2):
        fleet.client.wait_for_state(model, version, State.AVAILABLE)
    assert set(fleet.client.states(model)) == {1, 2}
    fleet.set(model, versions=[2, 3])
    fleet.client.wait_for_state(model, 3, State.AVAILABLE)
    fleet.client.wait_for_state(model, 1, State.END)


def test_a_specific_version_is_taken_when_it_comes(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model, versions=[1, 5])
    push(fleet, model, 5)
    fleet.client.wait_for_state(model, 5, State.AVAILABLE)
    assert fleet.client.reply(spec(model, version=1)) == "v1:x"


def test_a_version_unloaded_can_come_back(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2)
    fleet.set(model, versions=[1, 2])
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    fleet.client.wait_for_state(model, 1, State.AVAILABLE)
    fleet.set(model, versions=[2])
    fleet.client.wait_for_state(model, 1, State.END)
    fleet.set(model, versions=[1, 2])
    fleet.client.wait_for_state(model, 1, State.AVAILABLE)
    assert fleet.client.reply(spec(model, version=1)) == "v1:x"


def test_a_version_wanted_again_while_it_is_unloaded_comes_back(fleet: Fleet, model: str) -> None:
    """A rollback that is followed at once by the promotion; a request holds the version meanwhile."""
    push(fleet, model, 1, 2)
    fleet.set(model, versions=[1, 2])
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    running = fleet.client.ask_later(spec(model, version=2, signature="sleep"), {"seconds": [1.0]})
    # Sent on the same connection afterwards: the first one has arrived when this is answered.
    assert fleet.client.reply(spec(model, version=2)) == "v2:x"
    fleet.set(model, versions=[1])
    wait_for(lambda: fleet.client.state(model, 2) != State.AVAILABLE, "version 2 on its way out")
    fleet.set(model, versions=[1, 2])
    assert running.result().model_spec.version.value == 2
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    assert fleet.client.reply(spec(model, version=2)) == "v2:x"


def test_a_directory_is_a_version_by_its_number(fleet: Fleet, model: str) -> None:
    """`001` and `1` are the same; names that are no int64 are not looked at."""
    fleet.versions.push(fleet.path(model), 3, name="003")
    for name in ("9e3", "v4", "+8", "99999999999999999999", "5.0", ".6"):
        fleet.versions.push(fleet.path(model), 1, name=name)
    fleet.set(model, every=True)
    assert set(fleet.client.states(model)) == {3}
    assert fleet.client.reply(spec(model, version=3)) == "v3:x"


def test_a_model_taken_out_is_unloaded(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model)
    fleet.remove(model)
    fleet.client.wait_for_state(model, 1, State.END)
    assert refusal(fleet.client.ask, spec(model), TEXT) == (
        grpc.StatusCode.NOT_FOUND,
        f"Servable not found for request: Latest({model})",
    )
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_a_version_deleted_leaves_the_other_serving(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1, 2)
    fleet.set(model, every=True)
    for version in (1, 2):
        fleet.client.wait_for_state(model, version, State.AVAILABLE)
    shutil.rmtree(fleet.path(model) / "2")
    fleet.client.wait_for_state(model, 2, State.END)
    assert fleet.client.reply(spec(model)) == "v1:x"


def test_broken_versions_end_with_a_code_while_another_serves(fleet: Fleet, model: str) -> None:
    path = fleet.path(model)
    push(fleet, model, 1)
    fleet.set(model, every=True)
    (path / "2").mkdir()
    fleet.versions.push_garbage(path, 3)
    fleet.versions.push_truncated(path, 4)
    for version, code in ((2, NOT_FOUND), (3, DATA_LOSS), (4, OUT_OF_RANGE)):
        status = fleet.client.wait_for_state(model, version, State.END).status
        assert (version, status.error_code) == (version, code)
        assert status.error_message
        assert fleet.client.reply(spec(model)) == "v1:x"
    # Filled in afterwards, it is not tried again: a version is judged once. The next version shows that the
    # directory was read since.
    shutil.copytree(fleet.versions.template(2), path / "2", dirs_exist_ok=True)
    push(fleet, model, 5)
    fleet.client.wait_for_state(model, 5, State.AVAILABLE)
    assert fleet.client.state(model, 2) == State.END


def test_a_broken_newest_version_does_not_push_the_good_one_out(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model)
    (fleet.path(model) / "2").mkdir()
    fleet.client.wait_for_state(model, 2, State.END)
    assert fleet.client.reply(spec(model)) == "v1:x"
    assert fleet.client.state(model, 1) == State.AVAILABLE


def test_a_version_without_its_variables_loads_and_cannot_answer(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model, every=True)
    fleet.versions.push_without_variables(fleet.path(model), 2)
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    refusal(fleet.client.ask, spec(model, version=2), TEXT)
    assert fleet.client.reply(spec(model, version=1)) == "v1:x"


def test_a_new_model_that_cannot_be_loaded_is_reported(fleet: Fleet, model: str) -> None:
    (fleet.path(model) / "1").mkdir(parents=True)
    with pytest.raises(grpc.RpcError):
        fleet.set(model)
    assert fleet.client.state(model, 1) == State.END
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_warm_up_records_that_succeed(fleet: Fleet, model: str, tmp_path: Path) -> None:
    fleet.versions.push(fleet.path(model), 1, warmup=warmup_records(tmp_path, "7", "number", count=1000))
    fleet.set(model)
    assert fleet.client.reply(spec(model)) == "v1:x"


@pytest.mark.parametrize("case", ["a record that fails", "too many records", "no TFRecord"])
def test_warm_up_that_fails_ends_the_version(fleet: Fleet, model: str, tmp_path: Path, case: str) -> None:
    content = {
        "a record that fails": lambda: warmup_records(tmp_path, "seven", "number"),
        "too many records": lambda: warmup_records(tmp_path, "7", "number", count=1001),
        "no TFRecord": lambda: b"This is a text file, and not a short one.\n" * 4,
    }[case]()
    push(fleet, model, 1)
    fleet.set(model, every=True)
    fleet.versions.push(fleet.path(model), 2, warmup=content)
    assert fleet.client.wait_for_state(model, 2, State.END).status.error_code != 0
    assert fleet.client.reply(spec(model)) == "v1:x"


def test_no_request_fails_while_versions_change(fleet: Fleet, model: str) -> None:
    """Seven flips under eight callers of the latest version: each answer is from a pushed version."""
    push(fleet, model, 1)
    fleet.set(model)
    done = threading.Event()
    answers: list[set[str]] = [set() for _ in range(8)]
    failures: list[BaseException] = []

    def ask(mine: set[str]) -> None:
        for number in itertools.count():
            if done.is_set():
                return
            try:
                mine.add(fleet.client.reply(spec(model), str(number)).split(":")[0])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in answers]
    for thread in threads:
        thread.start()
    try:
        for version in range(2, 9):
            push(fleet, model, version)
            fleet.client.wait_for_state(model, version, State.AVAILABLE)
            fleet.client.wait_for_state(model, version - 1, State.END)
        wait_for(lambda: "v8" in set.union(*answers), "an answer of the last version")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set.union(*answers) <= {f"v{version}" for version in range(1, 9)}


def test_a_request_that_runs_outlives_its_version(fleet: Fleet, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model)
    running = fleet.client.ask_later(spec(model, version=1, signature="sleep"), {"seconds": [4.0]})
    # Sent on the same connection afterwards, so that the first one has arrived when this is answered.
    assert fleet.client.reply(spec(model)) == "v1:x"
    push(fleet, model, 2)
    fleet.client.wait_for_state(model, 2, State.AVAILABLE)
    assert fleet.client.reply(spec(model)) == "v2:x"
    assert running.result().model_spec.version.value == 1
    fleet.client.wait_for_state(model, 1, State.END)
