"""What can stop a run; every message names the cause and the cure."""

from __future__ import annotations

from contracts.errors import ConfigurationError, DataError, DragomanError, ExitCode

__all__ = [
    "ComponentError",
    "ConfigurationError",
    "DataError",
    "GateRefusedError",
    "LeaseLostError",
    "PipelineError",
    "PushError",
    "ServingCheckError",
    "WorkspaceBusyError",
]


class PipelineError(DragomanError):
    """Base of the errors that only this package has: the run failed."""


class GateRefusedError(PipelineError):
    """The candidate was not blessed, so it was not pushed."""

    exit_code = ExitCode.GATE_REFUSED


class ServingCheckError(PipelineError):
    """A model server could not load the candidate, or answered something else than the trainer's search."""


class PushError(PipelineError):
    """The candidate could not be pushed; nothing of it is visible."""


class WorkspaceBusyError(PipelineError):
    """Another run is using the same workspace."""

    exit_code = ExitCode.BUSY


class LeaseLostError(PipelineError):
    """This run was stalled, and another has taken its workspace over."""

    exit_code = ExitCode.BUSY


class ComponentError(PipelineError):
    """A component failed for a reason that is no error of ours."""
