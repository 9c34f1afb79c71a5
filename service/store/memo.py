"""Memo: what the pipeline computed before, kept in Redis or in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import redis

from service.store import keys


class MemoryMemo:
    """Lives as long as the process: for the command line."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._held.get(key) for key in keys]

    def put(self, items: Mapping[str, bytes]) -> None:
        self._held.update(items)


class RedisMemo:
    """Shared by all workers; called from the pipeline's thread with a client of its own.

    A Redis that is down or full costs time, never the brief: reads find nothing and
    writes are dropped.
    """

    def __init__(self, client: redis.Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    def get(self, keys_: Sequence[str]) -> list[bytes | None]:
        if not keys_:
            return []
        try:
            return list(self._client.mget([keys.memo(key) for key in keys_]))  # pyright: ignore[reportArgumentType]  # redis-py types its sync client as maybe-awaitable
        except redis.RedisError:
            return [None] * len(keys_)

    def put(self, items: Mapping[str, bytes]) -> None:
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for key, value in items.items():
                    pipeline.set(keys.memo(key), value, ex=self._ttl_s)
                pipeline.execute()
        except redis.RedisError:
            return
