"""Submissions: every request goes the same way, from the cache, through a job, to its result."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from service import traces
from service.api.jobs.failures import JobFailed, job_problem
from service.api.platform.disconnect import ClientDisconnected
from service.api.platform.metrics import Meters
from service.api.platform.worker_pool import WorkerPool
from service.callbacks import Callbacks, callback_url
from service.errors import DeadlinePassed, NotFound, Unavailable
from service.logs import request_id
from service.pipeline.content_id import digest
from service.schemas.conversion import cache_identity, to_check_response, to_response
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    ENDING,
    BriefRequest,
    CacheOut,
    CheckRequest,
    JobRequest,
)
from service.store import keys
from service.store.articles import CleanArticles, StoredArticle
from service.store.briefs import Briefs, StoredBrief, StoredComparison, StoredReport
from service.store.events import Events, JobEvent
from service.store.jobs import ENDED, Cause, Jobs, Record, Task
from service.store.tracking import Tracking

R = TypeVar("R", StoredBrief, StoredReport, StoredArticle, StoredComparison)

FIRST_LOOK_S, LONGEST_LOOK_S = 0.02, 0.5
"""How often a waiting request re-reads its job: soon at first, then less often, and soon again once
its result was written. Reading the state, not a message, is what makes a result impossible to miss."""


RESULTS: dict[Task, Callable[[str], str]] = {
    "article": keys.article,
    "brief": keys.outcome,
    "check": keys.report,
    "comparison": keys.comparison,
}
"""Under which key a job's result is found: written just before its record says that it is done."""

EVENTS_LOOK_S, KEEP_ALIVE_S = 0.15, 15.0
"""How often a listener's events are read, and the longest silence before a comment is sent."""

SETTLE_LOOK_S = 2.0
"""How often a listener asks whether the queue has given the job up."""


class Submission(msgspec.Struct, frozen=True):
    """A checked request with its caller's namespace; `disconnected` is set once the caller has
    closed the connection; `wait_s` bounds the wait (None: as long as the settings say)."""

    request: JobRequest
    namespace: str
    disconnected: asyncio.Event
    wait_s: int | None = None


class Started(msgspec.Struct, frozen=True):
    """A job's key; `held` if its result was there already, `joined` if another caller's runs."""

    key: str
    held: bool
    joined: bool
    fingerprint: str


class Answered(msgspec.Struct, Generic[R], frozen=True):
    """A result, how it was come by, and the job that made it or would have."""

    made: R
    cache: CacheOut
    started: Started


