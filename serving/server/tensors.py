"""TensorProto to NumPy and back, in the typed fields that stock clients read (not `tensor_content`)."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2

from serving.server.status import invalid

# dtype -> the field of TensorProto that holds its values.
_FIELDS = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_DOUBLE: "double_val",
    types_pb2.DT_INT32: "int_val",
    types_pb2.DT_INT16: "int_val",
    types_pb2.DT_INT8: "int_val",
    types_pb2.DT_UINT16: "int_val",
    types_pb2.DT_UINT8: "int_val",
    types_pb2.DT_UINT32: "uint32_val",
    types_pb2.DT_UINT64: "uint64_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_BOOL: "bool_val",
    types_pb2.DT_STRING: "string_val",
}
# A proto may name a huge shape and hold one value to be repeated; above this it has to hold its values.
_REPEATED_ELEMENTS = 1 << 20


def dtype_name(dtype: int) -> str:
    """`string`, `float`, … as the runtime's messages write it."""
    try:
        name = types_pb2.DataType.Name(dtype)
    except ValueError:
        return f"unknown dtype {dtype}"
    return str(name)[len("DT_") :].lower()


def _held_elements(proto: tensor_pb2.TensorProto, dtype: tf.DType) -> int:
    if proto.tensor_content and dtype.size:
        return len(proto.tensor_content) // int(dtype.size)
    field = _FIELDS.get(proto.dtype, "half_val")
    return len(getattr(proto, field))


def to_array(alias: str, proto: tensor_pb2.TensorProto) -> np.ndarray:
    """The values of a request's tensor.

    Raises: StatusError INVALID_ARGUMENT when it is no tensor, or one whose shape its values cannot fill.
    """
    broken = invalid(f"tensor parsing error: {alias}")
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise broken
    try:
        dtype = tf.as_dtype(proto.dtype)
        if math.prod(shape) > max(_held_elements(proto, dtype), _REPEATED_ELEMENTS):
            raise broken
        return tf.make_ndarray(proto)
    except (TypeError, ValueError, AttributeError) as error:
        raise broken from error


def to_proto(values: np.ndarray, dtype: int) -> tensor_pb2.TensorProto:
    """An answer's tensor; strings are object arrays of bytes."""
    field = _FIELDS.get(dtype)
    values = np.asarray(values)
    if field is None:  # half, bfloat16, complex: rare in an answer
        return tf.make_tensor_proto(values, dtype=dtype)
    shape = tensor_shape_pb2.TensorShapeProto(
        dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in values.shape]
    )
    proto = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape)
    getattr(proto, field).extend(values.ravel().tolist())
    return proto
