"""Job runner: one job from the queue, through the pipeline, to its result and every other ending."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec
import structlog
from opentelemetry.trace import SpanKind
from redis.exceptions import RedisError
from saq.job import Job
from structlog.contextvars import bound_contextvars

from service import traces
from service.callbacks import BriefNotifier
from service.errors import (
    Cancelled,
    InvalidRequest,
    NewsbriefError,
    NothingToBrief,
)
from service.jobs.extract_article import extract_article
from service.jobs.fetch_articles import Gathered, fetch_articles
from service.jobs.stream_events import StreamEvent, StreamEvents
from service.logs import frames
from service.models.base import Models
from service.pipeline.progress import STAGES
from service.pipeline.types import (
    Article,
    Brief,
    Comparison,
    ComparisonRequest,
    DraftReport,
    DraftRequest,
    Emit,
    Event,
    Memo,
    Progress,
    Request,
)
from service.pipeline.writing.carry_over import still_cited
from service.schemas.conversion import Limits, to_articles, to_draft_request, to_request
from service.schemas.wire import (
    ArticleComparison,
    ArticleRequest,
    BriefRequest,
    CheckRequest,
    JobRequest,
)
from service.sources.extract import extract
from service.sources.fetch import Fetcher
from service.store.articles import CleanArticle, CleanArticles
from service.store.briefs import Briefs, StoredBrief, hashes
from service.store.events import Events
from service.store.jobs import ENDED, HEARTBEAT_S, NO_CAUSE, Failure, Jobs, Record
from service.store.retractions import Retractions, refuse
from service.store.versions import Version, Versions
from service.store.worker_metrics import (
    SENTENCES,
    TOKENS,
    VERDICTS,
    WITHHELD,
    Sample,
    WorkerMetrics,
)

T = TypeVar("T")
Run = Callable[[Request, Models, Memo, Emit], Brief]
CompareArticle = Callable[[ComparisonRequest, Models, Memo, Emit], Comparison]
CheckDraft = Callable[[DraftRequest, Models, Memo, Emit], DraftReport]
Predecessor = tuple[Version | None, StoredBrief | None]

Result = Brief | DraftReport | CleanArticle | Comparison

BODIES: dict[str, type[JobRequest]] = {
    "brief": BriefRequest,
    "check": CheckRequest,
    "article": ArticleRequest,
    "comparison": ArticleComparison,
}
"""What the body of each kind of job is."""

LOOK_S = 0.25
"""How often a running pipeline is looked at: its progress is told so often at most."""

PROVISIONAL_S = 10
"""How long a brief answers its request that was made without the writer, which failed: until those
who wait for it have read it."""

STOP_S = 5.0
"""How long a cancelled pipeline may take to notice: one decoding step, generously."""


class Pages(msgspec.Struct, frozen=True):
    """How articles that are only URLs are read, for how long the result answers again, and where
    one that was cleaned for its caller is kept."""

    fetcher: Fetcher
    limits: Limits
    answers_s: int
    cleaned: CleanArticles


class TakenOver(Exception):
    """Another attempt at the job was begun, or has ended it."""


class Attempt:
    """One try at a job: its record as it stands, and what was told and not yet written down."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.events = deque[tuple[float, Event | StreamEvent]]()
        self.stop = threading.Event()

    def emit(self, event: Event | StreamEvent) -> None:
        """Called from the pipeline's thread."""
        self.events.append((time.time(), event))
        if self.stop.is_set():
            raise Cancelled("The job was stopped.")


