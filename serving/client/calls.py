"""How a call is made: channel options, retries with backoff, errors in our words."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import grpc
import tenacity

from serving.client.codec import Target
from serving.errors import RequestError, ServingError, UnreachableError

CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.keepalive_time_ms", 60_000),
    # The calls below retry; two layers of retries would multiply.
    ("grpc.enable_retries", 0),
)
_RETRIED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
_BATCH_BYTES = 1 << 20
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 5.0


@dataclass(frozen=True)
class CallOptions:
    """How requests are cut and how long an answer may take."""

    deadline: float = 60.0
    """Seconds for one request, retries included."""
    batch_size: int = 32
    """Rows in a request, at most."""
    in_flight: int = 4
    """Requests on the way at the same time."""


def retry_policy(deadline: float) -> dict[str, object]:
    """tenacity's arguments: exponential backoff with jitter on UNAVAILABLE, until the deadline is near."""
    return {
        "retry": tenacity.retry_if_exception(is_passing),
        "wait": tenacity.wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS),
        "stop": tenacity.stop_before_delay(deadline),
        "reraise": True,
    }


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    return isinstance(error, grpc.RpcError) and error.code() in _RETRIED


class Deadline:
    """The time that is left of a deadline, for each attempt."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, at least a thousandth."""
        return max(0.001, self._end - time.monotonic())


def raise_ours(error: grpc.RpcError, address: str, target: Target | None) -> NoReturn:
    """A failed call as one of our errors, cause and cure in its message."""
    raise _ours(error, address, target) from error


def _ours(error: grpc.RpcError, address: str, target: Target | None) -> ServingError:
    code, details = error.code(), error.details()
    if code in _RETRIED:
        return UnreachableError(
            f"no model server answers at {address} ({details}): start one with `dragoman serve`, or name another "
            "with --address"
        )
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return UnreachableError(
            f"{address} did not answer before the deadline: raise --deadline, or send fewer rows with --batch-size"
        )
    hint = ""
    if target is not None and code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
        hint = "; `dragoman versions` shows the models, versions and labels that are served"
    return RequestError(f"{address} refused the request: {details} ({code.name}){hint}")


def batches(sources: Iterable[str], batch_size: int) -> Iterator[list[str]]:
    """Consecutive rows, at most `batch_size` of them and about a megabyte."""
    batch: list[str] = []
    size = 0
    for source in sources:
        if batch and (len(batch) >= batch_size or size + len(source) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += len(source)
    if batch:
        yield batch