class Submissions:
    """Submits requests and reads jobs for the controllers. All state is in Redis, so any API
    process can answer for a job that another one submitted."""

    def __init__(
        self,
        briefs: Briefs,
        jobs: Jobs,
        events: Events,
        workers: WorkerPool,
        wait_s: float,
        callbacks: Callbacks,
        articles: CleanArticles,
        meters: Meters,
        tracking: Tracking,
    ) -> None:
        self._tracking = tracking
        self._articles = articles
        self._meters = meters
        self._closes_at = math.inf
        self._briefs = briefs
        self._callbacks = callbacks
        self._events = events
        self._jobs = jobs
        self._workers = workers
        self._wait_s = wait_s

    def close(self, within_s: float) -> None:
        """Prepare for the process to stop: requests that wait and streams that listen end within
        `within_s` seconds. The jobs go on, and can be followed at any other API process."""
        self._closes_at = time.monotonic() + within_s

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closes_at < math.inf

    async def brief(self, submission: Submission) -> Answered[StoredBrief]:
        """The brief for a checked request: cached, joined or made.

        Raises `Unavailable` (no worker, full queue), `DeadlinePassed` with the job's id,
        `ClientDisconnected`, or `JobFailed`.
        """
        return await self._result("brief", submission, self._briefs.outcome)

    async def check(self, submission: Submission) -> Answered[StoredReport]:
        """The check of a draft, as `brief` gives a brief."""
        return await self._result("check", submission, self._briefs.report)

    async def article(self, submission: Submission) -> Answered[StoredArticle]:
        """One clean article, as `brief` gives a brief."""
        return await self._result("article", submission, self._articles.get)

    async def comparison(self, submission: Submission) -> Answered[StoredComparison]:
        """The comparison of one article with the others, as `brief` gives a brief."""
        return await self._result("comparison", submission, self._briefs.comparison)

    async def start(self, task: Task, request: JobRequest, namespace: str) -> Started:
        """Enqueue a checked request, or join the job of an identical one, unless its result is
        cached.

        The request's callback is stored after its job: should the job end in between, the worker
        that delivers callbacks still finds how it ended.
        Raises `Unavailable`, or `InvalidRequest` for a URL that can't be called.
        """
        started = await self._started(task, request, namespace)
        self._meters.answered(task, held=started.held, joined=started.joined)
        return started

    async def _started(self, task: Task, request: JobRequest, namespace: str) -> Started:
        await self._callbacks.admit(request, namespace)
        served = await self._workers.newest()
        asked = isinstance(request, BriefRequest | CheckRequest)
        wanted = cache_identity(request) if asked else request
        key = digest(f"{task}/{namespace}", wanted, served.fingerprint)
        if (brief_id := await self._holds(task, key)) is not None:
            await self._callbacks.call_at_once(task, request, key, namespace, brief_id)
            return Started(key, held=True, joined=False, fingerprint=served.fingerprint)
        body, cause = msgspec.json.encode(wanted), Cause(request_id(), traces.carried())
        joined = await self._jobs.submit(task, key, body, served.fingerprint, namespace, cause)
        if callback_url(request) and (record := await self._jobs.get(key)):
            await self._callbacks.call_at_end(task, request, record)
        return Started(key, held=False, joined=joined, fingerprint=served.fingerprint)

    async def _holds(self, task: Task, key: str) -> str | None:
        """Whether a request's result is cached, without reading it: the brief's id, "" for a check
        or an article, None if there is no result."""
        match task:
            case "brief":
                return await self._briefs.answer(key)
            case "check":
                return "" if await self._briefs.has_report(key) else None
            case "article":
                return "" if await self._articles.has(key) else None
            case "comparison":
                return "" if await self._briefs.has_comparison(key) else None

    async def _result(
        self, task: Task, submission: Submission, held: Callable[[str], Awaitable[R | None]]
    ) -> Answered[R]:
        """The result that `held` reads by the request's key, once a job has made it if need be."""
        started = await self.start(task, submission.request, submission.namespace)
        while not started.held and not await self._wait(task, started.key, submission):
            started = await self._started(task, submission.request, submission.namespace)
        if (made := await held(started.key)) is None:
            raise Unavailable(
                "The result was made but is no longer held; ask again.", retry_after=1
            )
        status = "hit" if started.held else "joined" if started.joined else "miss"
        return Answered(made, CacheOut(status, round(time.time() - made.made_at)), started)

    async def _wait(self, task: Task, job_id: str, submission: Submission) -> bool:
        """Whether the job is done; False if it must be submitted again: it was cancelled just as this
        caller joined it, or the store lost it.

        Raises `JobFailed`, `DeadlinePassed`, or, once the caller has withdrawn by closing the
        connection, `ClientDisconnected`.
        """
        wait_s = self._wait_s if submission.wait_s is None else min(submission.wait_s, self._wait_s)
        look, begun = FIRST_LOOK_S, time.monotonic()
        while True:
            if (held := await self._jobs.get(job_id)) is None:
                return False
            record = await self._jobs.settled(held)
            if record.status in {"done", "cancelled"}:
                return record.status == "done"
            if record.failure is not None:
                raise JobFailed(record.failure)
            if time.monotonic() >= min(begun + wait_s, self._closes_at):
                break
            if submission.disconnected.is_set():
                await self._jobs.withdraw(job_id)
                raise ClientDisconnected("The caller closed the connection.")
            made = await self._tracking.changed(RESULTS[task](job_id), within_s=look)
            look = FIRST_LOOK_S if made else min(LONGEST_LOOK_S, 1.5 * look)
        raise DeadlinePassed(
            f"The result was not ready within {time.monotonic() - begun:.0f} seconds. The job goes"
            " on: follow its URL, or send the same request again to get the result.",
            job=job_id,
        )

    async def later(self, task: Task, submission: Submission) -> Record | None:
        """The job of a request whose caller won't wait; None if its result is held."""
        started = await self._started(task, submission.request, submission.namespace)
        if started.held:
            return None  # counted when it is answered
        self._meters.answered(task, held=False, joined=started.joined)
        return await self.job(started.key, submission.namespace)

    async def withdraw(self, job_id: str, namespace: str) -> Record:
        """One caller wants the job no more. Raises `NotFound`."""
        await self.job(job_id, namespace)
        if (record := await self._jobs.withdraw(job_id)) is None:
            raise _no_job(job_id)
        return record

    async def events(
        self, job_id: str, namespace: str, after: str, unit: OffsetUnit
    ) -> AsyncGenerator[JobEvent]:
        """The job's events after the id `after`, up to its end: `done` with the brief or the check,
        `error` with the problem, or `cancelled`. A `keep-alive` without an id comes while there is
        no event.

        Where this process stops, the events stop without an end; the listener can resume at
        another process. Raises `NotFound`.
        """
        after = after.removesuffix(ENDING)
        if await self._jobs.get(job_id) is None:
            held = await self._briefs.outcome(job_id) or await self._briefs.report(job_id)
            if held is not None and held.namespace == namespace:
                yield _done(job_id, held, after, unit)
                return
        silent, looked = 0.0, time.monotonic()
        while time.monotonic() < self._closes_at:
            record, found = await self._events.look(job_id, after, unit)
            if record is None or record.namespace != namespace:
                raise _no_job(job_id)
            if not found and time.monotonic() - looked >= SETTLE_LOOK_S:
                record, looked = await self._jobs.settled(record), time.monotonic()
            for each in found:
                after = each.id
                yield each
            if not found and record.status in ENDED:
                yield await self._ending(record, after, unit)
                return
            silent = 0.0 if found else silent + EVENTS_LOOK_S
            if silent >= KEEP_ALIVE_S:
                silent = 0.0
                yield JobEvent("", "keep-alive", b"")
            if not found:
                await asyncio.sleep(EVENTS_LOOK_S)

    async def _ending(self, record: Record, after: str, unit: OffsetUnit) -> JobEvent:
        """The last event of a job that has ended."""
        name = f"{after}{ENDING}"
        if record.failure is not None:
            return JobEvent(name, "error", msgspec.json.encode(job_problem(record.failure)))
        held = None
        if record.brief_id:
            held = await self._briefs.get(record.brief_id)
        elif record.task == "check" and record.status == "done":
            held = await self._briefs.report(record.id)
        if held is None:
            return JobEvent(name, record.status, msgspec.json.encode({"job": record.id}))
        return _done(record.id, held, after, unit)

    async def stored(self, brief_id: str, namespace: str) -> StoredBrief:
        """A brief by its id. Raises `NotFound`, in the same words for another namespace's."""
        held = await self._briefs.get(brief_id)
        if held is None or held.namespace != namespace:
            raise NotFound(
                f"No brief {brief_id[:64]!r}. Briefs are kept for a while only; send the articles"
                " again to get it back."
            )
        return held

    async def newest(self, namespace: str) -> list[StoredBrief]:
        """The newest briefs of a namespace that are still held, the newest first."""
        return await self._briefs.newest(namespace)

    async def job(self, job_id: str, namespace: str) -> Record:
        """A job by its id. Raises `NotFound`, in the same words for another namespace's."""
        record = await self._jobs.get(job_id)
        if record is None or record.namespace != namespace:
            raise _no_job(job_id)
        return await self._jobs.settled(record)

    async def position(self, record: Record) -> int | None:
        """How many jobs come first; None once it runs."""
        return await self._jobs.ahead(record) if record.status == "queued" else None


def _done(job_id: str, held: StoredBrief | StoredReport, after: str, unit: OffsetUnit) -> JobEvent:
    """The end of a job that made a brief or a check, which is kept longer than the job's record.

    A check whose draft was not kept with it can't be told in the asked unit: only its job is.
    """
    made, texts = CacheOut("miss", 0), held.texts()
    if isinstance(held, StoredBrief):
        response = to_response(held.brief, texts, unit, made)
    elif held.text:
        response = to_check_response(held.report, held.text, texts, unit, made)
    else:
        response = {"job": job_id}
    return JobEvent(f"{after}{ENDING}", "done", msgspec.json.encode(response))


def _no_job(job_id: str) -> NotFound:
    return NotFound(f"No job {job_id[:64]!r}. Finished jobs are kept for a day.")
