"""Calls of `dragoman.translation.v1`, and what comes of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from serving.wire import translation_pb2 as wire

Code = grpc.StatusCode


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def request_of(texts: str | Sequence[str] = "hello", **options: Any) -> wire.TranslateRequest:
    return wire.TranslateRequest(
        texts=[texts] if isinstance(texts, str) else texts,
        options=wire.Options(**{"target": "de", "source": "en", **options}),
    )


def refusal_of(call: Callable[[], Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value


def part_of(texts: Sequence[str], **options: Any) -> wire.TranslateDocumentRequest:
    if not options:
        return wire.TranslateDocumentRequest(texts=texts)
    return wire.TranslateDocumentRequest(texts=texts, options=wire.Options(**options))


def details_of(error: grpc.RpcError) -> dict[str, Any]:
    """What a client's library reads of an error, by name."""
    status = rpc_status.from_call(error)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    details = {}
    for packed in status.details:
        name = packed.TypeName().rpartition(".")[2]
        details[name] = getattr(error_details_pb2, name)()
        packed.Unpack(details[name])
    return details
