"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serving.gateway.core.admission import Admission
from serving.gateway.core.wish import Outcome

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one gateway."""

    def __init__(self, admission: Admission) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dragoman_gateway_requests",
            "Requests that were answered.",
            ("interface", "call", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "dragoman_gateway_request_seconds",
            "From a request's first byte to its answer's last.",
            ("interface", "call"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "dragoman_gateway_stage_seconds",
            "What the parts of a translation take.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._texts = Counter(
            "dragoman_gateway_texts",
            "Texts that were translated.",
            ("source", "target", "model", "version", "label"),
            registry=self._registry,
        )
        self._characters = Counter(
            "dragoman_gateway_characters",
            "Characters of these texts; `key`: the name of the caller's, if it has one.",
            ("source", "target", "key"),
            registry=self._registry,
        )
        self._kept = Counter(
            "dragoman_gateway_kept_texts",
            "Texts whose answer was kept from before.",
            registry=self._registry,
        )
        self._breakers = Gauge(
            "dragoman_gateway_breaker_open",
            "1: the model servers of this address have left the latest requests unanswered.",
            ("address",),
            registry=self._registry,
        )
        for name, help_, count in (
            ("running", "Requests that are translated now.", lambda: admission.running),
            ("waiting", "Requests that wait for that.", lambda: admission.waiting),
        ):
            gauge = Gauge(f"dragoman_gateway_{name}", help_, registry=self._registry)
            gauge.set_function(count)

    def breaker(self, address: str, is_open: Callable[[], bool]) -> None:
        """An address of model servers is asked from now on."""
        self._breakers.labels(address).set_function(is_open)

    def request(self, interface: str, call: str, status: int | str, seconds: float) -> None:
        """One was answered; `status`: HTTP's number, or gRPC's name."""
        self._requests.labels(interface, call, str(status)).inc()
        self._seconds.labels(interface, call).observe(seconds)

    def kept(self, texts: int) -> None:
        """So many were answered from the cache."""
        self._kept.inc(texts)

    def outcome(self, texts: Sequence[str], outcome: Outcome, key: str) -> None:
        """Texts were translated for somebody, or came back as they are."""
        for stage, spent in outcome.milliseconds.items():
            self._stages.labels(stage).observe(spent / 1000)
        for text, answer in zip(texts, outcome.answers, strict=True):
            languages = answer.source, outcome.target
            versions = ",".join(map(str, answer.versions))
            self._texts.labels(*languages, answer.model, versions, outcome.label).inc()
            self._characters.labels(*languages, key).inc(len(text))

    def page(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self._registry)
