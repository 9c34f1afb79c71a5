"""Articles: what was cleaned for a caller, kept for the same request."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.pipeline.types import Article
from service.store import keys
from service.store.briefs import hashes


class CleanArticle(msgspec.Struct, frozen=True):
    """An article without its page, and the codes of what it lacks."""

    article: Article
    warnings: tuple[str, ...] = ()


class StoredArticle(msgspec.Struct, frozen=True):
    """A clean article, when it was made (Unix seconds), and whose it is."""

    clean: CleanArticle
    made_at: float
    namespace: str = ""

    def hashes(self) -> dict[str, str]:
        """Article id → sha256 of its text."""
        return hashes((self.clean.article,))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredArticle)


class CleanArticles:
    """Kept for `ttl_s`, which may be short: to clean an article again costs little."""

    def __init__(self, client: Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    async def get(self, request_key: str) -> StoredArticle | None:
        data: Any = await self._client.get(keys.article(request_key))
        return _decoder.decode(data) if data else None

    async def has(self, request_key: str) -> bool:
        """Whether `get` would give one."""
        return bool(await self._client.exists(keys.article(request_key)))

    async def put(self, request_key: str, clean: CleanArticle, namespace: str) -> None:
        data = _encoder.encode(StoredArticle(clean, time.time(), namespace))
        await self._client.set(keys.article(request_key), data, ex=self._ttl_s)
