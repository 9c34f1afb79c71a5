"""Retractions: texts that were corrected or withdrawn, and which briefs cite them.

All of it is within one namespace: nobody can block another caller's articles. A brief is not
changed when a text that it cites is retracted: its status is looked up here at every read, so that
it shows the retraction as soon as that is accepted. No text is kept, only its sha256.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from redis.asyncio import Redis

from service.errors import RetractedArticle
from service.pipeline.types import Retraction
from service.store import keys

MOST_LISTED = 1000
"""Retractions that one listing gives, the latest ones."""


class Retractions:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def index(
        self, namespace: str, brief_id: str, hashes: Mapping[str, str], cited: Collection[str]
    ) -> None:
        """Store the text hash of every article id (`hashes`), and that the brief cites the texts of
        the article ids in `cited`."""
        for article_id, sha in hashes.items():
            await _done(self._client.sadd(keys.known(namespace, article_id), sha))
            if article_id in cited:
                await _done(self._client.sadd(keys.citing(namespace, sha), brief_id))

    async def forget(self, namespace: str, brief_id: str, hashes: Collection[str]) -> None:
        """The brief was erased: it cites nothing any more."""
        for sha in hashes:
            await _done(self._client.srem(keys.citing(namespace, sha), brief_id))

    async def known(self, namespace: str, article_id: str) -> tuple[str, ...]:
        """The texts that an article id stood for in the namespace's briefs."""
        found: Any = await _done(self._client.smembers(keys.known(namespace, article_id)))
        return tuple(sorted(each.decode() for each in found))

    async def add(self, namespace: str, retraction: Retraction) -> Retraction:
        """Accept a retraction: looked up and listed from now on, both or neither.

        The stream entry is the event; `briefs` is filled in.
        """
        citing = keys.citing(namespace, retraction.text_sha256)
        found: Any = await _done(self._client.smembers(citing))
        briefs = tuple(sorted(each.decode() for each in found))
        made = msgspec.structs.replace(retraction, briefs=briefs)
        body = msgspec.json.encode(made)
        async with self._client.pipeline(transaction=True) as pipeline:
            pipeline.hset(keys.retracted(namespace), made.text_sha256, body)  # pyright: ignore[reportArgumentType]  # bytes are a value
            pipeline.xadd(keys.retractions(namespace), {"retraction": body})
            await pipeline.execute()
        return made

    async def among(self, namespace: str, hashes: Collection[str]) -> dict[str, Retraction]:
        """Those of the texts that are retracted, by sha256."""
        wanted = list(dict.fromkeys(hashes))
        if not wanted:
            return {}
        found: Any = await _done(self._client.hmget(keys.retracted(namespace), wanted))
        return {
            sha: msgspec.json.decode(body, type=Retraction)
            for sha, body in zip(wanted, found, strict=True)
            if body is not None
        }

    async def listed(self, namespace: str) -> tuple[Retraction, ...]:
        """The latest retractions, the newest first."""
        found: Any = await self._client.xrevrange(keys.retractions(namespace), count=MOST_LISTED)
        return tuple(
            msgspec.json.decode(fields[b"retraction"], type=Retraction) for _, fields in found
        )


def refusal(found: Retraction) -> str:
    """Why a text may not be used, and what to do."""
    instead = f" What stands instead: {found.url}" if found.url else ""
    if found.kind == "corrected":
        return f"This text was corrected; send the corrected text.{instead}"
    return f"This text was withdrawn; leave the article out.{instead}"


async def refuse(retractions: Retractions, namespace: str, hashes: Mapping[str, str]) -> None:
    """Raise `RetractedArticle` if one of the texts (article id → sha256) may not be used."""
    found = await retractions.among(namespace, hashes.values())
    for article_id, sha in hashes.items():
        if sha in found:
            raise RetractedArticle(f"{article_id[:80]!r}: {refusal(found[sha])}", path="articles")


async def _done(answer: Awaitable[Any] | Any) -> Any:
    """redis-py types the answers of its two clients as one."""
    return await answer


def now() -> datetime:
    return datetime.now(UTC)
