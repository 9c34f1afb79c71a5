"""Jobs: durable records, and the queue that carries their keys to the workers.

A job's id is its request key, so identical requests are one job: the queue refuses a
second entry under a key that is waiting or running. The queue carries the key alone; the
request is stored under it, since the queue's library logs the arguments of failed jobs.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Job as QueueJob
from saq.job import TERMINAL_STATUSES
from saq.queue.redis import RedisQueue

from service.errors import Unavailable
from service.store import keys
from service.store.worker_metrics import (
    JOB_SECONDS,
    JOBS,
    QUEUED_SECONDS,
    STAGE_SECONDS,
    Sample,
    WorkerMetrics,
)

Task = Literal["brief", "check", "article", "comparison"]
"""What a job does: the name under which workers register its function."""

RETENTION_S = 24 * 3600
"""How long a finished job's record is kept."""

HEARTBEAT_S = 15
"""A running job that has not been touched for this long has lost its worker."""

RETRY_DELAY_S = 1.0

SETTLING_S = 5.0
"""A job's record may be this old before its entry is in the queue."""

Outcome = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = frozenset({"done", "failed", "cancelled"})

UNREADABLE_S = 1.0
"""How long a worker waits before it asks a queue again that can't be read."""

REFUSED_LOOK_S = 0.05
"""How often a job is offered again to a queue in which its last run is just ending."""

SUBMIT = """
local held = redis.call('GET', KEYS[1])
local status = held and cjson.decode(held).status
if status == 'queued' or status == 'running' then
  redis.call('INCR', KEYS[3])
  return 'joined'
end
if ARGV[3] == 'full' then return 'full' end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SET', KEYS[3], 1)
redis.call('DEL', KEYS[4])
return 'made'
"""
"""Record, request, callers, events; the new record and request, and whether there is room."""

START = """
local held = redis.call('GET', KEYS[1])
local status = held and cjson.decode(held).status
if status ~= 'queued' and status ~= 'running' then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
"""Record; what it becomes. A job that was withdrawn meanwhile is not begun."""

PROGRESS = """
local held = redis.call('GET', KEYS[1])
if held then
  local record = cjson.decode(held)
  if record.status ~= 'running' or record.started_at ~= tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
"""Record; what it becomes, and when its attempt began. A record that is lost is made anew; one that
has ended, or that another attempt has taken over, stays."""

END = """
local held = redis.call('GET', KEYS[1])
local record = held and cjson.decode(held)
if record and record.status == 'done' then return 0 end
if record and ARGV[3] ~= 'done' then
  if record.status ~= 'queued' and record.status ~= 'running' then return 0 end
  if (tonumber(record.started_at) or 0) ~= tonumber(ARGV[4]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('EXPIRE', KEYS[3], ARGV[2])
return 1
"""
"""Record, request, callers; the record that has ended, how long it is kept, its status, and when its
attempt began. A result counts whoever made it, a failure only where nobody else has taken over."""

CANCEL = """
local left = math.max(0, redis.call('DECRBY', KEYS[3], ARGV[4]))
redis.call('SET', KEYS[3], left, 'KEEPTTL')
local held = redis.call('GET', KEYS[1])
if left > 0 or not held or cjson.decode(held).status ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('EXPIRE', KEYS[3], ARGV[2])
return 1
"""
"""Record, request, callers; the cancelled record, how long it is kept, the status from which it
may be cancelled, and how many callers withdraw. Whoever joined meanwhile keeps it going."""


class Failure(msgspec.Struct, frozen=True):
    """Why a job failed, as its problem document will say it."""

    code: str
    detail: str
    path: str = ""


class Cause(msgspec.Struct, frozen=True):
    """The request that a job comes from, the first of those that share it: its id in the logs,
    and its place in a trace (W3C traceparent)."""

    request_id: str = ""
    traceparent: str = ""


NO_CAUSE = Cause()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands; times are Unix seconds, `done` of `total` stages are finished.

    `namespace` is its callers': none of another namespace may know of it. `stages` are the
    seconds of those that are over in this attempt, `stage_at` is when the present one began.
    """

    id: str
    fingerprint: str
    status: Outcome
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    brief_id: str = ""
    failure: Failure | None = None
    namespace: str = ""
    task: Task = "brief"
    stages: dict[str, float] = {}
    stage_at: float | None = None
    cause: Cause = NO_CAUSE

    def seconds(self, now: float) -> dict[str, float]:
        """Stage → seconds in this attempt, in the order in which they began."""
        if self.stage_at is None:
            return self.stages
        before = self.stages.get(self.stage, 0.0)
        return {**self.stages, self.stage: round(before + now - self.stage_at, 3)}

    def queued(self, now: float) -> float:
        """Seconds until the latest attempt began."""
        return (self.started_at or self.finished_at or now) - self.created_at

    def entered(self, stage: str, now: float) -> Record:
        """The record as a stage begins."""
        return msgspec.structs.replace(self, stage=stage, stages=self.seconds(now), stage_at=now)


class Waiting(msgspec.Struct, frozen=True):
    """Jobs that wait for a worker, and how many seconds the first of them has waited."""

    jobs: int = 0
    oldest_s: float = 0.0


class Queue(RedisQueue):
    """The library's queue; its worker would ask one that refuses again at once, and without end."""

    async def dequeue(
        self,
        timeout: float = 0.0,  # noqa: ASYNC109  # the library's name
        poll_interval: float = 0.0,
    ) -> QueueJob | None:
        try:
            return await super().dequeue(timeout, poll_interval)
        except RedisError as error:
            structlog.get_logger().warning("queue.unreadable", error=type(error).__name__)
            await asyncio.sleep(UNREADABLE_S)
            return None


