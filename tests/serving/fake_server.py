"""A model server in this process: follows models.config as TensorFlow Serving does, with stock messages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import text_format
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.rollout import Rollout

_STATE = get_model_status_pb2.ModelVersionStatus


def push(root: Path, version: int, content: str = "good") -> None:
    """A version of the model `m`, as far as this server looks into it."""
    (root / "m" / str(version)).mkdir(parents=True)
    (root / "m" / str(version) / "saved_model.pb").write_text(content)


class FakeServer:
    """Every request reads the file; a version whose `saved_model.pb` says `bad` does not load."""

    def __init__(
        self,
        root: Path,
        port: int = 0,
        host: str = "127.0.0.1",
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        """`credentials`: for TLS."""
        self.root = root
        self.row_limit = 1000
        self.unavailable = 0
        self.longest = 1000
        """Words that are read of a source."""
        self.away, self.saying = grpc.StatusCode.UNAVAILABLE, "starting"
        self.refused: set[int] = set()
        """Versions for which this one has no memory, say."""
        self.failing: set[int] = set()
        """Versions that load and then fail every request."""
        self.babbling: set[int] = set()
        """Versions that answer with a row too many."""
        self.translate: dict[int, Callable[[str], str]] = {}
        """How a version translates; others put the bytes in capitals."""
        self.lacking: dict[int, set[str]] = {}
        """Signatures that a version does not have; others have all that this server knows."""
        self.delay: dict[int, float] = {}
        """Seconds that a version takes for an answer."""
        self.sent: Callable[[Any], bytes] = lambda answer: answer.SerializeToString()
        """How an answer goes over the wire: one that is not whole, or says what no server says."""
        self.asked: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        """Requests by version: that came, and that got an answer."""
        self.metadata: dict[str, str | bytes] = {}
        """Of the latest request."""
        self.frozen = False
        """As a server that does not read models.config any more."""
        self.loaded: set[int] = set()
        self._bad: set[int] = set()
        self.label_errors: list[str] = []
        self._labels: dict[str, int] = {}
        self._trials: dict[str, dict[str, int]] = {}
        """Labels of canaries that are apart, by the name that they have."""
        self._server = self._build()
        place = f"{host}:{port}"
        self.port = (
            self._server.add_secure_port(place, credentials)
            if credentials
            else self._server.add_insecure_port(place)
        )
        self.address = f"{host}:{self.port}"
        self._server.start()

    def _build(self) -> grpc.Server:
        server = grpc.server(ThreadPoolExecutor(64))
        methods = {
            "PredictionService": {
                "Predict": (self._predict, predict_pb2.PredictRequest),
                "GetModelMetadata": (self._metadata, get_model_metadata_pb2.GetModelMetadataRequest),
            },
            "ModelService": {"GetModelStatus": (self._status, get_model_status_pb2.GetModelStatusRequest)},
        }
        for service, known in methods.items():
            handlers = {
                name: grpc.unary_unary_rpc_method_handler(
                    run, request.FromString, lambda answer: self.sent(answer)
                )
                for name, (run, request) in known.items()
            }
            handler = grpc.method_handlers_generic_handler(f"tensorflow.serving.{service}", handlers)
            server.add_generic_rpc_handlers((handler,))
        return server

    def stop(self) -> None:
        self._server.stop(0).wait()

    def follow(self) -> set[int]:
        """Read models.config; the versions that are loaded then."""
        file = self.root / "models.config"
        if self.frozen or not file.exists():
            return self.loaded
        config = text_format.Parse(file.read_text(), model_server_config_pb2.ModelServerConfig())
        model, *others = config.model_config_list.config
        trials = [part for part in others if part.base_path == model.base_path]
        for label, version in model.version_labels.items():
            if version not in self.loaded and label in self._labels:
                self.label_errors.append(f"{label} to {version}, which is not loaded")
                return self.loaded
        wanted = {v for part in (model, *trials) for v in part.model_version_policy.specific.versions}
        files = {v: self.root / "m" / str(v) / "saved_model.pb" for v in wanted}
        there = {v for v, file in files.items() if file.exists()}
        self.loaded = {v for v in there if v not in self.refused and files[v].read_text() != "bad"}
        self._bad = there - self.loaded
        self._labels = dict(model.version_labels)
        self._trials = {part.name: dict(part.version_labels) for part in trials}
        return self.loaded

    def _version(self, spec: Any, context: Any) -> int:
        self.follow()
        if spec.WhichOneof("version_choice") != "version_label":
            return spec.version.value or max(self.loaded, default=1)
        labels = self._trials.get(spec.name, self._labels)
        if labels.get(spec.version_label) not in self.loaded:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"Unrecognized servable version label: {spec.version_label}"
            )
        return labels[spec.version_label]

    def _said(self, version: int, source: bytes) -> bytes:
        said = self.translate.get(version)
        return said(source.decode()).encode() if said else source.upper()

    def _status(self, _request: Any, _context: Any) -> Any:
        self.follow()
        answer = get_model_status_pb2.GetModelStatusResponse()
        for version in self.loaded:
            answer.model_version_status.add(version=version, state=_STATE.AVAILABLE)
        for version in self._bad:
            bad = answer.model_version_status.add(version=version, state=_STATE.END)
            bad.status.error_code, bad.status.error_message = 15, "no graph"
        return answer

    def _metadata(self, request: Any, context: Any) -> Any:
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.model_spec.name = request.model_spec.name
        answer.model_spec.version.value = self._version(request.model_spec, context)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signatures.signature_def["serving_default"].method_name = "tensorflow/serving/predict"
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    @staticmethod
    def _fill_align(answer: Any, sources: Any, said: list[bytes]) -> None:
        """Each word of what is said comes from that in its place, if there is one."""
        words = [[text.split() for text in texts] for texts in (sources, said)]
        width = max(len(row) for side in words for row in side)
        pieces = [[["▁".encode() + word for word in row] for row in side] for side in words]
        padded = [[[*row, *[b""] * (width - len(row))] for row in side] for side in pieces]
        both = [min(map(len, sides)) for sides in zip(*words, strict=True)]
        links = [[place if place < most else -1 for place in range(width)] for most in both]
        outputs = {
            "source_pieces": (types_pb2.DT_STRING, "string_val", [*chain(*padded[0])], width),
            "target_pieces": (types_pb2.DT_STRING, "string_val", [*chain(*padded[1])], width),
            "alignment": (types_pb2.DT_INT32, "int_val", [*chain(*links)], width),
            "translation": (types_pb2.DT_STRING, "string_val", said, 0),
            "score": (types_pb2.DT_FLOAT, "float_val", [-1.0] * len(said), 0),
        }
        FakeServer._fill(answer, len(said), outputs)

    @staticmethod
    def _fill_explain(answer: Any, sources: Any, said: list[bytes]) -> None:
        """Each word of what is said has looked at that in its place, or else at the last."""
        FakeServer._fill_align(answer, sources, said)
        width = answer.outputs["source_pieces"].tensor_shape.dim[1].size
        del answer.outputs["alignment"]
        attention = answer.outputs["attention"]
        attention.dtype = types_pb2.DT_FLOAT
        for size in (len(said), width, width):
            attention.tensor_shape.dim.add(size=size)
        for source, text in zip(sources, said, strict=True):
            read, written = len(source.split()), len(text.split())
            for place in range(width):
                at = min(place, read - 1) if place < written else -1
                attention.float_val.extend(float(at == other) for other in range(width))

    @staticmethod
    def _fill(answer: Any, rows: int, outputs: dict[str, tuple[int, str, list[Any], int]]) -> None:
        """Tensors of `rows`, of a width where it is not 0."""
        for name, (dtype, field, values, width) in outputs.items():
            tensor = answer.outputs[name]
            tensor.dtype = dtype
            for size in filter(None, (rows, width)):
                tensor.tensor_shape.dim.add(size=size)
            getattr(tensor, field).extend(values)

    @staticmethod
    def _fill_n_best(answer: Any, said: list[bytes]) -> None:
        """Three hypotheses a row: what is said, and with a number behind it."""
        several = [text + end for text in said for end in (b"", b" 1", b" 2")]
        outputs = {
            "translations": (types_pb2.DT_STRING, "string_val", several, 3),
            "scores": (types_pb2.DT_FLOAT, "float_val", [-1.0, -2.0, -4.0] * len(said), 3),
            "truncated": (types_pb2.DT_BOOL, "bool_val", [False] * len(said), 0),
        }
        FakeServer._fill(answer, len(said), outputs)

    def _predict(self, request: Any, context: Any) -> Any:
        if self.unavailable:
            self.unavailable -= 1
            context.abort(self.away, self.saying)
        self.metadata = dict(context.invocation_metadata())
        version = self._version(request.model_spec, context)
        self.asked[version] += 1
        time.sleep(self.delay.get(version, 0.0))
        if version in self.failing:
            context.abort(grpc.StatusCode.INTERNAL, "the graph is broken")
        signature = request.model_spec.signature_name
        if signature in self.lacking.get(version, ()):
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{signature}" not found.'
            )
        self.answered[version] += 1
        sources = request.inputs["source"].string_val
        if len(sources) > self.row_limit:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max")
        sources = [*sources, *([b"more"] if version in self.babbling else [])]
        answer = predict_pb2.PredictResponse()
        answer.model_spec.version.value = version
        if signature == "n_best":
            self._fill_n_best(answer, [self._said(version, source) for source in sources])
            return answer
        if signature == "explain":
            self._fill_explain(answer, sources, [self._said(version, source) for source in sources])
            return answer
        if signature == "align":
            said = [self._said(version, source) for source in sources]
            self._fill_align(answer, [b" ".join(source.split()[: self.longest]) for source in sources], said)
            return answer
        outputs = {
            "translation": (
                types_pb2.DT_STRING,
                "string_val",
                [self._said(version, source) for source in sources],
            ),
            "score": (types_pb2.DT_FLOAT, "float_val", [-float(len(source)) for source in sources]),
            "truncated": (
                types_pb2.DT_BOOL,
                "bool_val",
                [len(source.split()) > self.longest for source in sources],
            ),
        }
        for name, (dtype, field, values) in outputs.items():
            tensor = answer.outputs[name]
            tensor.dtype = dtype
            tensor.tensor_shape.dim.add(size=len(sources))
            getattr(tensor, field).extend(values)
        return answer


def rollout(server: FakeServer, **options: object) -> Rollout:
    """Of the server alone."""
    return Rollout(server.root, [server.address], **options)  # type: ignore[arg-type]
