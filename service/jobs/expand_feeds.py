"""Expand: articles, some of them feeds → where each article comes from.

A feed stands for its newest entries. The page that an entry links to is fetched like any
other URL, because what a feed carries is often a teaser; only an entry without a link is
taken from the feed itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Protocol

import msgspec

from service.errors import FetchFailed
from service.schemas.wire import FEED_ENTRIES, LONGEST_ID, LONGEST_TITLE, ArticleIn
from service.sources.cache import Page
from service.sources.feed import Entry, read_feed
from service.sources.fetch import FEED, PAGE

AT_ONCE = 8
"""Pages or feeds of one request that are fetched at once, over all hosts: each may be held
whole."""


class Fetches(Protocol):
    """See `service.sources.fetch.Fetcher`."""

    async def fetch(self, url: str, accepted: frozenset[str] = PAGE) -> Page: ...


class IntakeSource(msgspec.Struct, frozen=True):
    """An article that the caller sent, that is at its URL, whose `page` a feed carries, or that
    has `failed` to come from anywhere."""

    wire: ArticleIn
    page: Page | None = None
    failed: FetchFailed | None = None

    @property
    def sent(self) -> bool:
        """Whether its text came, and was admitted, with the request."""
        return self.wire.text is not None or self.wire.html is not None


class Names:
    """Gives ids that no other article of the request has."""

    def __init__(self, wires: Sequence[ArticleIn]) -> None:
        self._taken = {wire.id for wire in wires}

    def free(self, name: str) -> str:
        """The name, or with a number behind it if it is taken."""
        made, copies = name, 1
        while name in self._taken:
            copies += 1
            name = f"{made}-{copies}"
        self._taken.add(name)
        return name

    def of(self, wire: ArticleIn) -> str:
        """The article's id, or one made from its URL, since there is no content to make it from."""
        if wire.id is not None:
            return wire.id
        made = hashlib.sha256((wire.feed or wire.url or "").encode()).hexdigest()[:16]
        return self.free(f"feed-{made}" if wire.feed else f"url-{made}")


async def expand_feeds(
    wires: Sequence[ArticleIn], fetcher: Fetches, names: Names, most: int
) -> list[IntakeSource]:
    """The articles, with every feed's entries in its place under their own names. `most` articles
    are taken; an entry beyond them has failed, and so has a feed that can't be read."""
    free = asyncio.Semaphore(AT_ONCE)

    async def entries(url: str, limit: int) -> tuple[Entry, ...] | FetchFailed:
        async with free:
            try:
                page = await fetcher.fetch(url, FEED)
                return (await asyncio.to_thread(read_feed, page))[:limit]
            except FetchFailed as failed:
                return failed

    async with asyncio.TaskGroup() as group:
        reading = {
            k: group.create_task(entries(wire.feed, wire.limit or FEED_ENTRIES))
            for k, wire in enumerate(wires)
            if wire.feed is not None
        }
    room = most - (len(wires) - len(reading))
    sources: list[IntakeSource] = []
    for k, wire in enumerate(wires):
        found = reading[k].result() if k in reading else None
        if found is None:
            sources.append(IntakeSource(wire))
        elif isinstance(found, FetchFailed):
            sources.append(IntakeSource(wire, failed=found))
        else:
            for entry in found:
                source = _source(wire, entry, names.free(entry.id[:LONGEST_ID]))
                sources.append(source if room > 0 else _beyond(source, most))
                room -= 1
    return sources


def _source(feed: ArticleIn, entry: Entry, name: str) -> IntakeSource:
    """An entry under its name; what the caller says of the feed goes for each of its entries."""
    wire = ArticleIn(
        id=name,
        url=entry.url,
        title=entry.title and entry.title[:LONGEST_TITLE],
        publisher=feed.publisher,
        author=entry.author,
        published_at=entry.published_at,
        language=feed.language,
    )
    if entry.url is not None:
        return IntakeSource(wire)
    return IntakeSource(wire, Page("", entry.content))


def _beyond(source: IntakeSource, most: int) -> IntakeSource:
    failed = FetchFailed("too-many-articles", f"is beyond the {most} articles of a request.")
    return msgspec.structs.replace(source, failed=failed)
