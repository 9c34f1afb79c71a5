"""Traces: OpenTelemetry spans of requests, of jobs in the queue and at work, and of their stages.

Without a place to send them to, the API of OpenTelemetry does nothing at next to no cost; its
SDK is the extra `newsbrief[otel]`. A job carries its request's place in the trace along, so one
trace goes from the caller through the queue into the worker. Spans hold ids, counts and codes.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service import __version__
from service.errors import InvalidSettings

NAME = "newsbrief"
HEADER = "traceparent"


def configure_tracing(endpoint: str | None, process: Literal["api", "worker"]) -> None:
    """Send this process's spans to the OTLP/HTTP collector at `endpoint`; without one, nowhere.

    Raises `InvalidSettings` where the extra is not installed.
    """
    if endpoint is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise InvalidSettings(
            "NEWSBRIEF_OTLP_ENDPOINT is set, but OpenTelemetry's SDK is not installed: run"
            " `pip install 'newsbrief[otel]'`, or unset it."
        ) from error
    named = Resource.create({"service.name": f"{NAME}-{process}", "service.version": __version__})
    provider = TracerProvider(resource=named)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def flush() -> None:
    """Send what is left; call it in a thread, it waits for the collector."""
    provider: Any = trace.get_tracer_provider()
    if hasattr(provider, "force_flush"):
        provider.force_flush()


def carried() -> str:
    """The present place in a trace as a W3C traceparent, to be sent along; "" outside of one."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(HEADER, "")


def recording() -> bool:
    """Whether the present span is kept."""
    return trace.get_current_span().is_recording()


def ids() -> dict[str, str]:
    """The present trace's id, for logs; nothing outside of one."""
    found = trace.get_current_span().get_span_context()
    return {"trace_id": format(found.trace_id, "032x")} if found.is_valid else {}


@contextmanager
def span(name: str, kind: SpanKind, traceparent: str, **attributes: Any) -> Generator[None]:
    """A span below the one that was sent along; errors leave no words in it. Nothing where none
    was and none is sent anywhere."""
    if not traceparent and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield
        return
    with _tracer().start_as_current_span(
        name,
        _place(traceparent),
        kind,
        attributes,
        record_exception=False,
        set_status_on_exception=False,
    ):
        yield


def past(name: str, begun: float, ended: float, **attributes: Any) -> None:
    """A span below the present one of what is over; times are Unix seconds."""
    made = _tracer().start_span(name, attributes=attributes, start_time=_ns(begun))
    made.end(_ns(ended))


def name(text: str) -> None:
    """What the present span is called, once that is known."""
    trace.get_current_span().update_name(text)


def note(**attributes: Any) -> None:
    """Attributes of the present span."""
    trace.get_current_span().set_attributes(attributes)


def failed(code: str) -> None:
    """The present span's work failed, with a code, not with words."""
    trace.get_current_span().set_status(Status(StatusCode.ERROR, code))


def _tracer() -> Tracer:
    return trace.get_tracer(NAME, __version__)


def _place(traceparent: str) -> Context:
    return TraceContextTextMapPropagator().extract({HEADER: traceparent})


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
