"""Results: finished briefs and checks, kept with the articles that their offsets refer to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.pipeline.types import Article, Brief, Comparison, DraftReport
from service.store import keys


class StoredBrief(msgspec.Struct, frozen=True):
    """A brief, its articles, when it was made (Unix seconds), and whose it is."""

    brief: Brief
    articles: tuple[Article, ...]
    made_at: float
    namespace: str = ""

    def texts(self) -> dict[str, str]:
        return {article.id: article.text for article in self.articles}

    def hashes(self) -> dict[str, str]:
        """Article id → sha256 of its text."""
        return hashes(self.articles)


class StoredReport(msgspec.Struct, frozen=True):
    """The check of a draft, the articles, when it was made (Unix seconds), whose it is, and the draft's text
    ("" where a release stored it that kept none)."""

    report: DraftReport
    articles: tuple[Article, ...]
    made_at: float
    namespace: str = ""
    text: str = ""

    def texts(self) -> dict[str, str]:
        return {article.id: article.text for article in self.articles}


class StoredComparison(msgspec.Struct, frozen=True):
    """One article of a brief compared with the others, when that was done (Unix seconds), and whose it is."""

    comparison: Comparison
    made_at: float
    namespace: str = ""


def hashes(articles: Sequence[Article]) -> dict[str, str]:
    """Article id → sha256 of its text: what retractions and comparisons go by."""
    return {each.id: hashlib.sha256(each.text.encode()).hexdigest() for each in articles}


MOST_NEWEST = 50
"""Briefs that a namespace's feed has."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredBrief)
_report_decoder = msgspec.msgpack.Decoder(StoredReport)
_comparison_decoder = msgspec.msgpack.Decoder(StoredComparison)


class Briefs:
    """Reads and writes briefs; all entries expire after `ttl_s`."""

    def __init__(self, client: Redis, ttl_s: int) -> None:
        self._client = client
        self._ttl_s = ttl_s

    async def get(self, brief_id: str) -> StoredBrief | None:
        data: Any = await self._client.get(keys.brief(brief_id))
        return _decoder.decode(data) if data else None

    async def outcome(self, request_key: str) -> StoredBrief | None:
        """The brief that this request led to before, if both are still held."""
        brief_id: Any = await self._client.get(keys.outcome(request_key))
        return await self.get(brief_id.decode()) if brief_id else None

    async def answer(self, request_key: str) -> str | None:
        """The id of that brief, without reading it."""
        brief_id: Any = await self._client.get(keys.outcome(request_key))
        if not brief_id or not await self._client.exists(keys.brief(brief_id.decode())):
            return None
        return brief_id.decode()

    async def lasts(self, brief_id: str, request_key: str = "") -> float:
        """Seconds until the brief expires, or, with a request's key, what that leads to; 0 if it has."""
        names = [keys.brief(brief_id), *([keys.outcome(request_key)] if request_key else [])]
        left: list[int] = [await self._client.pttl(name) for name in names]
        return max(0, min(left)) / 1000

    async def put(
        self,
        request_key: str,
        brief: Brief,
        articles: tuple[Article, ...],
        namespace: str = "",
        *,
        answers_s: int | None = None,
    ) -> None:
        """Store a brief for `ttl_s`, and let it answer the same request for `answers_s` seconds
        (None, or more than `ttl_s`: as long as it is stored). The brief is written before the
        request's key, so that a key never leads to nothing."""
        stored = StoredBrief(brief, articles, time.time(), namespace)
        await self._client.set(keys.brief(brief.id), _encoder.encode(stored), ex=self._ttl_s)
        await self._client.sadd(keys.outcomes(brief.id), request_key)
        await self._client.expire(keys.outcomes(brief.id), self._ttl_s)
        await self._client.set(keys.outcome(request_key), brief.id, ex=self._shorter(answers_s))
        newest = keys.newest(namespace)
        await self._client.zadd(newest, {brief.id: stored.made_at})
        await self._client.zremrangebyrank(newest, 0, -MOST_NEWEST - 1)
        await self._client.expire(newest, self._ttl_s)

    async def newest(self, namespace: str) -> list[StoredBrief]:
        """The newest briefs of a namespace that are still held, the newest first."""
        found: Any = await self._client.zrevrange(keys.newest(namespace), 0, MOST_NEWEST - 1)
        held = [await self.get(each.decode()) for each in found]
        return [each for each in held if each is not None]

    async def erase(self, brief_id: str) -> None:
        """Forget a brief with its texts, all requests that led to it, and what was compared of it."""
        await self._client.delete(keys.brief(brief_id))
        asked: Any = await self._client.smembers(keys.outcomes(brief_id))
        for request_key in map(bytes.decode, asked):
            await self._client.delete(keys.outcome(request_key), keys.comparison(request_key))
        await self._client.delete(keys.outcomes(brief_id))

    async def report(self, request_key: str) -> StoredReport | None:
        """What checking this draft gave before, if it is still held."""
        data: Any = await self._client.get(keys.report(request_key))
        return _report_decoder.decode(data) if data else None

    async def has_report(self, request_key: str) -> bool:
        return bool(await self._client.exists(keys.report(request_key)))

    async def put_report(
        self,
        request_key: str,
        report: DraftReport,
        articles: tuple[Article, ...],
        namespace: str = "",
        text: str = "",
        *,
        answers_s: int | None = None,
    ) -> None:
        data = _encoder.encode(StoredReport(report, articles, time.time(), namespace, text))
        await self._client.set(keys.report(request_key), data, ex=self._shorter(answers_s))

    async def comparison(self, request_key: str) -> StoredComparison | None:
        """What comparing this article gave before, if it is still held."""
        data: Any = await self._client.get(keys.comparison(request_key))
        return _comparison_decoder.decode(data) if data else None

    async def has_comparison(self, request_key: str) -> bool:
        return bool(await self._client.exists(keys.comparison(request_key)))

    async def put_comparison(
        self, request_key: str, comparison: Comparison, namespace: str = ""
    ) -> None:
        """Store it for `ttl_s`; it is erased with its brief."""
        data = _encoder.encode(StoredComparison(comparison, time.time(), namespace))
        await self._client.sadd(keys.outcomes(comparison.brief), request_key)
        await self._client.expire(keys.outcomes(comparison.brief), self._ttl_s)
        await self._client.set(keys.comparison(request_key), data, ex=self._ttl_s)

    def _shorter(self, ttl_s: int | None) -> int:
        return self._ttl_s if ttl_s is None else min(ttl_s, self._ttl_s)
