"""Errors of ours say their exit code, and are recognised in the text that another process hands over."""

from __future__ import annotations

import ast
import traceback

import pytest

import pipeline.errors
import serving.errors
import trainer.errors
from contracts.errors import DataError, DragomanError, ExitCode, as_json, from_json, from_traceback
from contracts.kinds import KindError
from tests.test_house import ROOMS, ROOT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KindError, ExitCode.CONFIGURATION),
        (pipeline.errors.ConfigurationError, ExitCode.CONFIGURATION),
        (trainer.errors.ConfigurationError, ExitCode.CONFIGURATION),
        (pipeline.errors.DataError, ExitCode.DATA),
        (trainer.errors.VocabularyTooLargeError, ExitCode.DATA),
        (pipeline.errors.GateRefusedError, ExitCode.GATE_REFUSED),
        (pipeline.errors.WorkspaceBusyError, ExitCode.BUSY),
        (pipeline.errors.LeaseLostError, ExitCode.BUSY),
        (pipeline.errors.PushError, ExitCode.FAILED),
        (trainer.errors.TrainingDivergedError, ExitCode.FAILED),
        (serving.errors.UnreachableError, ExitCode.UNREACHABLE),
        (serving.errors.RequestError, ExitCode.REQUEST_REFUSED),
        (serving.errors.RolloutRefusedError, ExitCode.ROLLOUT_REFUSED),
        (serving.errors.RolloutConflictError, ExitCode.ROLLOUT_REFUSED),
        (serving.errors.CanaryWithdrawnError, ExitCode.CANARY_WITHDRAWN),
        (serving.errors.BackendError, ExitCode.FAILED),
    ],
)
def test_every_error_has_its_exit_code(error: type[DragomanError], code: ExitCode) -> None:
    assert error("why").exit_code is code


def test_what_another_process_tells_is_the_same_error() -> None:
    assert repr(from_json(as_json(DataError("one\ntwo")))) == "DataError('one two')"
    assert repr(from_json(as_json(pipeline.errors.PushError('"three"')))) == "PushError('\"three\"')"
    unknown = as_json(DataError("four")).replace("DataError", "OfAnExtensionError")
    assert repr(from_json(unknown)) == "DragomanError('four')"


@pytest.mark.parametrize("line", ["", "7", "[]", '{"error": "DataError"}', "contracts.errors.DataError: x"])
def test_what_another_process_says_beside_it_is_no_error(line: str) -> None:
    assert from_json(line) is None


def test_an_error_is_found_in_a_traceback() -> None:
    diverged = trainer.errors.TrainingDivergedError("the loss is nan")
    shown = "".join(traceback.format_exception(type(diverged), diverged, None))
    assert repr(from_traceback(f"Traceback:\n  File x\n{shown}")) == repr(diverged)
    assert (
        repr(from_traceback("contracts.errors.DataError: 1\npipeline.errors.PushError: 2"))
        == "PushError('2')"
    )
    # By its kind, wherever in its room it stands.
    assert repr(from_traceback("pipeline.steps.push.PushError: 3")) == "PushError('3')"


@pytest.mark.parametrize("text", ["", "ValueError: x", "other.errors.DataError: x", "contracts.errors.re: x"])
def test_what_is_not_ours_is_not_found(text: str) -> None:
    assert from_traceback(text) is None


@pytest.mark.parametrize("base", [DragomanError, DataError])
def test_an_error_of_an_extension_takes_the_place_of_none_of_ours(base: type[DragomanError]) -> None:
    package = f"theirs_{base.__name__}"  # A class lives on after its test.
    theirs = type("PushError", (base,), {"__module__": f"{package}.errors"})
    ours = pipeline.errors.PushError
    assert type(from_json(as_json(ours("x")))) is ours
    assert type(from_json(as_json(theirs("x")))) is theirs
    assert type(from_traceback("pipeline.errors.PushError: x")) is ours
    assert type(from_traceback(f"{package}.errors.PushError: x")) is theirs


def test_no_two_kinds_of_errors_have_one_word() -> None:
    names = [
        node.name
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    ]
    assert len(set(names)) == len(names) > 20
