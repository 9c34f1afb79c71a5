"""The live workers, as the API sees them: what they serve, and whether briefs can be written."""

from __future__ import annotations

from redis.exceptions import RedisError

from service.errors import Unavailable
from service.schemas.wire import HealthOut
from service.store.workers import Announcement, Workers


class WorkerPool:
    """Reads what the workers announce in Redis."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def newest(self) -> Announcement:
        """The announcement of the live worker that started last. Raises `Unavailable` if none
        is alive."""
        alive = await self._workers.alive()
        if not alive:
            raise Unavailable(
                "No worker is alive to write briefs. Start one with `newsbrief worker`, or try"
                " again shortly.",
                retry_after=5,
            )
        return alive[0]

    async def count(self, fingerprint: str) -> int:
        """How many live workers serve the models of this fingerprint."""
        return sum(each.fingerprint == fingerprint for each in await self._workers.alive())

    async def health(self) -> HealthOut:
        """Whether Redis, a worker and its models are there; never raises."""
        try:
            alive, writers = await self._workers.alive(), await self._workers.writers()
        except RedisError:
            return HealthOut("not ready", redis=False, workers=0, models=False)
        models = any(worker.models for worker in alive)
        ready = "ready" if alive and models else "not ready"
        writer = all(writers) if writers else None
        return HealthOut(ready, redis=True, workers=len(alive), models=models, writer=writer)
