"""The cache of what the pipeline computed before, in Redis or in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import redis

from service.store import keys as names


class MemoryComputationCache:
    """Lives as long as the process: for the command line."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._held.get(key) for key in keys]

    def put(self, items: Mapping[str, bytes]) -> None:
        self._held.update(items)


class RedisComputationCache:
    """Shared by all workers; called from the pipeline's thread with a client of its own.

    A Redis that is down or full costs time, never the brief: reads find nothing and
    writes are dropped.
    """

    def __init__(self, client: redis.Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        try:
            found: Any = self._client.mget([names.memo(key) for key in keys])
            return list(found)
        except redis.RedisError:
            return [None] * len(keys)

    def put(self, items: Mapping[str, bytes]) -> None:
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for key, value in items.items():
                    pipeline.set(names.memo(key), value, ex=self._ttl_s)
                pipeline.execute()
        except redis.RedisError:
            return