class Jobs:
    """Submits and follows jobs. `queue_client` is the one whose reads may block for a while."""

    def __init__(
        self, client: Redis, queue_client: Redis, *, timeout_s: int, attempts: int, max_queued: int
    ) -> None:
        self._client = client
        self._queue_client = queue_client
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._max_queued = max_queued
        self._totals = WorkerMetrics(client)
        self._queues: dict[str, RedisQueue] = {}

    def queue(self, fingerprint: str) -> RedisQueue:
        """The queue of the workers that announced this fingerprint."""
        if fingerprint not in self._queues:
            self._queues[fingerprint] = Queue(self._queue_client, name=keys.queue(fingerprint))
        return self._queues[fingerprint]

    async def submit(
        self,
        task: Task,
        job_id: str,
        request: bytes,
        fingerprint: str,
        namespace: str = "",
        cause: Cause = NO_CAUSE,
    ) -> bool:
        """Enqueue a request, or join the same one under way; whether it was joined.

        Raises `Unavailable` where the queue is full.
        """
        made = Record(
            id=job_id,
            fingerprint=fingerprint,
            status="queued",
            created_at=time.time(),
            namespace=namespace,
            task=task,
            cause=cause,
        )
        full = await self.queue(fingerprint).count("queued") >= self._max_queued
        reply: Any = self._client.eval(
            SUBMIT,
            4,
            keys.job(job_id),
            keys.request(job_id),
            keys.callers(job_id),
            keys.events(job_id),
            msgspec.json.encode(made),
            request,
            "full" if full else "room",
        )
        if (answer := await reply) == b"full":
            raise Unavailable(
                f"{self._max_queued} briefs are waiting already; the workers are too busy. Try"
                " again later, or add workers.",
                retry_after=10,
            )
        await self._enqueue(made)
        return answer == b"joined"

    async def _enqueue(self, record: Record) -> None:
        """See that the queue holds the job, or that a worker does.

        A request that joins a job does it too, in case the process that submitted it died before.
        The queue refuses a key that is waiting, which is right, and one whose last run is just
        ending: then it is offered again until it is taken.
        """
        queue, until = self.queue(record.fingerprint), time.monotonic() + SETTLING_S
        entry = QueueJob(
            record.task,
            key=record.id,
            timeout=self._timeout_s,
            heartbeat=HEARTBEAT_S,
            retries=self._attempts,
            retry_delay=RETRY_DELAY_S,
            retry_backoff=True,
            ttl=60,
        )
        while await queue.enqueue(entry) is None and await self._place(record) is None:
            latest = await self.get(record.id)
            if latest is None or latest.status != "queued" or time.monotonic() >= until:
                return
            await asyncio.sleep(REFUSED_LOOK_S)

    async def request(self, job_id: str) -> bytes | None:
        body: Any = await self._client.get(keys.request(job_id))
        return body

    async def get(self, job_id: str) -> Record | None:
        data: Any = await self._client.get(keys.job(job_id))
        return msgspec.json.decode(data, type=Record) if data else None

    async def settled(self, record: Record) -> Record:
        """The record, failed if the queue gave its job up: no worker is left to say so.

        That happens when the workers died on every attempt, for lack of memory for example.
        """
        if record.status in ENDED or time.time() - record.created_at < SETTLING_S:
            return record
        job = await self.queue(record.fingerprint).job(record.id)
        if job is not None and job.status not in TERMINAL_STATUSES:
            return record
        latest = await self.get(record.id)
        if latest is None or latest.status in ENDED:
            return latest or record
        detail = f"The worker was lost {self._attempts} times while it worked on this. Try again."
        return await self.fail(latest, Failure(Unavailable.code, detail))

    async def withdraw(self, job_id: str) -> Record | None:
        """Withdraw one caller. With the last one the job is cancelled: a queued one at once, a
        running one as soon as its worker looks. The record after that; None without such a job."""
        record = await self.get(job_id)
        if record is None or record.status in ENDED:
            return record
        return await self._cancel(record, "queued", leaving=1) or record

    async def wanted(self, job_id: str) -> bool:
        """Whether any caller still wants the job."""
        left: Any = await self._client.get(keys.callers(job_id))
        return left is None or int(left) > 0

    async def ahead(self, record: Record) -> int:
        """How many jobs come before a queued one."""
        return await self._place(record) or 0

    async def _place(self, record: Record) -> int | None:
        """The place of a job in its queue, from 0; None if it is not there."""
        queue = self.queue(record.fingerprint)
        reply: Any = self._client.lpos(queue.namespace("queued"), queue.job_id(record.id))
        return await reply

    async def waiting(self) -> Waiting:
        """The jobs of all queues that a worker ever served, also of those that have none now."""
        depth, oldest = 0, 0.0
        served: Any = self._client.smembers(keys.QUEUES)
        for fingerprint in await served:
            queue = self.queue(fingerprint.decode())
            first: Any = self._client.lindex(queue.namespace("queued"), 0)
            if (name := await first) is None:
                continue
            depth += await queue.count("queued")
            if (record := await self.get(queue.job_key_from_id(name.decode()))) is not None:
                oldest = max(oldest, time.time() - record.created_at)
        return Waiting(depth, oldest)

    async def serve(self, fingerprint: str) -> None:
        """Say that workers take jobs from this queue."""
        reply: Any = self._client.sadd(keys.QUEUES, fingerprint)
        await reply

    async def start(self, record: Record) -> Record | None:
        """An attempt begins; None if the job has ended meanwhile."""
        begun = msgspec.structs.replace(
            record, status="running", started_at=time.time(), stage="", stages={}, stage_at=None
        )
        reply: Any = self._client.eval(START, 1, keys.job(record.id), msgspec.json.encode(begun))
        return begun if await reply else None

    async def taken_over(self, record: Record) -> bool:
        """Whether a running job has ended, or is another attempt's by now: its worker stood still so
        long that it was thought lost."""
        latest = await self.get(record.id)
        return latest is not None and (latest.status, latest.started_at) != (
            record.status,
            record.started_at,
        )

    async def progress(self, record: Record) -> None:
        """Store the progress of a running job, unless it was taken over."""
        reply: Any = self._client.eval(
            PROGRESS,
            1,
            keys.job(record.id),
            msgspec.json.encode(record),
            repr(record.started_at or 0.0),
        )
        await reply

    async def finish(self, record: Record, *, brief_id: str = "") -> None:
        await self._end(msgspec.structs.replace(record, status="done", brief_id=brief_id))

    async def fail(self, record: Record, failure: Failure) -> Record:
        """The failed record; how the job stands where it has ended or was taken over."""
        return await self._end(msgspec.structs.replace(record, status="failed", failure=failure))

    async def cancel(self, record: Record) -> bool:
        """Cancel a running job that no caller wants; False if one has joined meanwhile."""
        return await self._cancel(record, "running", leaving=0) is not None

    async def _cancel(self, record: Record, status: Outcome, *, leaving: int) -> Record | None:
        """The cancelled record; None if callers are left, or its status is another by now."""
        ended = _ended(msgspec.structs.replace(record, status="cancelled"))
        reply: Any = self._client.eval(
            CANCEL,
            3,
            keys.job(record.id),
            keys.request(record.id),
            keys.callers(record.id),
            msgspec.json.encode(ended),
            str(RETENTION_S),
            status,
            str(leaving),
        )
        if not await reply:
            return None
        await self._totals.add(*_samples(ended))
        return ended

    async def _end(self, record: Record) -> Record:
        """A finished job is kept for a while; its request is not needed any more."""
        ended = _ended(record)
        reply: Any = self._client.eval(
            END,
            3,
            keys.job(ended.id),
            keys.request(ended.id),
            keys.callers(ended.id),
            msgspec.json.encode(ended),
            str(RETENTION_S),
            ended.status,
            repr(ended.started_at or 0.0),
        )
        if not await reply:
            return await self.get(ended.id) or ended
        await self._totals.add(*_samples(ended))
        return ended


def _ended(record: Record) -> Record:
    now = time.time()
    return msgspec.structs.replace(
        record, finished_at=now, stages=record.seconds(now), stage_at=None
    )


def _samples(ended: Record) -> list[Sample]:
    """What a job adds to the totals when it has ended."""
    code = "" if ended.failure is None else ended.failure.code
    found = [Sample(JOBS, (ended.task, ended.status, code))]
    if ended.started_at is not None and ended.finished_at is not None:
        found.append(Sample(QUEUED_SECONDS, (ended.task,), ended.queued(ended.finished_at)))
        took = ended.finished_at - ended.started_at
        found.append(Sample(JOB_SECONDS, (ended.task,), took))
    return found + [Sample(STAGE_SECONDS, (name,), took) for name, took in ended.stages.items()]