class JobRunner:
    """The job function with what it works with."""

    def __init__(
        self,
        jobs: Jobs,
        briefs: Briefs,
        events: Events,
        versions: Versions,
        retractions: Retractions,
        models: Models,
        memo: Memo,
        run: Run,
        pages: Pages,
        notifier: BriefNotifier,
        check: CheckDraft,
        compare: CompareArticle,
        totals: WorkerMetrics,
    ) -> None:
        self._jobs = jobs
        self._briefs = briefs
        self._events = events
        self._versions = versions
        self._retractions = retractions
        self._models = models
        self._memo = memo
        self._run = run
        self._pages = pages
        self._notifier = notifier
        self._check_draft = check
        self._compare = compare
        self._totals = totals

    async def work(self, context: dict[str, Any]) -> None:
        """Run one job to its end; every ending is written down before this returns.

        A retryable failure is raised while attempts are left, so that the queue tries
        again. Work that another attempt finished is not done twice.
        """
        job: Job = context["job"]
        # The queue's library logs a failing job as it stands: with the traceback of the last attempt.
        job.error = None
        record = await self._jobs.get(job.key)
        cause = NO_CAUSE if record is None else record.cause
        ids = {"job": job.key, "attempt": job.attempts, "request_id": cause.request_id}
        attributes = {"newsbrief.job.id": job.key, "newsbrief.job.attempt": job.attempts}
        with (
            traces.span(f"job {job.function}", SpanKind.CONSUMER, cause.traceparent, **attributes),
            bound_contextvars(**ids, **traces.ids()),
        ):
            while await self._attempted(job):
                structlog.get_logger().info("job.wanted_again")

    async def _attempted(self, job: Job) -> bool:
        """One attempt; whether another is due, since a caller joined just as it stopped."""
        log = structlog.get_logger()
        record, body = await self._jobs.get(job.key), await self._jobs.request(job.key)
        if record is None or body is None or record.status in ENDED:
            log.info("job.over")
            return False
        if (held := await self._held(job)) is not None:
            await self._jobs.finish(record, brief_id=held)
            return False
        await self._events.forget(job.key)
        if (begun := await self._jobs.start(record)) is None:
            log.info("job.over")
            return False
        traces.past("queue", begun.created_at, begun.started_at or begun.created_at)
        attempt, clock = Attempt(begun), time.perf_counter()
        try:
            wire = msgspec.json.decode(body, type=BODIES[job.function])
            articles, result = await self._made(job, attempt, wire)
            if not isinstance(
                wire, ArticleComparison
            ):  # a stored brief is read whatever became of its texts
                await refuse(self._retractions, begun.namespace, hashes(articles))
        except asyncio.CancelledError:
            if time.perf_counter() - clock >= job.timeout:
                detail = f"The brief took longer than {job.timeout} seconds. Send fewer articles."
                await self._jobs.fail(attempt.record, Failure("unavailable", detail))
            log.info("job.stopped")
            raise
        except TakenOver:
            log.warning("job.taken_over")
            # The queue's library writes nothing of a job that is cancelled so: it is another's.
            raise asyncio.CancelledError from None
        except Cancelled:
            if not await self._jobs.cancel(attempt.record):
                return True
            log.info("job.cancelled")
        except RedisError as error:
            log.warning("job.retry", error=type(error).__name__)
            raise
        except NewsbriefError as error:
            if error.retryable and job.attempts < job.retries:
                log.warning("job.retry", error=error.code)
                raise RuntimeError(error.code) from None
            path = error.path if isinstance(error, InvalidRequest) else ""
            await self._jobs.fail(attempt.record, Failure(error.code, str(error), path))
            traces.failed(error.code)
            log.info("job.failed", error=error.code)
        except Exception as error:  # noqa: BLE001  # the record must say so whatever it was
            detail = "The worker failed on this request."
            await self._jobs.fail(attempt.record, Failure("internal", detail))
            traces.failed("internal")
            log.error("job.crashed", error=type(error).__name__, frames=frames(error))
        else:
            answers_s = self._pages.answers_s if fetched(wire) else None
            draft = wire.text if isinstance(wire, CheckRequest) else ""
            brief_id = await self._keep(attempt.record, result, articles, answers_s, draft)
            await self._jobs.finish(attempt.record, brief_id=brief_id)
            seconds = round(time.perf_counter() - clock, 2)
            if isinstance(result, CleanArticle | Comparison):
                log.info("job.done", seconds=seconds)
                return False
            await self._totals.add(*samples(result))
            traces.note(**{"newsbrief.brief.id": result.id})
            log.info(
                "job.done",
                **{job.function: result.id},
                seconds=seconds,
                articles=len(articles),
                sentences=len(result.sentences),
                timings_ms=result.generation.timings_ms,
            )
        return False

    async def _held(self, job: Job) -> str | None:
        """The id of the brief that another attempt made, "" for another result, None for none."""
        if job.function == "article":
            return "" if await self._pages.cleaned.has(job.key) else None
        if job.function == "comparison":
            return "" if await self._briefs.has_comparison(job.key) else None
        if job.function == "check":
            return "" if await self._briefs.has_report(job.key) else None
        return await self._briefs.answer(job.key)

    async def _keep(
        self,
        record: Record,
        result: Result,
        articles: tuple[Article, ...],
        answers_s: int | None,
        draft: str,
    ) -> str:
        """Store a result, of a check with its `draft`; the id of a brief, "" for another."""
        namespace = record.namespace
        if isinstance(result, CleanArticle):
            await self._pages.cleaned.put(record.id, result, namespace)
            return ""
        if isinstance(result, Comparison):
            await self._briefs.put_comparison(record.id, result, namespace)
            return ""
        if isinstance(result, DraftReport):
            await self._briefs.put_report(
                record.id, result, articles, namespace, draft, answers_s=answers_s
            )
            return ""
        cited = {cited.article_id for each in result.sentences for cited in each.citations}
        place = Version(namespace=namespace, version=result.version, supersedes=result.supersedes)
        await self._retractions.index(namespace, result.id, hashes(articles), cited)
        await self._versions.put(result.id, place)
        if result.supersedes is not None:
            await self._notifier.superseded(namespace, result.supersedes, result.id)
        answers_s = PROVISIONAL_S if result.provisional else answers_s
        await self._briefs.put(record.id, result, articles, namespace, answers_s=answers_s)
        return result.id

    async def _made(
        self, job: Job, attempt: Attempt, wire: JobRequest
    ) -> tuple[tuple[Article, ...], Result]:
        """Fetching, then the pipeline in a thread; meanwhile what they tell and a heartbeat are
        written down.

        Raises `Cancelled` once no caller wants the job any more, `TakenOver`.
        """
        working = asyncio.create_task(self._worked(wire, attempt))
        beaten, written = 0.0, tokens_written(self._models)
        try:
            while not working.done():
                await self._tell(attempt)
                if time.monotonic() - beaten > HEARTBEAT_S / 3:
                    beaten = time.monotonic()
                    await _spared(job.update())
                if not await self._wanted(attempt.record):
                    attempt.stop.set()
                await asyncio.wait({working}, timeout=LOOK_S)
        except BaseException:
            attempt.stop.set()
            working.add_done_callback(_dropped)
            await asyncio.wait({working}, timeout=STOP_S)
            raise
        await self._tell(attempt)
        _traced(attempt.record, time.time())
        await self._totals.add(Sample(TOKENS, (), tokens_written(self._models) - written))
        return working.result()

    async def _tell(self, attempt: Attempt) -> None:
        """Write down what was told since the last look, in order.

        What Redis misses while it restarts is written at the next look. Raises `TakenOver`.
        """
        before = attempt.record
        try:
            if await self._jobs.taken_over(before):
                raise TakenOver
            while attempt.events:
                at, event = attempt.events[0]
                if isinstance(event, Progress):
                    await self._progress(attempt, event, at)
                elif isinstance(event, StreamEvent):
                    await self._events.add(before.id, event.kind, event.data)
                attempt.events.popleft()
            if attempt.record != before:
                await self._jobs.progress(attempt.record)
        except RedisError as error:
            structlog.get_logger().warning("job.tell_failed", error=type(error).__name__)

    async def _progress(self, attempt: Attempt, event: Progress, at: float) -> None:
        """How far the attempt is; a stage that is over becomes a span."""
        record = attempt.record
        if event.stage != record.stage:
            await self._events.add(record.id, "stage", msgspec.json.encode(event))
            _traced(record, at)
            record = record.entered(event.stage, at)
        attempt.record = msgspec.structs.replace(record, done=event.done, total=event.total)

    async def _wanted(self, record: Record) -> bool:
        """Whether anybody wants the job; a Redis that is away says nothing against it."""
        try:
            return await self._jobs.wanted(record.id)
        except RedisError:
            return True

    async def _worked(
        self, wire: JobRequest, attempt: Attempt
    ) -> tuple[tuple[Article, ...], Result]:
        namespace, emit, stop = attempt.record.namespace, attempt.emit, attempt.stop
        pages = self._pages
        if fetched(wire):
            emit(Progress("fetch", 0, len(STAGES)))
        if isinstance(wire, ArticleRequest):
            languages = self._models.parser.languages
            made = await unless(
                stop, extract_article(wire, pages.fetcher, extract, pages.limits, languages)
            )
            return (made.article,), made
        if isinstance(wire, ArticleComparison):
            asked = ComparisonRequest(
                brief=wire.brief,
                articles=to_articles(wire.articles, extract),
                article=wire.article,
                namespace=namespace,
            )
            made = await in_thread(self._compare, asked, self._models, self._memo, emit)
            return asked.articles, made
        gathered = Gathered(wire.articles)
        if fetched(wire):
            gathered = await unless(
                stop, fetch_articles(wire.articles, pages.fetcher, extract, pages.limits)
            )
            wire = msgspec.structs.replace(wire, articles=gathered.articles)
        try:
            if isinstance(wire, CheckRequest):
                draft = await in_thread(
                    to_draft_request, wire, extract, namespace, unread=gathered.unread
                )
                return await in_thread(self._check, draft, emit)
            before = await self._predecessor(wire)
            request = await in_thread(to_request, wire, extract, namespace, unread=gathered.unread)
            return await in_thread(self._brief, request, before, emit)
        except NothingToBrief as error:
            if not gathered.unread:
                raise
            detail = f"{error} Not fetched: {gathered.causes()}"
            raise NothingToBrief(detail, path=error.path) from None

    async def _predecessor(self, wire: BriefRequest) -> Predecessor:
        """The brief that is superseded: its place in the chain, and itself if it is still held."""
        if (before := wire.options.supersedes) is None:
            return None, None
        return await self._versions.get(before), await self._briefs.get(before)

    def _brief(
        self, request: Request, before: Predecessor, emit: Callable[[Event | StreamEvent], None]
    ) -> tuple[tuple[Article, ...], Brief]:
        place, stored = before
        if stored is not None:
            still = still_cited(stored.brief, stored.hashes(), hashes(request.articles))
            request = msgspec.structs.replace(request, previous=still)
        pieces = StreamEvents(request.articles, request.options.style)

        def tell(event: Event) -> None:
            emit(event if isinstance(event, Progress) else pieces.of(event))

        made = self._run(request, self._models, self._memo, tell)
        if place is not None:
            made = msgspec.structs.replace(
                made, version=place.version + 1, supersedes=request.options.supersedes
            )
        return request.articles, made

    def _check(
        self, request: DraftRequest, emit: Callable[[Event | StreamEvent], None]
    ) -> tuple[tuple[Article, ...], DraftReport]:
        pieces = StreamEvents(request.articles, draft=request.text)

        def tell(event: Event) -> None:
            emit(event if isinstance(event, Progress) else pieces.of(event))

        return request.articles, self._check_draft(request, self._models, self._memo, tell)


