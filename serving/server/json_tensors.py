"""The REST interface's JSON and the tensors of Predict: `instances` row by row, `inputs` column by column.

As tensorflow_serving/util/json_tensor.cc: binary values are objects `{"b64": …}`, and an output whose name
ends in `_bytes` is written so.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

from serving.server import tensors
from serving.server.predict import check_rows
from serving.server.status import invalid

_BASE64 = "b64"
_BINARY_SUFFIX = "_bytes"


def _is_binary(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {_BASE64}


def _scalar(value: Any, dtype: tf.DType) -> Any:
    """A JSON value as one element of a tensor of the type."""
    if dtype == tf.string:
        if isinstance(value, str):
            return value.encode("utf-8", "surrogatepass")
        if _is_binary(value) and isinstance(value[_BASE64], str):
            try:
                return base64.b64decode(value[_BASE64], validate=True)
            except (binascii.Error, ValueError) as error:
                raise invalid(f"Unable to base64 decode: {error}") from error
    elif dtype == tf.bool:
        if isinstance(value, bool):
            return value
    elif isinstance(value, int if dtype.is_integer else (int, float)) and not isinstance(value, bool):
        return value
    raise invalid(f"JSON Value: {value!r} Type: {type(value).__name__} is not of expected type: {dtype.name}")


def _shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _flatten(value: Any, shape: list[int], dtype: tf.DType, into: list[Any]) -> None:
    if not shape:
        into.append(_scalar(value, dtype))
        return
    if not isinstance(value, list) or len(value) != shape[0]:
        raise invalid("Encountered list at unexpected size: the rows of a tensor must have one shape")
    for element in value:
        _flatten(element, shape[1:], dtype, into)


def _tensor(value: Any, info: meta_graph_pb2.TensorInfo) -> Any:
    dtype = tf.as_dtype(info.dtype)
    shape = _shape(value)
    if len(shape) > 32:
        raise invalid("a tensor has 32 dimensions at most")
    flat: list[Any] = []
    _flatten(value, shape, dtype, flat)
    try:
        array = np.array(flat, dtype=object if dtype == tf.string else dtype.as_numpy_dtype).reshape(shape)
    except (OverflowError, ValueError) as error:
        raise invalid(f"a number is out of the range of {dtype.name}: {error}") from error
    return tensors.to_proto(array, info.dtype)


def _only_input(signature: meta_graph_pb2.SignatureDef) -> str:
    if len(signature.inputs) != 1:
        raise invalid(
            "Missing named inputs: the signature has several, so give an object with one key for each"
        )
    return str(next(iter(signature.inputs)))


def _columns_of_rows(rows: Any, signature: meta_graph_pb2.SignatureDef) -> dict[str, list[Any]]:
    if not isinstance(rows, list) or not rows:
        raise invalid("'instances' must be a list with at least one element")
    named = [isinstance(row, dict) and not _is_binary(row) for row in rows]
    if not all(named):
        if any(named):
            raise invalid("'instances' mixes objects and plain values")
        return {_only_input(signature): rows}
    keys = rows[0].keys()
    if any(row.keys() != keys for row in rows):
        raise invalid("Encountered instances with different sets of keys")
    return {key: [row[key] for row in rows] for key in keys}


def _columns(inputs: Any, signature: meta_graph_pb2.SignatureDef) -> dict[str, Any]:
    if isinstance(inputs, dict) and not _is_binary(inputs):
        return dict(inputs)
    return {_only_input(signature): inputs}


def _check_sizes(values: Iterable[Any], max_rows: int | None) -> None:
    for value in values:
        if isinstance(value, list):
            check_rows(len(value), max_rows)


def fill_inputs(
    body: Mapping[str, Any],
    signature: meta_graph_pb2.SignatureDef,
    request: predict_pb2.PredictRequest,
    max_rows: int | None,
) -> bool:
    """Put the body's tensors into the request; True for the row format.

    Raises: StatusError INVALID_ARGUMENT, also for more rows than `max_rows`.
    """
    if ("instances" in body) == ("inputs" in body):
        raise invalid("Not formatted correctly: expecting exactly one of the keys 'instances' and 'inputs'")
    by_row = "instances" in body
    if by_row:
        _check_sizes([body["instances"]], max_rows)
        columns = _columns_of_rows(body["instances"], signature)
    else:
        columns = _columns(body["inputs"], signature)
        _check_sizes(columns.values(), max_rows)
    for alias, value in columns.items():
        if alias not in signature.inputs:
            raise invalid(f"JSON object: does not have named input: {alias} is no input of the signature")
        request.inputs[alias].CopyFrom(_tensor(value, signature.inputs[alias]))
    return by_row


def _json_value(value: Any, *, binary: bool) -> Any:
    if isinstance(value, list):
        return [_json_value(element, binary=binary) for element in value]
    if isinstance(value, bytes):
        if binary:
            return {_BASE64: base64.b64encode(value).decode("ascii")}
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        # JSON has no such numbers; the real server writes them bare, which strict parsers refuse.
        return str(value)
    return value


def to_json(response: predict_pb2.PredictResponse, *, by_row: bool) -> dict[str, Any]:
    """The body of the answer, in the format of the question.

    Raises: StatusError INVALID_ARGUMENT when outputs cannot be written row by row.
    """
    arrays = {alias: tf.make_ndarray(proto) for alias, proto in response.outputs.items()}
    values = {
        alias: _json_value(array.tolist(), binary=alias.endswith(_BINARY_SUFFIX))
        for alias, array in arrays.items()
    }
    if not by_row:
        return {"outputs": next(iter(values.values())) if len(values) == 1 else values}
    if any(not array.ndim for array in arrays.values()):
        raise invalid("a scalar output has no rows: ask with 'inputs', not 'instances'")
    if len({len(array) for array in arrays.values()}) != 1:
        raise invalid("the outputs have different numbers of rows: ask with 'inputs', not 'instances'")
    if len(values) == 1:
        return {"predictions": next(iter(values.values()))}
    return {
        "predictions": [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    }
