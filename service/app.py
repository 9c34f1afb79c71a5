"""The API process: `create_app(settings)` is its only composition root. No torch here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope
from redis.exceptions import RedisError

import service
from service import traces
from service.api.articles.controller import ArticleController
from service.api.briefs.agreement import AgreementController
from service.api.briefs.brief_status import BriefStatuses
from service.api.briefs.changes import ChangesController
from service.api.briefs.controller import BriefController
from service.api.briefs.feed import FeedController
from service.api.checks.controller import CheckController
from service.api.dashboard.pages import Assets, PageController
from service.api.docs.openapi import complete
from service.api.docs.problem_pages import ExplanationController
from service.api.docs.reference import ReferencePage
from service.api.jobs.admission import Admission
from service.api.jobs.controller import JobController
from service.api.jobs.failures import JobFailed, from_job_failed
from service.api.jobs.job_submission import Submissions
from service.api.platform.auth import Access, add_rate_headers, caller_of, guard
from service.api.platform.disconnect import (
    ClientDisconnected,
    client_disconnect,
    from_client_disconnected,
)
from service.api.platform.health import HealthController
from service.api.platform.instrumentation import instrumented
from service.api.platform.kept_answers import KeptAnswers
from service.api.platform.metrics import Meters, Metrics, MetricsController
from service.api.platform.models import ModelController
from service.api.platform.problems import from_http, from_newsbrief, from_redis, opaque, too_deep
from service.api.platform.request_body import answer_or_read
from service.api.platform.worker_pool import WorkerPool
from service.api.retractions.controller import RetractionController
from service.api.retractions.retract import RetractionIntake
from service.api.webhooks.controller import WebhookController
from service.callbacks import BriefNotifier, Callbacks
from service.errors import InvalidSettings, NewsbriefError
from service.logs import configure_logging
from service.mcp.endpoint import McpController, McpEndpoint
from service.schemas.conversion import Limits
from service.settings import Settings
from service.sources.guard import Policy
from service.store.apikeys import ApiKeys
from service.store.articles import CleanArticles
from service.store.briefs import Briefs
from service.store.connect import queue_client, state_client
from service.store.events import Events
from service.store.jobs import Jobs
from service.store.rates import Rates
from service.store.retractions import Retractions
from service.store.tracking import Tracking
from service.store.versions import Versions
from service.store.webhooks import Webhooks
from service.store.worker_metrics import WorkerMetrics
from service.store.workers import Workers

DESCRIPTION = (
    "One consolidated brief from many articles; every sentence cites the exact characters of"
    " the sources that support it, and what can't be supported is withheld."
)


HELD = (
    "admission",
    "kept_answers",
    "mcp_endpoint",
    "metrics",
    "retraction_intake",
    "statuses",
    "submissions",
    "webhooks",
    "worker_pool",
)
"""What handlers are given of `app.state`, by the name of their parameter."""


def create_app(settings: Settings) -> Litestar:
    """The application; it connects to Redis when it starts, not when it is made."""
    if settings.redis_url is None:
        raise InvalidSettings(
            "NEWSBRIEF_REDIS_URL is not set. Set it, or run `newsbrief serve`, which starts its own."
        )
    url = settings.redis_url
    configure_logging()
    limits = Limits(
        settings.max_articles, settings.max_article_characters, settings.max_total_characters
    )
    policy = Policy.parse(settings.fetch_allow)
    assets = Assets(settings.frame_ancestors)
    meters = Meters()

    @asynccontextmanager
    async def connections(app: Litestar) -> AsyncGenerator[None]:
        state, queue, tracking = state_client(url), queue_client(url), Tracking(url)
        app.state.webhooks = Webhooks(state)
        callbacks = Callbacks(app.state.webhooks, policy, signed=bool(settings.webhook_secret))
        jobs = Jobs(
            state,
            queue,
            timeout_s=settings.job_timeout_s,
            attempts=settings.job_attempts,
            max_queued=settings.max_queued,
        )
        briefs, versions, retractions = (
            Briefs(state, settings.cache_ttl_s),
            Versions(state),
            Retractions(state),
        )
        app.state.worker_pool = WorkerPool(Workers(state))
        app.state.submissions = Submissions(
            briefs,
            jobs,
            Events(state),
            app.state.worker_pool,
            settings.wait_s,
            callbacks,
            CleanArticles(state, settings.fetch_cache_ttl_s),
            meters,
            tracking,
        )
        app.state.meters = meters
        app.state.metrics = Metrics(meters, jobs, Workers(state), WorkerMetrics(state))
        app.state.admission = Admission(versions, retractions)
        app.state.statuses = BriefStatuses(
            briefs, versions, retractions, forget=app.state.webhooks.unfollow
        )
        app.state.retraction_intake = RetractionIntake(
            retractions, notify=BriefNotifier(app.state.webhooks).retracted
        )
        app.state.access = Access(ApiKeys(state), Rates(state), required=settings.require_keys)
        app.state.mcp_endpoint = McpEndpoint(app, settings.cors_origins, settings.max_body_bytes)
        app.state.kept_answers = KeptAnswers(tracking, meters)
        tracking.start()
        try:
            yield
        finally:
            await tracking.aclose()
            await state.aclose()
            await queue.aclose()
            await asyncio.to_thread(traces.flush)

    app = Litestar(
        route_handlers=[
            Router(
                path="/",
                route_handlers=[
                    ArticleController,
                    BriefController,
                    AgreementController,
                    ChangesController,
                    FeedController,
                    CheckController,
                    JobController,
                    RetractionController,
                    WebhookController,
                    ModelController,
                ],
                guards=[guard],
                security=[{"key": []}],
            ),
            HealthController,
            ExplanationController,
            McpController,
            MetricsController,
            PageController,
        ],
        before_send=[add_rate_headers, add_vary],
        cors_config=cors(settings.cors_origins),
        lifespan=[connections],
        dependencies={
            **{name: Provide(of_state(name), sync_to_thread=False) for name in HELD},
            "disconnected": Provide(client_disconnect),
            "caller": Provide(caller_of, sync_to_thread=False),
            "limits": Provide(lambda: limits, sync_to_thread=False),
            "assets": Provide(lambda: assets, sync_to_thread=False),
        },
        before_request=answer_or_read,
        exception_handlers={
            NewsbriefError: from_newsbrief,
            JobFailed: from_job_failed,
            ClientDisconnected: from_client_disconnected,
            HTTPException: from_http,
            RedisError: from_redis,
            RecursionError: too_deep,
            Exception: opaque,
        },
        openapi_config=OpenAPIConfig(
            title="Newsbrief",
            version=service.__version__,
            description=DESCRIPTION,
            path="/schema",
            render_plugins=[ReferencePage()],
            components=Components(
                security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
            ),
        ),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        debug=False,
    )
    complete(app.openapi_schema)
    app.asgi_handler = instrumented(app.asgi_handler, meters)  # around all, unknown paths too
    return app


def cors(origins: tuple[str, ...]) -> CORSConfig | None:
    """What the browsers of these origins may send and read; None lets no other origin in."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[
            "Authorization", "Content-Type", "Prefer", "Accept", "Last-Event-ID", "If-None-Match",
            "X-Request-ID", "traceparent", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name",
        ],
        expose_headers=[
            "Location", "ETag", "Retry-After", "Preference-Applied", "RateLimit-Limit",
            "RateLimit-Remaining", "RateLimit-Reset", "X-Job", "X-Request-ID",
        ],
    )  # fmt: skip


def of_state(name: str) -> Callable[[Request[Any, Any, Any]], Any]:
    """A dependency: what the application holds under this name."""

    def provide(request: Request[Any, Any, Any]) -> Any:
        return request.app.state[name]

    return provide


async def add_vary(message: Message, scope: Scope) -> None:
    """Before-send hook: the Vary header. Briefs differ by media type, pages by compression and,
    with CORS, every answer by origin. Litestar sets `Vary: Origin` only if the request has an
    Origin; a cache in between needs it on every answer."""
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message)["Vary"] = "Accept, Accept-Encoding, Origin"
