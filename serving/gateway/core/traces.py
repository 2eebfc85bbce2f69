"""Spans of OpenTelemetry: a request, its parts, and on to the model servers (W3C `traceparent`); without
texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.core.settings import TraceSettings

Tell = Callable[[str, Mapping[str, Any]], None]
"""Called at a request's end: its status, and what the log is told of it."""

_KEYS = (
    "request",
    "key",
    "texts",
    "characters",
    "bytes",
    "sources",
    "target",
    "models",
    "versions",
    "label",
    "fault",
)
"""Of what the log is told: the others may quote a model server."""


class Traces:
    """None: what a gateway has whose settings say nothing of them."""

    @contextmanager
    def request(self, name: str, headers: Mapping[str, Any]) -> Iterator[Tell]:
        """A request while it is answered; `headers` may say of which trace it is."""
        del name, headers
        yield lambda _status, _fields: None

    def phase(self, name: str) -> AbstractContextManager[Any]:
        """A part of the request that is answered here."""
        del name
        return nullcontext()

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What tells a model server of which trace a call is."""
        return ()

    def close(self) -> None:
        """Send what is left."""


class Spans(Traces):
    """Those of a provider of OpenTelemetry's."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("dragoman.gateway")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, name: str, headers: Mapping[str, Any]) -> Iterator[Tell]:
        """See the base."""
        from opentelemetry.trace import SpanKind

        parent = self._propagator.extract(headers)
        with self._current(name, context=parent, kind=SpanKind.SERVER) as span:

            def tell(status: str, facts: Mapping[str, Any]) -> None:
                span.set_attribute("dragoman.status", status)
                for key in _KEYS:
                    if facts.get(key):
                        span.set_attribute(f"dragoman.{key}", facts[key])
                for phase, milliseconds in facts.get("stages", {}).items():
                    span.set_attribute(f"dragoman.milliseconds.{phase}", milliseconds)

            yield tell

    def phase(self, name: str) -> AbstractContextManager[Any]:
        """See the base."""
        return self._current(name)

    def _current(self, name: str, **options: Any) -> AbstractContextManager[Any]:
        # What an exception says may quote the request.
        return self._tracer.start_as_current_span(  # type: ignore[no-any-return]
            name, record_exception=False, set_status_on_exception=False, **options
        )

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """See the base."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return tuple(carrier.items())

    def close(self) -> None:
        """See the base."""
        self._provider.shutdown()


def traces_of(settings: TraceSettings | None) -> Traces:
    """What the settings want.

    Raises:
        GatewaySettingsError: the packages for it are not installed.
    """
    if settings is None:
        return Traces()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ModuleNotFoundError as error:
        raise GatewaySettingsError(
            f"traces: {error.name} is not installed: pip install '.[gateway-traces]' in Dragoman's checkout"
        ) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": settings.service}),
        sampler=ParentBased(TraceIdRatioBased(settings.share)),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.endpoint)))
    return Spans(provider)
