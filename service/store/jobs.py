"""Jobs: durable records, and the queue that carries their keys to the workers.

A job's id is its request key, so identical requests are one job: the queue refuses a
second entry under a key that is waiting or running. The queue carries the key alone; the
request is stored under it, since the queue's library logs the arguments of failed jobs.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis
from saq import Job as QueueJob
from saq.job import TERMINAL_STATUSES
from saq.queue.redis import RedisQueue

from service.errors import Unavailable
from service.store import keys

Task = Literal["brief", "check", "article"]
"""What a job does: the name under which workers register its function."""

RETENTION_S = 24 * 3600
"""How long a finished job can be asked after."""

HEARTBEAT_S = 15
"""A running job that has not been touched for this long has lost its worker."""

RETRY_DELAY_S = 1.0

SETTLING_S = 5.0
"""A record this young may stand before its entry in the queue does."""

Outcome = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = frozenset({"done", "failed", "cancelled"})

WITHDRAW = """
local left = redis.call('DECR', KEYS[1])
if left <= 0 then redis.call('SET', KEYS[1], 0, 'KEEPTTL') end
return left
"""


class Failure(msgspec.Struct, frozen=True):
    """Why a job failed, as its problem document will say it."""

    code: str
    detail: str
    path: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands; times are Unix seconds, `done` of `total` stages are finished.

    `namespace` is its callers': none of another namespace may know of it.
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


class Jobs:
    """Submits and follows jobs. `queue_client` must have no read timeout."""

    def __init__(
        self, client: Redis, queue_client: Redis, *, timeout_s: int, attempts: int, max_queued: int
    ) -> None:
        self._client = client
        self._queue_client = queue_client
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._max_queued = max_queued
        self._queues: dict[str, RedisQueue] = {}

    def queue(self, fingerprint: str) -> RedisQueue:
        """The queue of the workers that announced this fingerprint."""
        if fingerprint not in self._queues:
            self._queues[fingerprint] = RedisQueue(self._queue_client, name=keys.queue(fingerprint))
        return self._queues[fingerprint]

    async def submit(
        self, task: Task, job_id: str, request: bytes, fingerprint: str, namespace: str = ""
    ) -> bool:
        """Enqueue a request, or join the same one under way; whether it was joined.

        Raises `Unavailable` where the queue is full.
        """
        queue = self.queue(fingerprint)
        record = await self.get(job_id)
        under_way = record is not None and record.status in {"queued", "running"}
        if not under_way and await queue.count("queued") >= self._max_queued:
            raise Unavailable(
                f"{self._max_queued} briefs are waiting already; the workers are too busy. Try"
                " again later, or add workers.",
                retry_after=10,
            )
        if under_way:
            await self._client.incr(keys.callers(job_id))
        else:
            await self._client.delete(keys.events(job_id))
            await self._client.set(keys.callers(job_id), 1)
            await self._client.set(keys.request(job_id), request)
            await self._write(
                Record(
                    id=job_id,
                    fingerprint=fingerprint,
                    status="queued",
                    created_at=time.time(),
                    namespace=namespace,
                )
            )
        job = await queue.enqueue(
            QueueJob(
                task,
                key=job_id,
                timeout=self._timeout_s,
                heartbeat=HEARTBEAT_S,
                retries=self._attempts,
                retry_delay=RETRY_DELAY_S,
                retry_backoff=True,
                ttl=60,
            )
        )
        return job is None

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
        """One caller wants the job no more; with the last it is cancelled, a running one as soon
        as its worker looks. The record as it stands then; None if there is no such job."""
        record = await self.get(job_id)
        if record is None or record.status in ENDED:
            return record
        reply: Any = self._client.eval(WITHDRAW, 1, keys.callers(job_id))
        if int(await reply) > 0 or record.status == "running":
            return record
        return await self.cancel(record)

    async def wanted(self, job_id: str) -> bool:
        """Whether any caller still wants the job."""
        left: Any = await self._client.get(keys.callers(job_id))
        return left is None or int(left) > 0

    async def position(self, fingerprint: str) -> int:
        """Jobs waiting in all: an upper bound of how many come first."""
        return await self.queue(fingerprint).count("queued")

    async def start(self, record: Record) -> Record:
        return await self._write(
            msgspec.structs.replace(record, status="running", started_at=time.time())
        )

    async def progress(self, record: Record) -> None:
        """Write down how far a running job is."""
        await self._write(record)

    async def finish(self, record: Record, *, brief_id: str = "") -> None:
        await self._end(msgspec.structs.replace(record, status="done", brief_id=brief_id))

    async def fail(self, record: Record, failure: Failure) -> Record:
        return await self._end(msgspec.structs.replace(record, status="failed", failure=failure))

    async def cancel(self, record: Record) -> Record:
        return await self._end(msgspec.structs.replace(record, status="cancelled"))

    async def _end(self, record: Record) -> Record:
        """A finished job is kept for a while; its request is not needed any more."""
        ended = msgspec.structs.replace(record, finished_at=time.time())
        await self._client.set(keys.job(ended.id), msgspec.json.encode(ended), ex=RETENTION_S)
        await self._client.delete(keys.request(ended.id))
        await self._client.expire(keys.callers(ended.id), RETENTION_S)
        return ended

    async def _write(self, record: Record) -> Record:
        await self._client.set(keys.job(record.id), msgspec.json.encode(record))
        return record
