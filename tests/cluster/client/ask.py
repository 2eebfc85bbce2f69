"""A stock gRPC client of sixteen threads, without a line of Dragoman: `python ask.py TARGET MODEL`.

It does what docs/serving.md tells another client to do: one channel on the headless service with
`round_robin`; what ends with UNAVAILABLE, CANCELLED or RESOURCE_EXHAUSTED is sent again until the
deadline, and so are what a server that has just started has not loaded yet, and what a server that hangs has
not answered after an eighth of the deadline; a tenth of the requests tries the canary first. What it has
seen is a line of JSON each second.
"""

from __future__ import annotations

import random
import sys
import threading
import time

import grpc
import tensorflow as tf
from seen import Tally, wrong
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

THREADS = 16
DEADLINE = 30.0  # seconds for a request, its retries included
TRY = DEADLINE / 8  # seconds for one of its tries
PAUSE = 0.5  # seconds between a thread's requests: servers and client share the machine
CANARY_SHARE = 0.1
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds between two tries
RETRIED = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
NOT_LOADED = "Servable not found for request: Specific("  # the version that the label means


def main() -> None:
    """Ask until the end of the pod."""
    target, model = sys.argv[1:]
    tally = Tally()
    with grpc.insecure_channel(target, options=[("grpc.lb_policy_name", "round_robin")]) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for number in range(THREADS):
            threading.Thread(target=_ask_on, args=[stub, model, number, tally], daemon=True).start()
        tally.tell()


def _ask_on(
    stub: prediction_service_pb2_grpc.PredictionServiceStub, model: str, number: int, tally: Tally
) -> None:
    count = 0
    while True:
        count += 1
        source = f"sentence {count} of {number}"
        request = predict_pb2.PredictRequest()
        request.model_spec.name = model
        request.inputs["source"].CopyFrom(tf.make_tensor_proto([source]))
        sent, error, version = time.time(), "", None
        try:
            answer, label = _answer(stub, request)
            error = _wrong(answer, source)
            version = answer.model_spec.version.value if label == "stable" else None
        except grpc.RpcError as failure:
            error = f"{failure.code().name}: {failure.details()}"
        tally.count(sent, error, version)
        time.sleep(PAUSE)


def _answer(
    stub: prediction_service_pb2_grpc.PredictionServiceStub, request: predict_pb2.PredictRequest
) -> tuple[predict_pb2.PredictResponse, str]:
    """The answer and the label that gave it. Raises grpc.RpcError: none within the deadline."""
    end = time.monotonic() + DEADLINE
    if random.random() < CANARY_SHARE:
        request.model_spec.version_label = "canary"
        try:
            return stub.Predict(request, timeout=TRY), "canary"
        except grpc.RpcError:
            pass  # nobody on trial, or one that fails: stable answers
    request.model_spec.version_label = "stable"
    wait = FIRST_WAIT
    while True:
        try:
            return stub.Predict(request, timeout=min(TRY, end - time.monotonic())), "stable"
        except grpc.RpcError as error:
            pause = wait + random.random() * FIRST_WAIT
            if not _passes(error) or time.monotonic() + pause >= end:
                raise
        time.sleep(pause)
        wait = min(2 * wait, LONGEST_WAIT)


def _passes(error: grpc.RpcError) -> bool:
    not_loaded = error.code() is grpc.StatusCode.NOT_FOUND and error.details().startswith(NOT_LOADED)
    return error.code() in RETRIED or not_loaded


def _wrong(answer: predict_pb2.PredictResponse, source: str) -> str:
    texts = [translation.decode() for translation in answer.outputs["translation"].string_val]
    if len(texts) != 1:
        return f"{source!r} was answered by {texts}"
    return wrong(source, texts[0], answer.model_spec.version.value)


if __name__ == "__main__":
    main()
