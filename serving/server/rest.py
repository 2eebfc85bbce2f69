"""TensorFlow Serving's REST interface: status, metadata, predict and the Prometheus page."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2, predict_pb2

from serving.server.core import ServerCore
from serving.server.json_tensors import fill_inputs, to_json
from serving.server.metrics import Metrics
from serving.server.model_service import get_status
from serving.server.predict import DEFAULT_SIGNATURE, SignatureRunner, predict
from serving.server.prediction_service import SIGNATURE_FIELD, get_metadata
from serving.server.stack import as_dict
from serving.server.status import StatusError, from_exception, invalid

_MODEL = r"(?i)/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_PREDICT = re.compile(_MODEL + r":(?P<method>classify|regress|predict)")
_STATUS = re.compile(_MODEL + r"(?P<metadata>/metadata)?")
_LOOKERS = 4
_BODY_SECONDS = 1.0
"""A body that is not there after so long is not waited for when the server goes."""

Value = TypeVar("Value")


def _spec(match: re.Match[str]) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=match["name"])
    if match["version"] is not None:
        if int(match["version"]) >= 2**63:
            raise invalid(f"Failed to convert version: {match['version']} to numeric.")
        spec.version.value = int(match["version"])
    elif match["label"] is not None:
        spec.version_label = match["label"]
    return spec


def _answer(body: Any, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")


class RestInterface:
    """The paths, on the same core as gRPC."""

    def __init__(
        self,
        core: ServerCore,
        runner: SignatureRunner,
        metrics: Metrics,
        timeout: float,
        stopping: threading.Event,
    ) -> None:
        """`timeout`: seconds that a request may take; `stopping` is set when the server is to go."""
        self._core = core
        self._runner = runner
        self._metrics = metrics
        self._timeout = timeout
        self._stopping = stopping
        # Not those of the translations: readiness probes ask here, and must not stand in line behind them.
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="rest-get")

    def get(self, path: str) -> Response:
        """Status of a model, or the metadata of a version."""
        match = _STATUS.fullmatch(path)
        if match is None:
            if path.lower() == "/v1/models":
                raise invalid("Missing model name in request.")
            raise invalid(f"Malformed request: GET {path}")
        if not match["metadata"]:
            request = get_model_status_pb2.GetModelStatusRequest(model_spec=_spec(match))
            return _answer(as_dict(get_status(self._core, request)))
        return self._metadata(_spec(match))

    def _metadata(self, spec: model_pb2.ModelSpec) -> Response:
        response = get_metadata(
            self._core,
            get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=[SIGNATURE_FIELD]),
        )
        signatures = get_model_metadata_pb2.SignatureDefMap()
        response.metadata[SIGNATURE_FIELD].Unpack(signatures)
        body = {
            "model_spec": as_dict(response.model_spec),
            "metadata": {SIGNATURE_FIELD: as_dict(signatures)},
        }
        return _answer(body)

    def post(self, path: str, body: bytes) -> Response:
        """Predict."""
        match = _PREDICT.fullmatch(path)
        if match is None:
            raise invalid(f"Malformed request: POST {path}")
        if match["method"].lower() != "predict":
            raise StatusError(
                grpc.StatusCode.UNIMPLEMENTED, f"{match['method']} is not served here: use predict"
            )
        with self._metrics.request(match["name"], "Predict", "REST"):
            return self._predict(_spec(match), body)

    def _predict(self, spec: model_pb2.ModelSpec, body: bytes) -> Response:
        deadline = time.monotonic() + self._timeout
        request = predict_pb2.PredictRequest(model_spec=spec)
        with self._core.borrow(spec) as loaded_version:
            fields = self._parse(body)
            name = fields.get("signature_name") or DEFAULT_SIGNATURE
            if not isinstance(name, str):
                raise invalid("'signature_name' key must be a string value.")
            if name not in loaded_version.signatures:
                raise invalid(f'Serving signature name: "{name}" not found in signature def')
            request.model_spec.signature_name = name
            by_row = fill_inputs(fields, loaded_version.signatures[name], request, self._runner.max_rows)
            return _answer(to_json(predict(loaded_version, request, deadline, self._runner), by_row=by_row))

    @staticmethod
    def _parse(body: bytes) -> dict[str, Any]:
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise invalid(f"JSON Parse error: {error}") from error
        if not isinstance(fields, dict):
            raise invalid("Request body must be a JSON object")
        return fields

    def application(self, metrics_path: str | None) -> FastAPI:
        """The ASGI application; `metrics_path` is where Prometheus looks, if it may."""
        app = FastAPI(openapi_url=None)

        if metrics_path is not None:

            @app.get(metrics_path)
            async def metrics() -> Response:
                text = await self._look(self._metrics.text)
                return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
        async def any_path(request: Request) -> Response:
            path = request.url.path
            try:
                if request.method == "GET" and path.startswith("/v1"):
                    return await self._look(lambda: self.get(path))
                if request.method == "POST" and path.startswith("/v1"):
                    return await run_in_threadpool(self.post, path, await self._body(request))
            except Exception as error:
                refusal = from_exception(error)
                return _answer({"error": refusal.message}, refusal.http)
            status = 405 if path.startswith("/v1") else 404
            return _answer({"error": f"Malformed request: {request.method} {path}"}, status)

        return app

    async def _look(self, look_up: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._lookers, look_up)

    async def _body(self, request: Request) -> bytes:
        """The whole body.

        Raises: StatusError UNAVAILABLE when the server goes and its client is slow to send it.
        """
        reading = asyncio.ensure_future(request.body())
        try:
            while not (await asyncio.wait({reading}, timeout=_BODY_SECONDS))[0]:
                if self._stopping.is_set():
                    raise StatusError(
                        grpc.StatusCode.UNAVAILABLE,
                        "the server is shutting down, and the request has not all come",
                    )
            return reading.result()
        finally:
            reading.cancel()


class RestServer:
    """uvicorn in a thread."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        """Raises: OSError when the port is taken."""
        self._socket = socket.create_server((host, port), family=_family(host))
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="rest", daemon=True
        )

    def start(self) -> None:
        """Take requests from now on."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Take no new requests, finish those that are running."""
        self._server.should_exit = True
        if self._thread.ident is not None:  # It was started.
            self._thread.join(timeout)
        self._socket.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
