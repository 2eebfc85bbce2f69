"""What can go wrong between a client, the model servers and the model root; messages name cause and cure."""

from __future__ import annotations

from contracts.errors import DragomanError, ExitCode


class ServingError(DragomanError):
    """Base of all errors of this package."""


class UnreachableError(ServingError):
    """No model server answers at the address, or it stopped answering within the deadline."""

    exit_code = ExitCode.UNREACHABLE


class RequestError(ServingError):
    """The model server refused the request: unknown model, version, label or signature, bad input."""

    exit_code = ExitCode.REQUEST_REFUSED


class NoSignatureError(RequestError):
    """The version that answered does not have the signature that was asked for."""


class TlsError(ServingError):
    """A certificate or a key cannot be used."""

    exit_code = ExitCode.CONFIGURATION


class RolloutRefusedError(ServingError):
    """The change would leave users without a working version, or the model root cannot be read or written: it
    was not made."""

    exit_code = ExitCode.ROLLOUT_REFUSED


class CanaryWithdrawnError(ServingError):
    """A watched canary was worse than stable, and its label was taken away."""

    exit_code = ExitCode.CANARY_WITHDRAWN


class RolloutConflictError(ServingError):
    """Another rollout is in progress on the same model root."""

    exit_code = ExitCode.ROLLOUT_REFUSED


class BackendError(ServingError):
    """A model server could not be started."""
