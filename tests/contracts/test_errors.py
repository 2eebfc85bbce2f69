"""Errors of ours say their exit code, and are recognised in the text that another process hands over."""

from __future__ import annotations

import traceback

import pytest

import pipeline.errors
import serving.errors
import trainer.errors
from contracts.errors import DataError, DragomanError, ExitCode, as_line, from_text
from contracts.kinds import KindError


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


def test_an_error_is_found_in_a_traceback_and_in_its_own_line() -> None:
    diverged = trainer.errors.TrainingDivergedError("the loss is nan")
    shown = "".join(traceback.format_exception(type(diverged), diverged, None))
    assert repr(from_text(f"Traceback:\n  File x\n{shown}")) == repr(diverged)
    several = as_line(DataError("one\ntwo")) + "\n" + as_line(pipeline.errors.PushError("three"))
    assert repr(from_text(several)) == "PushError('three')"
    assert repr(from_text(as_line(DataError("one\ntwo")))) == "DataError('one two')"


@pytest.mark.parametrize("text", ["", "ValueError: x", "other.errors.DataError: x", "contracts.errors.re: x"])
def test_what_is_not_ours_is_not_found(text: str) -> None:
    assert from_text(text) is None
