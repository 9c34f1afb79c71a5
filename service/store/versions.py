"""Versions: which brief supersedes which. Durable, and without any text."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store import keys


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A brief's place in its chain; `erased` is what is left of a brief that was deleted."""

    namespace: str
    version: int
    supersedes: str | None = None
    erased: bool = False


class Versions:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def get(self, brief_id: str) -> Version | None:
        data: Any = await self._client.get(keys.version(brief_id))
        return msgspec.json.decode(data, type=Version) if data else None

    async def put(self, brief_id: str, version: Version) -> None:
        """Place a brief; its own record before the predecessor's, so that no link leads nowhere."""
        await self._client.set(keys.version(brief_id), msgspec.json.encode(version))
        if version.supersedes is not None:
            successors = keys.successors(version.supersedes)
            await self._client.zadd(successors, {brief_id: time.time()}, nx=True)

    async def followed_by(self, brief_id: str) -> list[str]:
        """The briefs that were made to supersede this one, the oldest first, erased ones too."""
        found: Any = await self._client.zrange(keys.successors(brief_id), 0, -1)
        return [each.decode() for each in found]

    async def successors(self, brief_id: str) -> tuple[str, ...]:
        """The briefs that supersede this one and are still there, the oldest first."""
        names = await self.followed_by(brief_id)
        held = [await self.get(name) for name in names]
        pairs = zip(names, held, strict=True)
        return tuple(name for name, each in pairs if each is not None and not each.erased)

    async def erase(self, brief_id: str, version: Version) -> None:
        """Leave a tombstone: the chain stays whole."""
        await self.put(brief_id, msgspec.structs.replace(version, erased=True))
