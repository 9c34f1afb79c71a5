"""The worker process: `worker(settings)` is the only job composition root."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import structlog
from redis.exceptions import RedisError
from saq import Worker

from service import traces
from service.callbacks import BriefNotifier
from service.errors import Cancelled, InvalidSettings, WriterUnavailable
from service.jobs.job_runner import (
    BODIES,
    STOP_S,
    CheckDraft,
    CompareArticle,
    JobRunner,
    Pages,
    Run,
)
from service.jobs.webhook_delivery import RetryPolicy, WebhookDelivery
from service.logs import configure_logging
from service.models.base import Models
from service.models.http_writer import HttpWriter
from service.models.loading import SHIPPED_CHECKER, ModelConfig, opened, verify
from service.models.registry import Kind, locate, server_address
from service.models.shared_writer import SharedWriter
from service.pipeline.attribution.agreement import ERROR_RATES, ERROR_RATES_OF_SMALL_READER
from service.pipeline.check_draft import check_draft
from service.pipeline.compare_article import compare_article
from service.pipeline.fingerprint import fingerprint
from service.pipeline.run import run as run_pipeline
from service.pipeline.verification.calibration import checker_figures
from service.schemas.conversion import Limits
from service.settings import Settings
from service.sources.cache import PageCache
from service.sources.deliver import Sender
from service.sources.fetch import Fetcher, FetchLimits
from service.sources.guard import Policy
from service.store.articles import CleanArticles
from service.store.briefs import Briefs
from service.store.computation_cache import RedisComputationCache
from service.store.connect import memo_client, queue_client, state_client
from service.store.events import Events
from service.store.jobs import Jobs
from service.store.pages import FetchedPages
from service.store.retractions import Retractions
from service.store.versions import Versions
from service.store.webhooks import Webhooks
from service.store.worker_metrics import WorkerMetrics
from service.store.workers import BEAT_S, Announcement, ModelInfo, Workers

SWEEP_S = 2
"""How often jobs of dead workers are looked for; also how long an idle worker takes to stop."""

DEQUEUE_S = 1.0
"""Longest wait for work before looking whether to stop."""

WRITER_LOOK_S = 15.0
"""How often a writer's server that failed is asked whether it is back."""


def model_config(settings: Settings) -> ModelConfig:
    return ModelConfig(
        encoder=settings.encoder,
        parser=settings.parser,
        writer=None if settings.writer in {"", "none"} else settings.writer,
        checker=settings.checker or None,
        model_dir=settings.model_dir,
        data_dir=settings.data_dir,
        dtype=settings.dtype,
        threads=settings.threads,
        writer_key=settings.writer_api_key,
        writer_deadline_s=settings.writer_deadline_s,
        writer_concurrency=settings.writer_concurrency,
    )


def worker(settings: Settings) -> None:
    """Load the models, once their files are found to be whole, announce them, and work until SIGTERM or
    SIGINT."""
    configure_logging()
    traces.configure_tracing(settings.otlp_endpoint, "worker")
    config = model_config(settings)
    verify(config)
    with opened(config) as models:
        asyncio.run(work(settings, models, infos(settings, models)))


async def work(
    settings: Settings,
    models: Models,
    served: tuple[ModelInfo, ...],
    run: Run = run_pipeline,
    check: CheckDraft = check_draft,
    compare: CompareArticle = compare_article,
) -> None:
    """Consume the queue of these models' fingerprint; `run` is the pipeline, `check` of a draft, `compare` of an
    article."""
    if settings.redis_url is None:
        raise InvalidSettings("NEWSBRIEF_REDIS_URL is not set: a worker needs the API's Redis.")
    url = settings.redis_url
    state, queue = state_client(url), queue_client(url)
    jobs = Jobs(
        state,
        queue,
        timeout_s=settings.job_timeout_s,
        attempts=settings.job_attempts,
        max_queued=settings.max_queued,
    )
    memo = RedisComputationCache(memo_client(url), settings.cache_ttl_s)
    webhooks = Webhooks(state)
    runner = JobRunner(
        jobs,
        Briefs(state, settings.cache_ttl_s),
        Events(state),
        Versions(state),
        Retractions(state),
        models,
        memo,
        run,
        Pages(
            fetcher(settings, FetchedPages(state, settings.fetch_page_ttl_s)),
            limits(settings),
            settings.fetch_cache_ttl_s,
            CleanArticles(state, settings.fetch_cache_ttl_s),
        ),
        BriefNotifier(webhooks),
        check,
        compare,
        WorkerMetrics(state),
    )
    announcement = Announcement(
        id=f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:6]}",
        fingerprint=fingerprint(models),
        started_at=time.time(),
        models=served,
        error_rates=error_rates(models),
        agreement_error_rates=agreement_error_rates(models),
    )
    workers = Workers(state)
    # saq types the context as a class of its own.
    functions: Any = [(task, runner.work) for task in BODIES]
    consumer = Worker(
        jobs.queue(announcement.fingerprint),
        functions=functions,
        concurrency=1,
        shutdown_grace_period_s=settings.shutdown_grace_s,
        # The job waits so long for its pipeline; then it has to write down how it ended.
        cancellation_hard_deadline_s=2 * STOP_S,
        dequeue_timeout=DEQUEUE_S,
        timers={"schedule": 1, "worker_info": SWEEP_S, "sweep": SWEEP_S, "abort": 1},
    )
    beside = [
        asyncio.create_task(
            _beat(workers, jobs, announcement, consumer, models, settings.worker_alive_file)
        )
    ]
    if settings.webhook_secret:
        beside.append(asyncio.create_task(webhook_delivery(settings, webhooks, jobs).run()))
    if isinstance(models.writer, HttpWriter):
        beside.append(asyncio.create_task(_watch(models.writer)))
    log = structlog.get_logger()
    log.info("worker.ready", worker=announcement.id, fingerprint=announcement.fingerprint)
    try:
        await consumer.start()
    finally:
        for each in beside:
            each.cancel()
        await asyncio.wait(beside)
        with suppress(RedisError):
            await workers.leave(announcement)
        await state.aclose()
        await queue.aclose()
        await asyncio.to_thread(traces.flush)
        log.info("worker.stopped", worker=announcement.id)


