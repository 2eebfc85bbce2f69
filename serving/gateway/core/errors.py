"""Why a request gets no translation; each interface says it in its own words and codes."""

from __future__ import annotations

import enum

from contracts.errors import ConfigurationError
from serving.errors import ServingError


class Fault(enum.Enum):
    """What is wrong, as far as an interface has to tell it from other things."""

    INVALID = "invalid"
    """The request says what means nothing, or asks for what there is not."""
    UNSUPPORTED = "unsupported"
    """A part of the interface that is not served here."""
    NOT_FOUND = "not found"
    WRONG_METHOD = "wrong method"
    """The path is served, but not for this method of HTTP."""
    TOO_LARGE = "too large"
    """More texts, characters or bytes than one request may have."""
    TOO_SLOW = "too slow"
    """The request did not all come in time."""
    KEY_MISSING = "key missing"
    KEY_REFUSED = "key refused"
    """Nobody has this key, or it may not do this."""
    TOO_FAST = "too fast"
    """More characters in a minute, or documents at once, than the key may have."""
    QUOTA = "quota"
    """More characters in a month than the key has."""
    OVERLOADED = "overloaded"
    """The queue is full, or the service ends."""
    UNAVAILABLE = "unavailable"
    """No model server answers."""
    TIMEOUT = "timeout"
    """Not translated within the deadline."""
    NOT_READY = "not ready"
    """A document that is still being translated; or a change of versions that is refused as things are."""
    FAILED = "failed"
    """The model server refused what it should have taken."""


class GatewayError(ServingError):
    """A request that is answered with an error."""

    def __init__(self, fault: Fault, message: str, *, retry_after: float | None = None) -> None:
        """`retry_after`: seconds, after which the same request may pass."""
        super().__init__(message)
        self.fault = fault
        self.retry_after = retry_after

    @property
    def reason(self) -> str:
        """For the log, with what a model server said of it; messages of INVALID may quote the request."""
        return "" if self.fault is Fault.INVALID else str(self.__cause__ or self)


def unavailable(retry_after: float) -> GatewayError:
    """No model server answers; `retry_after` as of `GatewayError`."""
    return GatewayError(
        Fault.UNAVAILABLE, "no model server answers: try again later", retry_after=retry_after
    )


def unwritten() -> GatewayError:
    """The database is not there, or its disk is full."""
    return GatewayError(
        Fault.UNAVAILABLE, "the gateway's database cannot be used now: try again later", retry_after=5.0
    )


class RefusedError(Exception):
    """A model server's own refusal, for who has asked it through this gateway."""

    def __init__(self, status: str, details: str) -> None:
        """`status`: gRPC's name of it."""
        super().__init__(details)
        self.status = status


class GatewaySettingsError(ConfigurationError):
    """The gateway cannot start with what it was told."""
