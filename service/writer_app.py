"""The writer's process: `create_writer_app(...)` serves one server's models to other machines.

What is said is told in `service/models/shared_writer.py`, which is the workers' side.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Controller, Litestar, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from service.errors import WriterUnavailable
from service.models.http_writer import HttpWriter
from service.models.shared_writer import (
    BEAT_S,
    OTHER_BUILD,
    Asked,
    Failure,
    Offer,
    Offers,
)
from service.schemas.wire import AliveOut
from service.secret import Secret
from service.store.worker_metrics import BUCKETS_S

LONGEST_REQUEST = 200_000
"""Bytes of a request's body. The server reads 2048 tokens."""

Up = Callable[[], Awaitable[bool]]


class WriterReady(msgspec.Struct, frozen=True):
    status: str


class SharedModel:
    """The models of one server, asked one prompt after another in the order in which they came."""

    def __init__(self, models: Mapping[str, HttpWriter]) -> None:
        self._models = models
        self._turn = asyncio.Lock()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._waiting = Gauge(
            "newsbrief_writer_waiting",
            "Prompts that are answered or wait.",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "newsbrief_writer_answer_seconds",
            "From a prompt's turn to its answer.",
            ("model",),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._failures = Counter(
            "newsbrief_writer_failures", "Prompts without an answer.", registry=self.registry
        )

    @property
    def offers(self) -> Offers:
        return Offers(tuple(Offer(name, model.fingerprint) for name, model in self._models.items()))

    def has(self, model: str, fingerprint: str) -> bool:
        return model in self._models and self._models[model].fingerprint == fingerprint

    async def answer(self, asked: Asked) -> ServerSentEventMessage:
        """The one event that answers a prompt."""
        with self._waiting.track_inprogress():
            async with self._turn:
                with self._seconds.labels(asked.model).time():
                    return await self._answered(asked)

    async def _answered(self, asked: Asked) -> ServerSentEventMessage:
        wanted = msgspec.to_builtins(asked.wanted)
        try:
            answer = await self._models[asked.model].answer(asked.messages, wanted, asked.question)
        except WriterUnavailable as error:
            self._failures.inc()
            return _event("failure", Failure(str(error)))
        if answer is None:
            return _event("failure", Failure("the prompt is too long", too_long=True))
        return _event("answer", answer)


def _event(kind: str, data: Any) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=kind, data=msgspec.json.encode(data).decode())


async def _told(model: SharedModel, asked: Asked) -> AsyncGenerator[ServerSentEventMessage]:
    """The answer, with comments while it is waited for; a caller who goes takes its prompt along."""
    working = asyncio.create_task(model.answer(asked))
    try:
        while not (await asyncio.wait({working}, timeout=BEAT_S))[0]:
            yield ServerSentEventMessage(data=None, comment="wait")
        yield working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


class WriterController(Controller):
    path = "/v1"

    @get("/models")
    async def models(self, model: NamedDependency[SharedModel]) -> Offers:
        return model.offers

    @post("/answers", status_code=200)
    async def answers(
        self, data: JSONBody[Asked], model: NamedDependency[SharedModel]
    ) -> ServerSentEvent:
        if not model.has(data.model, data.fingerprint):
            raise HTTPException("This is another build.", status_code=OTHER_BUILD)
        return ServerSentEvent(_told(model, data))


class WriterHealthController(Controller):
    path = "/health"

    @get("/live")
    async def live(self) -> AliveOut:
        return AliveOut()

    @get("/ready")
    async def ready(self, up: NamedDependency[Up]) -> Response[WriterReady]:
        if await up():
            return Response(WriterReady("ready"))
        return Response(WriterReady("not ready"), status_code=503)


class WriterMetricsController(Controller):
    path = "/metrics"

    @get()
    async def metrics(self, model: NamedDependency[SharedModel]) -> Response[bytes]:
        return Response(generate_latest(model.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def create_writer_app(models: Mapping[str, HttpWriter], up: Up, key: Secret | None) -> Litestar:
    """The application over one server's models, by the names that `shared_writer` has for them; `up` says
    whether the server answers. Whoever calls shows `key`, if there is one."""
    model = SharedModel(models)
    right = f"Bearer {key.text}".encode() if key else None

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = connection.headers.get("Authorization", "").encode()
        if right is not None and not hmac.compare_digest(given, right):
            raise NotAuthorizedException("Show NEWSBRIEF_WRITER_API_KEY as a bearer token.")

    return Litestar(
        route_handlers=[
            Router(path="/", route_handlers=[WriterController], guards=[guard]),
            WriterHealthController,
            WriterMetricsController,
        ],
        dependencies={
            "model": Provide(lambda: model, sync_to_thread=False),
            "up": Provide(lambda: up, sync_to_thread=False),
        },
        openapi_config=None,
        request_max_body_size=LONGEST_REQUEST,
        logging_config=None,
        debug=False,
    )
