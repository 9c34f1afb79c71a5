"""Pages: what was fetched, compressed, for all callers. See `service.sources.cache`."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
import zlib
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.sources.cache import Kept
from service.store import keys

LARGEST_BYTES = 1_000_000
"""A page that is larger than this when compressed is not kept."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Kept)


class FetchedPages:
    """Keeps a page for `ttl_s` seconds if it has a validator to revalidate it by (ETag or
    Last-Modified), else only while it is fresh.

    A Redis that is down or full costs a request, never the article.
    """

    def __init__(self, client: Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    async def get(self, name: str) -> Kept | None:
        try:
            data: Any = await self._client.get(_key(name))
        except RedisError:
            return None
        return await asyncio.to_thread(_unpack, data) if data else None

    async def put(self, name: str, kept: Kept | None) -> None:
        packed = b"" if kept is None else await asyncio.to_thread(_pack, kept)
        try:
            if kept is None or len(packed) > LARGEST_BYTES or self._ttl(kept) < 1:
                await self._client.delete(_key(name))
            else:
                await self._client.set(_key(name), packed, ex=self._ttl(kept))
        except RedisError:
            return

    def _ttl(self, kept: Kept) -> int:
        fresh_s = math.ceil(kept.fresh_until - time.time())
        return self._ttl_s if kept.conditions() else min(fresh_s, self._ttl_s)


def _key(name: str) -> str:
    return keys.page(hashlib.sha256(name.encode()).hexdigest())


def _pack(kept: Kept) -> bytes:
    return zlib.compress(_encoder.encode(kept))


def _unpack(data: bytes) -> Kept:
    return _decoder.decode(zlib.decompress(data))
