"""Requests from texts, and answers from responses: tensors of the exported model's signatures, without numpy.

Notation: `B` rows, `K` beams, `S` source pieces, `T` target pieces.
"""

from __future__ import annotations

import array
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from serving.wire import messages


@dataclass(frozen=True)
class Target:
    """Which servable answers: the model, and a label or a version (neither: its newest loaded version)."""

    model: str
    label: str | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if self.label is not None and self.version is not None:
            raise ValueError("give a label or a version, not both")

    def spec(self, signature: str = "") -> messages.ModelSpec:
        """As TensorFlow Serving's ModelSpec."""
        spec = messages.ModelSpec(name=self.model, signature_name=signature)
        if self.version is not None:
            spec.version.value = self.version
        elif self.label is not None:
            spec.version_label = self.label
        return spec


@dataclass(frozen=True)
class Translation:
    """One row of the answer."""

    text: str
    score: float
    """Length-normalised log-probability, natural logarithm."""
    truncated: bool
    """The source was longer than the model's limit and was cut."""
    version: int
    """Version of the model that answered."""


@dataclass(frozen=True)
class Explanation:
    """What a translation looked at."""

    translation: str
    source_pieces: tuple[str, ...]
    """[S]"""
    target_pieces: tuple[str, ...]
    """[T]"""
    attention: tuple[tuple[float, ...], ...]
    """[T, S]: weights of each target piece over the source pieces."""
    version: int


def predict_request(sources: Sequence[str], target: Target, signature: str) -> messages.PredictRequest:
    """A request for the rows [B]; lone surrogates become U+FFFD, for a request carries UTF-8."""
    request = messages.PredictRequest(model_spec=target.spec(signature))
    tensor = request.inputs["source"]
    tensor.dtype = messages.DT_STRING
    tensor.tensor_shape.dim.add(size=len(sources))
    tensor.string_val.extend(source.encode("utf-8", "replace") for source in sources)
    return request


def read_translations(response: messages.PredictResponse) -> list[Translation]:
    """Rows of `serving_default`."""
    version = response.model_spec.version.value
    outputs = response.outputs
    rows = zip(
        _texts(outputs["translation"]), _floats(outputs["score"]), _bools(outputs["truncated"]), strict=True
    )
    return [Translation(text, score, truncated, version) for text, score, truncated in rows]


def read_n_best(response: messages.PredictResponse) -> list[list[Translation]]:
    """Rows of `n_best`, the best hypothesis first."""
    version = response.model_spec.version.value
    texts, scores = _texts(response.outputs["translations"]), _floats(response.outputs["scores"])
    truncated = _bools(response.outputs["truncated"])
    beams = response.outputs["translations"].tensor_shape.dim[1].size
    return [
        [
            Translation(texts[row * beams + beam], scores[row * beams + beam], cut, version)
            for beam in range(beams)
        ]
        for row, cut in enumerate(truncated)
    ]


def read_explanations(response: messages.PredictResponse) -> list[Explanation]:
    """Rows of `explain`, padding taken away."""
    outputs = response.outputs
    sources, targets = _rows(outputs["source_pieces"]), _rows(outputs["target_pieces"])
    weights = _floats(outputs["attention"])
    target_length, source_length = (dim.size for dim in outputs["attention"].tensor_shape.dim[1:])
    explanations = []
    for row, (translation, source, target) in enumerate(
        zip(_texts(outputs["translation"]), sources, targets, strict=True)
    ):
        start = row * target_length * source_length
        attention = tuple(
            tuple(weights[start + place * source_length :][: len(source)]) for place in range(len(target))
        )
        version = response.model_spec.version.value
        explanations.append(Explanation(translation, source, target, attention, version))
    return explanations


def _rows(tensor: messages.TensorProto) -> list[tuple[str, ...]]:
    """Pieces [B, S] → each row's pieces; empty strings are padding."""
    rows, length = (dim.size for dim in tensor.tensor_shape.dim)
    texts = _texts(tensor)
    return [
        tuple(piece for piece in texts[row * length : (row + 1) * length] if piece) for row in range(rows)
    ]


def _texts(tensor: messages.TensorProto) -> list[str]:
    return [value.decode("utf-8", "replace") for value in tensor.string_val]


def _floats(tensor: messages.TensorProto) -> list[float]:
    if tensor.tensor_content:
        values = array.array("f", tensor.tensor_content)
        if sys.byteorder == "big":
            values.byteswap()
        return list(values)
    return _filled(list(tensor.float_val), tensor, 0.0)


def _bools(tensor: messages.TensorProto) -> list[bool]:
    if tensor.tensor_content:
        return [bool(byte) for byte in tensor.tensor_content]
    return _filled(list(tensor.bool_val), tensor, False)


def _filled(values: list, tensor: messages.TensorProto, zero: float | bool) -> list:  # type: ignore[type-arg]
    """A tensor may give fewer values than its shape has cells: the last one stands for the rest (tensor.proto)."""
    count = 1
    for dim in tensor.tensor_shape.dim:
        count *= dim.size
    return values + [values[-1] if values else zero] * (count - len(values))
