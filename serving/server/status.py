"""A refusal with a canonical status code, as gRPC, REST and the states of versions report it."""

from __future__ import annotations

import errno

import grpc
import tensorflow as tf

_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}

# HTTP codes as TensorFlow Serving maps them; anything else is a 500.
_HTTP = {
    grpc.StatusCode.OK: 200,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}


class StatusError(Exception):
    """An operation that ended with a status other than OK."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def number(self) -> int:
        """The code as google.rpc.Code counts."""
        return int(self.code.value[0])

    @property
    def http(self) -> int:
        return _HTTP.get(self.code, 500)


def invalid(message: str) -> StatusError:
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, message)


def from_exception(error: BaseException) -> StatusError:
    """The status that TensorFlow Serving would give for the same failure."""
    if isinstance(error, StatusError):
        return error
    if isinstance(error, tf.errors.OpError):
        code = _BY_NUMBER.get(error.error_code, grpc.StatusCode.UNKNOWN)
        return StatusError(code, error.message)
    if isinstance(error, OSError):
        code = grpc.StatusCode.NOT_FOUND if error.errno == errno.ENOENT else grpc.StatusCode.UNKNOWN
        return StatusError(code, str(error))
    if isinstance(error, MemoryError):
        return StatusError(grpc.StatusCode.RESOURCE_EXHAUSTED, "out of memory")
    if isinstance(error, (TypeError, ValueError)):
        return invalid(str(error))
    return StatusError(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")
