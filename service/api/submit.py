"""Submit: one path for every request, from the cache, through a job, to its result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from redis.exceptions import RedisError

from service.api.wire import (
    Asked,
    BriefRequest,
    CacheOut,
    CheckRequest,
    HealthOut,
    result_changing,
)
from service.errors import DeadlinePassed, NewsbriefError, NotFound, Unavailable
from service.pipeline.identity import digest
from service.store.briefs import Briefs, StoredBrief, StoredReport
from service.store.jobs import Failure, Jobs, Record, Task
from service.store.workers import Announcement, Workers

R = TypeVar("R", StoredBrief, StoredReport)

FIRST_LOOK_S, LONGEST_LOOK_S = 0.02, 0.5
"""How often a waiting request re-reads its job: soon at first, then less often. Reading
the state, not waiting for a message, is what makes a result that lands between two looks
impossible to miss."""


class JobFailed(NewsbriefError):
    """The job ended with this failure; what the worker raised is gone, its words are here."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Submissions:
    """What the controllers ask; holds nothing that another API process could not know."""

    def __init__(self, briefs: Briefs, jobs: Jobs, workers: Workers, wait_s: float) -> None:
        self._briefs = briefs
        self._jobs = jobs
        self._workers = workers
        self._wait_s = wait_s

    async def served(self) -> Announcement:
        """The newest live worker's announcement. Raises `Unavailable` without one."""
        alive = await self._workers.alive()
        if not alive:
            raise Unavailable(
                "No worker is alive to write briefs. Start one with `newsbrief worker`, or try"
                " again shortly.",
                retry_after=5,
            )
        return alive[0]

    async def alive(self, fingerprint: str) -> int:
        """How many live workers serve this fingerprint."""
        return sum(each.fingerprint == fingerprint for each in await self._workers.alive())

    async def health(self) -> HealthOut:
        """What is there of all that a brief needs; never raises."""
        try:
            alive = await self._workers.alive()
        except RedisError:
            return HealthOut("not ready", redis=False, workers=0, models=False)
        models = any(worker.models for worker in alive)
        ready = "ready" if alive and models else "not ready"
        return HealthOut(ready, redis=True, workers=len(alive), models=models)

    async def brief(
        self, request: BriefRequest, namespace: str = ""
    ) -> tuple[StoredBrief, CacheOut]:
        """The brief for a checked request: cached, joined or made.

        Raises `Unavailable` (no worker, full queue), `DeadlinePassed` with the job's id,
        or `JobFailed`.
        """
        return await self._result("brief", request, namespace, self._briefs.outcome)

    async def check(
        self, request: CheckRequest, namespace: str = ""
    ) -> tuple[StoredReport, CacheOut]:
        """The check of a draft, as `brief` gives a brief."""
        return await self._result("check", request, namespace, self._briefs.report)

    async def _result(
        self, task: Task, request: Asked, namespace: str, held: Callable[[str], Awaitable[R | None]]
    ) -> tuple[R, CacheOut]:
        """What `held` gives for the request's key, after a job if it gives nothing yet."""
        served = await self.served()
        wanted = result_changing(request)
        key = digest(f"{task}/{namespace}", wanted, served.fingerprint)
        if (found := await held(key)) is not None:
            return found, CacheOut("hit", round(time.time() - found.made_at))
        body = msgspec.json.encode(wanted)
        joined = await self._jobs.submit(task, key, body, served.fingerprint)
        await self._wait(key)
        if (made := await held(key)) is None:
            raise Unavailable(
                "The result was made but is no longer held; ask again.", retry_after=1
            )
        return made, CacheOut("joined" if joined else "miss", round(time.time() - made.made_at))

    async def _wait(self, job_id: str) -> None:
        """Return when the job is done; raise `JobFailed` or `DeadlinePassed` otherwise."""
        look = FIRST_LOOK_S
        deadline = time.monotonic() + self._wait_s
        while time.monotonic() < deadline:
            record = await self.job(job_id)
            if record.status == "done":
                return
            if record.failure is not None:
                raise JobFailed(record.failure)
            await asyncio.sleep(look)
            look = min(LONGEST_LOOK_S, 1.5 * look)
        raise DeadlinePassed(
            f"The result was not ready within {self._wait_s:g} seconds. The job goes on: follow its"
            " URL, or send the same request again to get the result.",
            job=job_id,
        )

    async def stored(self, brief_id: str) -> StoredBrief:
        """A brief by its id. Raises `NotFound`."""
        if (held := await self._briefs.get(brief_id)) is None:
            raise NotFound(
                f"No brief {brief_id[:64]!r}. Briefs are kept for a while only; send the articles"
                " again to get it back."
            )
        return held

    async def job(self, job_id: str) -> Record:
        """A job by its id. Raises `NotFound`."""
        if (record := await self._jobs.get(job_id)) is None:
            raise NotFound(f"No job {job_id[:64]!r}. Finished jobs are kept for a day.")
        return await self._jobs.settled(record)
