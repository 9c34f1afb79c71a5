"""Events: what a job reports while it runs, kept in order so that a listener can resume.

One Redis stream a job. Ids are the stream's own (`milliseconds-sequence`), so they rise over
attempts and processes, and a listener on any API process reads on from the last it saw.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from service.store import keys
from service.store.jobs import RETENTION_S, Record

Kind = Literal[
    "stage", "sentence", "agreement", "withheld", "conflict", "headline", "draft", "verdict"
]

MOST_READ = 200
"""Events a look: more are read at the next."""

FIRST = "0-0"
"""Before every event."""


class JobEvent(msgspec.Struct, frozen=True):
    """One event: `data` is JSON, by offset unit where it holds offsets (`unit` of `read`)."""

    id: str
    kind: str
    data: bytes


class Events:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def add(self, job_id: str, kind: Kind, data: bytes | dict[str, bytes]) -> None:
        """Append an event; `data` of several offset units is by unit."""
        fields: dict[Any, Any] = {"kind": kind, **(data if isinstance(data, dict) else {"": data})}
        key = keys.events(job_id)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.xadd(key, fields)
            pipe.expire(key, RETENTION_S)
            await pipe.execute()

    async def look(
        self, job_id: str, after: str, unit: str
    ) -> tuple[Record | None, list[JobEvent]]:
        """A job's record (None without one), and its events after the id `after`, the oldest
        first, with offsets in `unit`.

        Both are read in one transaction: if the record has ended, no event will follow.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.get(keys.job(job_id))
            pipe.xrange(keys.events(job_id), min=f"({after}", count=MOST_READ)
            data, rows = await pipe.execute()
        found = [
            JobEvent(name.decode(), own[b"kind"].decode(), own.get(unit.encode()) or own[b""])
            for name, own in rows
        ]
        return msgspec.json.decode(data, type=Record) if data else None, found

    async def forget(self, job_id: str) -> None:
        """Drop the events of an earlier attempt; the next one reports them again, with later ids."""
        await self._client.delete(keys.events(job_id))
