"""Who has no key is refused before a message comes."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.grpc.calls import Code, details_of

OURS, PREDICTION = "dragoman.translation.v1.TranslationService", "tensorflow.serving.PredictionService"


@pytest.fixture(scope="module")
def patient(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that waits an hour for messages."""
    folder, limits = tmp_path_factory.mktemp("patient"), {"body_seconds": 3600}
    settings = {"address": fake.address, "model_root": str(fake.root), "limits": limits, "grpc_port": 0}
    with started(folder, keys=True, **settings) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("path", "metadata", "code"),
    [
        (f"{OURS}/Translate", (), Code.UNAUTHENTICATED),
        (f"{OURS}/TranslateDocument", (), Code.UNAUTHENTICATED),
        (f"{OURS}/Translate", (("x-api-key", "dgm_none"),), Code.PERMISSION_DENIED),
        (f"{PREDICTION}/Predict", (), Code.UNAUTHENTICATED),
        (f"{PREDICTION}/Classify", (), Code.UNIMPLEMENTED),
    ],
)
def test_a_stranger_has_no_place_while_a_message_comes(
    patient: Gateway, path: str, metadata: tuple[tuple[str, str], ...], code: grpc.StatusCode
) -> None:
    nothing: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with grpc.insecure_channel(patient.grpc) as channel:
        call = channel.stream_stream(f"/{path}")(iter(nothing.get, None), metadata=metadata, timeout=30)
        assert call.code() is code
        if code is not Code.UNIMPLEMENTED:
            assert details_of(call)["ErrorInfo"].reason.startswith("KEY_")
        nothing.put(None)


def test_what_is_there_is_told_to_anybody(patient: Gateway) -> None:
    with grpc.insecure_channel(patient.grpc) as channel:
        assert channel.unary_unary(f"/{OURS}/Languages")(b"", timeout=30)
