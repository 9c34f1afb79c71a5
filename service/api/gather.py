"""Gather: articles that are only URLs → the same with their text, and those that gave none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Protocol

import msgspec

from service.api.wire import ArticleIn, Extract, Limits
from service.errors import FetchFailed, InvalidRequest, NothingToBrief
from service.pipeline.types import Unread
from service.sources.fetch import Page

AT_ONCE = 8
"""Pages of one request that are fetched at once, over all hosts: each may be held whole."""


class Fetches(Protocol):
    """See `service.sources.fetch.Fetcher`."""

    async def fetch(self, url: str) -> Page: ...


class Gathered(msgspec.Struct, frozen=True):
    """Articles that all have a text or HTML, and the others with their causes."""

    articles: list[ArticleIn]
    unread: tuple[Unread, ...] = ()

    def causes(self) -> str:
        """What failed, for a caller to read."""
        return "; ".join(f"{each.id[:60]!r} {each.message}" for each in self.unread[:10])


async def gather(
    wires: Sequence[ArticleIn], fetcher: Fetches, extract: Extract, limits: Limits
) -> Gathered:
    """Fetch what has no text, in parallel; what fails is told, not raised.

    Raises `NothingToBrief` with every cause where no article is left.
    """
    free = asyncio.Semaphore(AT_ONCE)

    async def read(wire: ArticleIn) -> ArticleIn | FetchFailed:
        if not wire.fetched:
            return wire
        async with free:
            try:
                return await _read(wire, fetcher, extract, limits)
            except FetchFailed as failed:
                return failed

    # A group, not gather(): when the job is stopped, so is every fetch.
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(read(wire)) for wire in wires]
    articles: list[ArticleIn] = []
    unread: list[Unread] = []
    taken = {wire.id for wire in wires}
    total = 0
    for wire, found in zip(wires, (task.result() for task in reading), strict=True):
        if isinstance(found, ArticleIn):
            total += len(found.text or found.html or "")
            if not wire.fetched or total <= limits.total_characters:
                articles.append(found)
                continue
            found = FetchFailed(
                "too-large", f"is beyond {limits.total_characters} characters in all."
            )
        unread.append(Unread(id=_id(wire, taken), code=found.code, message=str(found)))
    gathered = Gathered(articles, tuple(unread))
    if not articles:
        raise NothingToBrief(
            f"None of the {len(wires)} articles could be fetched: {gathered.causes()} Send their"
            " text or html instead.",
            path="articles",
        )
    return gathered


async def _read(wire: ArticleIn, fetcher: Fetches, extract: Extract, limits: Limits) -> ArticleIn:
    page = await fetcher.fetch(wire.url or "")
    try:
        found = await asyncio.to_thread(extract, page.markup, page.url)
    except InvalidRequest:
        raise FetchFailed("not-an-article", "No article text was found on the page.") from None
    if len(found.text) > limits.article_characters:
        detail = f"The article has more than {limits.article_characters} characters."
        raise FetchFailed("too-large", detail)
    return msgspec.structs.replace(
        wire,
        text=found.text,
        url=page.url,
        title=wire.title or found.title,
        publisher=wire.publisher or found.publisher,
        author=wire.author or found.author,
        published_at=wire.published_at or found.published_at,
        language=wire.language or found.language,
    )


def _id(wire: ArticleIn, taken: set[str | None]) -> str:
    """The caller's id, or one made from the URL, since there is no content to make it from."""
    if wire.id is not None:
        return wire.id
    made = name = f"url-{hashlib.sha256((wire.url or '').encode()).hexdigest()[:16]}"
    copies = 1
    while name in taken:
        copies += 1
        name = f"{made}-{copies}"
    taken.add(name)
    return name
