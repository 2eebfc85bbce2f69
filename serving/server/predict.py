"""From a PredictRequest to a PredictResponse on one version: what is checked, and how refused."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
import numpy as np
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import model_pb2, predict_pb2

from contracts.signatures import TRANSLATE
from serving.server import tensors
from serving.server.servable import LoadedVersion
from serving.server.status import StatusError, invalid

DEFAULT_SIGNATURE = TRANSLATE.name
"""TensorFlow Serving's, of a request that names none."""


class SignatureRunner(Protocol):
    """Runs a signature of a version: at once, or batched with others."""

    @property
    def max_rows(self) -> int | None:
        """A call with more of them is refused; None: any number."""

    def __call__(
        self,
        loaded_version: LoadedVersion,
        signature_name: str,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        deadline: float | None,
    ) -> list[np.ndarray]: ...


def remaining(deadline: float | None) -> float | None:
    """Seconds until `deadline` (of `time.monotonic`).

    Raises: StatusError DEADLINE_EXCEEDED when it has passed.
    """
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise StatusError(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the request was run")
    return left


class _Alone:
    max_rows = None

    def __call__(
        self,
        loaded_version: LoadedVersion,
        signature_name: str,  # noqa: ARG002 - the key of a batch, where there are batches
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        deadline: float | None,
    ) -> list[np.ndarray]:
        return loaded_version.run(feeds, fetches, remaining(deadline))


run_alone: SignatureRunner = _Alone()
"""The runner without batching."""


def check_rows(rows: int, limit: int | None) -> None:
    """To be asked before tensors are built, which takes seconds for millions of rows.

    Raises: StatusError INVALID_ARGUMENT when there are more rows than a batch may have.
    """
    if limit is not None and rows > limit:
        raise invalid(f"Task size {rows} is larger than maximum input batch size {limit}")


@dataclass(frozen=True)
class SignatureCall:
    """A checked request: tensors by graph name, outputs by alias."""

    signature_name: str
    feeds: Mapping[str, np.ndarray]
    outputs: Mapping[str, meta_graph_pb2.TensorInfo]


def _set(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"


def find_signature(loaded_version: LoadedVersion, name: str) -> tuple[str, meta_graph_pb2.SignatureDef]:
    """The signature of that name, or the default one for no name.

    Raises: StatusError FAILED_PRECONDITION when the model has none.
    """
    name = name or DEFAULT_SIGNATURE
    if name not in loaded_version.signatures:
        raise StatusError(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
    return name, loaded_version.signatures[name]


def _feeds(
    signature: meta_graph_pb2.SignatureDef, request: predict_pb2.PredictRequest, max_rows: int | None
) -> dict[str, np.ndarray]:
    sent, wanted = set(request.inputs), set(signature.inputs)
    if len(sent) != len(wanted):
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)} len({_set(sent)}) != "
            f"len({_set(wanted)}). Sent extra: {_set(sent - wanted)}. "
            f"Missing but required: {_set(wanted - sent)}."
        )
    feeds = {}
    for position, (alias, info) in enumerate(sorted(signature.inputs.items())):
        if alias not in sent:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in request and no default "
                f"value provided. Inputs expected to be in the set {_set(wanted)}."
            )
        proto = request.inputs[alias]
        if proto.dtype != info.dtype:
            raise invalid(
                f"Expects arg[{position}] to be {tensors.dtype_name(info.dtype)} "
                f"but {tensors.dtype_name(proto.dtype)} is provided"
            )
        for dimension in proto.tensor_shape.dim[:1]:
            check_rows(dimension.size, max_rows)
        feeds[info.name] = tensors.to_array(alias, proto)
    return feeds


def _outputs(
    signature: meta_graph_pb2.SignatureDef, output_filter: Sequence[str]
) -> dict[str, meta_graph_pb2.TensorInfo]:
    chosen: dict[str, meta_graph_pb2.TensorInfo] = {}
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {_set(signature.outputs)}."
            )
        if alias in chosen:
            raise invalid(f"duplicate output tensor alias: {alias}")
        chosen[alias] = signature.outputs[alias]
    return chosen or dict(signature.outputs)


def prepare(
    loaded_version: LoadedVersion, request: predict_pb2.PredictRequest, max_rows: int | None
) -> SignatureCall:
    """Check a request against the signature that it names, and `max_rows` where there is such a limit.

    Raises: StatusError as in the contract: signature, number of inputs, names, types, rows, output filter.
    """
    name, signature = find_signature(loaded_version, request.model_spec.signature_name)
    return SignatureCall(
        name, _feeds(signature, request, max_rows), _outputs(signature, request.output_filter)
    )


def predict(
    loaded_version: LoadedVersion,
    request: predict_pb2.PredictRequest,
    deadline: float | None,
    runner: SignatureRunner = run_alone,
) -> predict_pb2.PredictResponse:
    """Answer a request on this version; `deadline` on the clock of `time.monotonic`."""
    call = prepare(loaded_version, request, runner.max_rows)
    fetches = [info.name for info in call.outputs.values()]
    values = runner(loaded_version, call.signature_name, call.feeds, fetches, deadline)
    spec = model_pb2.ModelSpec(name=request.model_spec.name, signature_name=call.signature_name)
    spec.version.value = loaded_version.version
    response = predict_pb2.PredictResponse(model_spec=spec)
    for (alias, info), value in zip(call.outputs.items(), values, strict=True):
        response.outputs[alias].CopyFrom(tensors.to_proto(value, info.dtype))
    return response
