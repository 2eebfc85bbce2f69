"""What the server counts, under TensorFlow Serving's names where it has one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram, disable_created_metrics, generate_latest

from serving.server.manager import State
from serving.server.status import from_exception

disable_created_metrics()

# TensorFlow Serving's latencies are in microseconds, in buckets of 10 x 1.8^i.
_BUCKETS = tuple(10 * 1.8**exponent for exponent in range(32))


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        # A gauge, because the library writes counters as NAME_total and the name is the contract here.
        self._requests = Gauge(
            ":tensorflow:serving:request_count",
            "The total number of requests.",
            ("model_name", "status"),
            registry=self._registry,
        )
        self._latency = Histogram(
            ":tensorflow:serving:request_latency",
            "Distribution of wall time in microseconds.",
            ("model_name", "API", "entrypoint"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._loads = Gauge(
            ":tensorflow:cc:saved_model:load_attempt_count",
            "The number of times that a version was loaded or failed to.",
            ("model_path", "status"),
            registry=self._registry,
        )
        self._states = Gauge(
            "dragoman_servable_state",
            "1 for the state that a version is in.",
            ("model_name", "version", "state"),
            registry=self._registry,
        )

    @contextmanager
    def request(self, model: str, api: str, entrypoint: str) -> Iterator[None]:
        """Count a request and, when it succeeds, its time. Names of unknown models are not kept."""
        started = time.perf_counter()
        status = "OK"
        try:
            yield
        except Exception as error:
            refusal = from_exception(error)
            status = refusal.code.name
            if status in ("NOT_FOUND", "INVALID_ARGUMENT"):
                model = model if self._known(model) else ""
            raise
        finally:
            self._requests.labels(model, status).inc()
            if status == "OK":
                self._latency.labels(model, api, entrypoint).observe((time.perf_counter() - started) * 1e6)

    def load(self, path: str, status: str) -> None:
        """Count an attempt to load a version."""
        self._loads.labels(path, status).inc()

    def state(self, model: str, version: int, state: int) -> None:
        """Note the state that a version has come to."""
        for name, number in State.State.items():
            if number != State.UNKNOWN:
                self._states.labels(model, str(version), name).set(float(number == state))

    def text(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self._registry)

    def _known(self, model: str) -> bool:
        return any(
            sample.labels["model_name"] == model for m in self._states.collect() for sample in m.samples
        )
