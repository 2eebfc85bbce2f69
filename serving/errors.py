"""What can go wrong between a client, the model servers and the model root; messages name cause and cure."""


class ServingError(Exception):
    """Base of all errors of this package."""


class UnreachableError(ServingError):
    """No model server answers at the address, or it stopped answering within the deadline."""


class RequestError(ServingError):
    """The model server refused the request: unknown model, version, label or signature, bad input."""


class RolloutRefusedError(ServingError):
    """The change would leave users without a working version, or the model root cannot be read or written: it
    was not made."""


class CanaryWithdrawnError(ServingError):
    """A watched canary was worse than stable, and its label was taken away."""


class RolloutConflictError(ServingError):
    """Another rollout is in progress on the same model root."""


class BackendError(ServingError):
    """A model server could not be started."""
