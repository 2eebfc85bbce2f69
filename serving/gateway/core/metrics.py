"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest

from serving.gateway.core.admission import Admission
from serving.gateway.core.errors import Fault
from serving.gateway.core.wish import RequestOutcome

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SERVED = ("model", "version", "label")
"""By which it is counted what models were asked."""


class Metrics:
    """The metrics of one gateway."""

    def __init__(self, admission: Admission) -> None:
        self._registry = CollectorRegistry()
        self._count_requests()
        self._count_translations()
        self._count_models()
        for name, help_, count in (
            ("running", "Requests that are translated now.", lambda: admission.running),
            ("waiting", "Requests that wait for that.", lambda: admission.waiting),
        ):
            self.follow(name, help_, count)

    def _count_requests(self) -> None:
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
        self._faults = Counter(
            "dragoman_gateway_faults",
            "Requests that were answered with an error, by the reason.",
            ("interface", "call", "fault"),
            registry=self._registry,
        )

    def _count_translations(self) -> None:
        self._translations = Counter(
            "dragoman_gateway_translations",
            "Requests for translations, by the label that was asked: `ok`, or why there is none.",
            ("label", "result"),
            registry=self._registry,
        )
        self._model_seconds = Histogram(
            "dragoman_gateway_model_seconds",
            "What the models take for a request, by the label that was asked.",
            ("label",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._phases = Histogram(
            "dragoman_gateway_stage_seconds",
            "What the phases of a translation take.",
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

    def _count_models(self) -> None:
        self._asked_requests = Counter(
            "dragoman_gateway_asked_requests",
            "Requests to models; `outcome`: `ok`, what went wrong, or `cancelled`: nobody waits any more.",
            (*_SERVED, "outcome"),
            registry=self._registry,
        )
        self._asked_characters = Counter(
            "dragoman_gateway_asked_characters",
            "Characters of the sentences that models were asked to translate.",
            _SERVED,
            registry=self._registry,
        )
        self._asked_seconds = Summary(
            "dragoman_gateway_asked_seconds",
            "What models take for a request that they answer.",
            _SERVED,
            registry=self._registry,
        )
        self._breakers = Gauge(
            "dragoman_gateway_breaker_open",
            "1: the model servers of this address have left the latest requests unanswered.",
            ("address",),
            registry=self._registry,
        )

    def follow(self, name: str, help_: str, count: Callable[[], float]) -> None:
        """Show what is counted elsewhere."""
        Gauge(f"dragoman_gateway_{name}", help_, registry=self._registry).set_function(count)

    def breaker(self, address: str, is_open: Callable[[], bool]) -> None:
        """An address of model servers is asked from now on."""
        self._breakers.labels(address).set_function(is_open)

    def request(self, interface: str, call: str, status: int | str, seconds: float) -> None:
        """One was answered; `status`: HTTP's number, or gRPC's name."""
        self._requests.labels(interface, call, str(status)).inc()
        self._seconds.labels(interface, call).observe(seconds)

    def fault(self, interface: str, call: str, fault: Fault) -> None:
        """One was answered with an error."""
        self._faults.labels(interface, call, fault.value).inc()

    def untranslated(self, label: str, fault: Fault) -> None:
        """A request got no translation."""
        self._translations.labels(label, fault.value).inc()

    def kept(self, texts: int) -> None:
        """So many were answered from the cache."""
        self._kept.inc(texts)

    def outcome(self, texts: Sequence[str], outcome: RequestOutcome, key: str) -> None:
        """Texts were translated for somebody, or came back as they are."""
        self._translations.labels(outcome.label, "ok").inc()
        for phase, spent in outcome.milliseconds.items():
            self._phases.labels(phase).observe(spent / 1000)
        if "model" in outcome.milliseconds:  # Else nothing new was asked.
            self._model_seconds.labels(outcome.label).observe(outcome.milliseconds["model"] / 1000)
        for text, answer in zip(texts, outcome.answers, strict=True):
            languages = answer.source, outcome.target
            versions = ",".join(map(str, answer.versions))
            self._texts.labels(*languages, answer.model, versions, outcome.label).inc()
            self._characters.labels(*languages, key).inc(len(text))

    def model_asked(
        self, served: tuple[str, str, str], characters: int, seconds: float, outcome: str
    ) -> None:
        """A model was asked; `served`: its name, version and label, `outcome`: `ok`, or what went wrong."""
        self._asked_requests.labels(*served, outcome).inc()
        self._asked_characters.labels(*served).inc(characters)
        if outcome == "ok":
            self._asked_seconds.labels(*served).observe(seconds)

    def traffic(self) -> list[dict[str, Any]]:
        """A row a model, version and label, as this gateway has asked them since it began: `requests`,
        `characters`, `errors` (how many of each kind), `seconds` (the mean of an answer; None without any).
        """
        outcomes: dict[tuple[str, ...], dict[str, int]] = {}
        for family in self._asked_requests.collect():
            for sample in family.samples:
                if sample.name.endswith("_total"):
                    served = tuple(sample.labels[name] for name in _SERVED)
                    outcomes.setdefault(served, {})[sample.labels["outcome"]] = int(sample.value)
        return [self._traffic_of(served, counts) for served, counts in sorted(outcomes.items())]

    def _traffic_of(self, served: tuple[str, ...], outcomes: dict[str, int]) -> dict[str, Any]:
        labels = dict(zip(_SERVED, served, strict=True))

        def value(name: str) -> float:
            return self._registry.get_sample_value(f"dragoman_gateway_asked_{name}", labels) or 0.0

        answered = outcomes.get("ok", 0)
        return {
            **labels,
            "requests": sum(outcomes.values()),
            "characters": int(value("characters_total")),
            "errors": {outcome: count for outcome, count in outcomes.items() if outcome != "ok"},
            "seconds": value("seconds_sum") / answered if answered else None,
        }

    def page(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self._registry)
