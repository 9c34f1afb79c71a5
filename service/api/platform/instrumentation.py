"""Observe: every request has an id, a log line, a place in the figures and a span.

It wraps the whole application, so that requests without a route are counted too. What a caller
can choose at will, a path or a query, is not recorded: only the template of the route.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind
from structlog.contextvars import bound_contextvars

from service import traces
from service.api.platform.metrics import Meters
from service.logs import named, request_id

UNROUTED = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLOSED = 499
"""What is counted where the caller was gone before an answer began."""


def instrumented(app: ASGIApp, meters: Meters) -> ASGIApp:
    """The application with an id, a log line, a metric and a span for every request."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        given = dict(scope["headers"])
        own, above = named(_text(given, "x-request-id")), _text(given, traces.HEADER)
        begun, status = time.perf_counter(), CLOSED

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            await send(message)

        with (
            traces.span(method, SpanKind.SERVER, above),
            bound_contextvars(request_id=own, **traces.ids()),
        ):
            try:
                await app(scope, receive, sending)
            finally:
                record(scope, method, status, time.perf_counter() - begun, meters)

    return watched


def _text(headers: Mapping[bytes, bytes], name: str) -> str:
    """A header, by its name in lower case; "" without it."""
    return headers.get(name.encode(), b"").decode("latin-1")


def record(scope: Scope, method: str, status: int, took_s: float, meters: Meters) -> None:
    """Record a request that is over: `took_s` in the metrics, a log line, and the span's name."""
    route: Any = scope.get("path_template") or UNROUTED
    caller: Any = scope.get("state", {}).get("caller")
    meters.requests.labels(method, route, str(status)).observe(took_s)
    structlog.get_logger().info(
        "request.served",
        method=method,
        route=route,
        status=status,
        ms=round(1000 * took_s),
        key=caller.key_id if caller else "",
    )
    if not traces.recording():
        return
    traces.note(
        **{
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "newsbrief.request.id": request_id(),
        }
    )
    traces.name(f"{method} {route}")
    if status >= 500:
        traces.failed(str(status))