def fetched(wire: JobRequest) -> bool:
    """Whether anything of a request is read from the web."""
    if isinstance(wire, ArticleRequest):
        return wire.html is None
    return any(each.fetched for each in wire.articles)


async def unless(stop: threading.Event, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives. Raises `Cancelled` soon after `stop`."""
    working = asyncio.create_task(work)
    while not working.done():
        if stop.is_set():
            working.add_done_callback(_dropped)
            working.cancel()
            raise Cancelled("The job was stopped.")
        await asyncio.wait({working}, timeout=LOOK_S)
    return working.result()


async def in_thread(call: Callable[..., T], *given: Any, **named: Any) -> T:
    """What a call gives, as `asyncio.to_thread` does, in a thread that ends with the process: a worker
    whose pipeline hangs can still be stopped."""
    held: Future[T] = Future()
    held.set_running_or_notify_cancel()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            held.set_result(context.run(call, *given, **named))
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            held.set_exception(error)

    threading.Thread(target=work, name="pipeline", daemon=True).start()
    return await asyncio.wrap_future(held)


def _dropped(working: asyncio.Task[Any]) -> None:
    """Take what work raises for which nobody waits: asyncio would log its words, and a path."""
    error = None if working.cancelled() else working.exception()
    if error is not None and not isinstance(error, Cancelled):
        log = structlog.get_logger()
        log.warning("job.dropped", error=type(error).__name__, frames=frames(error))


def _traced(record: Record, at: float) -> None:
    """A stage that is over becomes a span."""
    if record.stage_at is not None:
        traces.past(record.stage, record.stage_at, at)


def tokens_written(models: Models) -> int:
    return 0 if models.writer is None else models.writer.written


async def _spared(written: Awaitable[None]) -> None:
    """What Redis misses while it restarts is no reason to drop the work."""
    try:
        await written
    except RedisError as error:
        structlog.get_logger().warning("job.beat_failed", error=type(error).__name__)


def samples(result: Brief | DraftReport) -> list[Sample]:
    """What a result adds to the totals: what was printed, what was not and why, and what the
    checker said of it."""
    if isinstance(result, DraftReport):
        statuses = Counter(each.status for each in result.sentences)
        return [Sample(VERDICTS, ("check", name), n) for name, n in statuses.items()]
    statuses = Counter(each.status for each in result.sentences)
    modes = Counter(each.mode for each in result.sentences)
    reasons = Counter(each.reason for each in result.withheld)
    return [
        *(Sample(VERDICTS, ("brief", name), n) for name, n in statuses.items()),
        *(Sample(SENTENCES, (name,), n) for name, n in modes.items()),
        *(Sample(WITHHELD, (name,), n) for name, n in reasons.items()),
    ]
