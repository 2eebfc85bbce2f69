"""TensorProtos (tensorflow/core/framework/tensor.proto) to Python values and back, without numpy."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire

Value = TypeVar("Value")
_TAIL = 1 << 20
"""Values that need not be sent: a shape costs its sender nothing and the reader memory."""

_WRITTEN = {
    "string": (wire.DT_STRING, "string_val"),
    "float32": (wire.DT_FLOAT, "float_val"),
    "int32": (wire.DT_INT32, "int_val"),
    "int64": (wire.DT_INT64, "int64_val"),
}


def _values(tensor: wire.Tensor, dtype: int, typed: Sequence[Any], packed: str) -> list[Any]:
    if tensor.dtype != dtype:
        expected = wire.DataType.Name(dtype)
        raise RequestError(
            f"the server answered with data type {tensor.dtype}, not {expected}: is it a translation model?"
        )
    count = math.prod(shape(tensor))
    content = tensor.tensor_content
    if content and packed:
        if len(content) != count * struct.calcsize(packed):
            raise RequestError(f"the server answered {len(content)} bytes for a tensor of {count} values")
        return list(struct.unpack(f"<{count}{packed}", content))
    values = list(typed)
    # A dimension of 0 does not make the others free: each of their rows is a tuple here.
    if math.prod(max(size, 1) for size in shape(tensor)) > len(values) + _TAIL:
        raise RequestError(
            f"the server answered {len(values)} values for a tensor of shape {shape(tensor)}: is it a "
            "translation model?"
        )
    # A tail of equal values may be sent once.
    values += values[-1:] * (count - len(values))
    if len(values) != count:
        raise RequestError(f"the server answered {len(values)} values for a tensor of {count}")
    return values


def shape(tensor: wire.Tensor) -> tuple[int, ...]:
    """The sizes of its dimensions."""
    return tuple(dim.size for dim in tensor.tensor_shape.dim)


def strings(tensor: wire.Tensor) -> list[str]:
    """All values in row-major order; bytes that are no UTF-8 become U+FFFD."""
    return [
        value.decode("utf-8", "replace") for value in _values(tensor, wire.DT_STRING, tensor.string_val, "")
    ]


def numbers(tensor: wire.Tensor) -> list[float]:
    """All float32 values in row-major order."""
    return _values(tensor, wire.DT_FLOAT, tensor.float_val, "f")


def integers(tensor: wire.Tensor) -> list[int]:
    """All int32 values in row-major order."""
    return _values(tensor, wire.DT_INT32, tensor.int_val, "i")


def fill(tensor: wire.Tensor, dtype: str, values: Sequence[float | int | str]) -> None:
    """Make an empty tensor one of values `[B]`; what is no Unicode goes as `?`."""
    kind, name = _WRITTEN[dtype]
    tensor.dtype = kind
    tensor.tensor_shape.dim.add(size=len(values))
    getattr(tensor, name).extend(
        value.encode("utf-8", "replace") if isinstance(value, str) else value for value in values
    )


def _vector(tensor: wire.Tensor, values: list[Value]) -> list[Value]:
    _require_rank(tensor, 1)
    return values


def texts(tensor: wire.Tensor) -> list[str]:
    """A string tensor `[B]`."""
    return _vector(tensor, strings(tensor))


def floats(tensor: wire.Tensor) -> list[float]:
    """A float32 tensor `[B]`."""
    return _vector(tensor, numbers(tensor))


def flags(tensor: wire.Tensor) -> list[bool]:
    """A bool tensor `[B]`."""
    return _vector(tensor, _values(tensor, wire.DT_BOOL, tensor.bool_val, "?"))


def matrix(tensor: wire.Tensor, read: Callable[[wire.Tensor], list[Value]]) -> list[tuple[Value, ...]]:
    """A tensor `[B, N]`, a tuple a row."""
    _require_rank(tensor, 2)
    height, width = shape(tensor)
    values = read(tensor)
    return [tuple(values[row * width : (row + 1) * width]) for row in range(height)]


def cube(tensor: wire.Tensor) -> list[tuple[tuple[float, ...], ...]]:
    """A float32 tensor `[B, T, S]`."""
    _require_rank(tensor, 3)
    depth, height, width = shape(tensor)
    values = numbers(tensor)
    return [
        tuple(tuple(values[(layer * height + row) * width :][:width]) for row in range(height))
        for layer in range(depth)
    ]


def rows(*columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Columns to rows.

    Raises:
        RequestError: they are not of one length.
    """
    if len({len(column) for column in columns}) > 1:
        raise RequestError("the server's outputs have different numbers of rows")
    return list(zip(*columns, strict=True))


def _require_rank(tensor: wire.Tensor, rank: int) -> None:
    if len(tensor.tensor_shape.dim) != rank:
        raise RequestError(f"the server answered a tensor of shape {shape(tensor)}, not of rank {rank}")