def infos(settings: Settings, models: Models) -> tuple[ModelInfo, ...]:
    """Kind, name and licence of every model that was really loaded."""
    config = model_config(settings)
    named: dict[Kind, str | None] = {
        "encoder": config.encoder,
        "parser": config.parser,
        "writer": config.writer,
        "checker": config.checker,
    }
    return tuple(
        ModelInfo(kind, models.names()[kind], licence(name, kind, config))
        for kind, name in named.items()
        if name and kind in models.names()
    )


def error_rates(models: Models) -> dict[str, float] | None:
    """The shipped checker's, as they were measured; another checker's are not known."""
    if models.checker is None or not models.checker.fingerprint.startswith(SHIPPED_CHECKER):
        return None
    return checker_figures().get("error_rates")


def agreement_error_rates(models: Models) -> dict[str, float] | None:
    """Those of the embedded models, as they were measured; another writer's are not known."""
    if models.writer is None:
        return ERROR_RATES_OF_SMALL_READER
    return ERROR_RATES if models.support is not None else None


def licence(name: str, kind: Kind, config: ModelConfig) -> str:
    if name == SHIPPED_CHECKER:
        return "Apache-2.0"
    if kind == "writer" and server_address(name):
        return "see its server"
    return locate(name, kind, config.model_dir).licence


def fetcher(settings: Settings, cache: PageCache | None = None) -> Fetcher:
    return Fetcher(
        Policy.parse(settings.fetch_allow),
        FetchLimits(
            deadline_s=settings.fetch_deadline_s,
            bytes=settings.fetch_max_bytes,
            redirects=settings.fetch_max_redirects,
            per_host=settings.fetch_per_host,
            fresh_s=settings.fetch_fresh_s,
        ),
        user_agent=settings.fetch_user_agent,
        robots=settings.fetch_robots,
        cache=cache,
    )


def webhook_delivery(settings: Settings, webhooks: Webhooks, jobs: Jobs) -> WebhookDelivery:
    sender = Sender(
        Policy.parse(settings.fetch_allow),
        tuple(each.text for each in settings.webhook_secret),
        deadline_s=settings.webhook_deadline_s,
        user_agent=settings.fetch_user_agent,
    )
    pace = RetryPolicy(
        attempts=settings.webhook_attempts,
        first_s=settings.webhook_retry_s,
        deadline_s=settings.webhook_deadline_s,
    )
    return WebhookDelivery(webhooks, jobs, sender, pace)


def limits(settings: Settings) -> Limits:
    return Limits(
        settings.max_articles, settings.max_article_characters, settings.max_total_characters
    )


async def _watch(writer: HttpWriter) -> None:
    """Ask a writer's server that failed again from time to time, for readiness; end this process where it was
    replaced by another build, under whose fingerprint a new worker must announce itself."""
    over = threading.Event()

    def on_step() -> None:
        if over.is_set():
            raise Cancelled("The worker stops.")

    try:
        while True:
            await asyncio.sleep(WRITER_LOOK_S)
            if not writer.available:
                with suppress(WriterUnavailable):
                    await asyncio.to_thread(writer.probe, 0.0, on_step)
            if isinstance(writer, SharedWriter) and writer.replaced:
                structlog.get_logger().error("writer.replaced")
                signal.raise_signal(signal.SIGTERM)
                return
    finally:
        over.set()


async def _beat(
    workers: Workers,
    jobs: Jobs,
    announcement: Announcement,
    consumer: Worker[Any],
    models: Models,
    alive: Path | None,
) -> None:
    """Announce the worker and its queue until it is told to stop: from then on it takes no job. A Redis
    that is down at the start, or comes back empty, is told as soon as it is there. `alive` is touched
    as often, whether Redis answers or not."""
    process = psutil.Process()
    while not consumer.event.is_set():
        if alive is not None:
            with suppress(OSError):  # what looks at the file will say so
                alive.touch()  # noqa: ASYNC240  # a local file
        try:
            writer = None if models.writer is None else models.writer.available
            await jobs.serve(announcement.fingerprint)
            await workers.beat(announcement, process.memory_info().rss, writer=writer)
        except RedisError as error:
            structlog.get_logger().warning("worker.beat_failed", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(consumer.event.wait(), BEAT_S)
    with suppress(RedisError):
        await workers.leave(announcement)
