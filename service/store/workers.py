"""Workers: what each serves, announced in Redis while it lives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store import keys

BEAT_S = 3
ALIVE_S = 10
"""A worker that has not beaten for this long is not counted on."""


BEAT = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - ARGV[2])
"""
"""Announcements; one, and after how many seconds others are forgotten."""

ALIVE = """
local now = tonumber(redis.call('TIME')[1])
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ARGV[1], '+inf')
"""
"""Announcements; how many seconds they count. All by the server's clock, since those of two machines
may differ."""


class ModelInfo(msgspec.Struct, frozen=True):
    """A model that a worker has loaded."""

    kind: str
    name: str
    licence: str


class Announcement(msgspec.Struct, frozen=True):
    """What one worker serves; `error_rates` are the checker's, `agreement_error_rates` those of the agreement
    table's marks, measured, or None."""

    id: str
    fingerprint: str
    started_at: float
    models: tuple[ModelInfo, ...]
    error_rates: dict[str, float] | None = None
    agreement_error_rates: dict[str, float] | None = None


class Workers:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def beat(
        self, announcement: Announcement, rss_bytes: int = 0, *, writer: bool | None = None
    ) -> None:
        """Say that this worker lives, in how much memory, and whether its writer answers (None
        without one); forget those that died long ago."""
        await self._client.set(keys.rss(announcement.id), rss_bytes, ex=ALIVE_S)
        if writer is not None:
            await self._client.set(keys.writer(announcement.id), int(writer), ex=ALIVE_S)
        reply: Any = self._client.eval(
            BEAT, 1, keys.WORKERS, msgspec.json.encode(announcement), str(10 * ALIVE_S)
        )
        await reply

    async def leave(self, announcement: Announcement) -> None:
        await self._client.zrem(keys.WORKERS, msgspec.json.encode(announcement))

    async def alive(self) -> list[Announcement]:
        """The workers that live, the newest first."""
        found: Any = self._client.eval(ALIVE, 1, keys.WORKERS, str(ALIVE_S))
        return read_announcements(await found)

    async def writers(self) -> list[bool]:
        """Of the live workers that have a writer, whether it answers."""
        found: list[bool] = []
        for each in await self.alive():
            held: Any = await self._client.get(keys.writer(each.id))
            if held is not None:
                found.append(held == b"1")
        return found

    async def memory(self) -> dict[str, int]:
        """Live worker → its resident memory in bytes."""
        found: dict[str, int] = {}
        for each in await self.alive():
            held: Any = await self._client.get(keys.rss(each.id))
            if held is not None:
                found[each.id] = int(held)
        return found


def read_announcements(found: Sequence[bytes]) -> list[Announcement]:
    """Announcements as they are stored → decoded, the newest first."""
    workers = [msgspec.json.decode(each, type=Announcement) for each in found]
    return sorted(workers, key=lambda each: (-each.started_at, each.id))
