"""Fetch articles: articles that are URLs or feeds → articles with their texts, and those that gave none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from service.errors import FetchFailed, InvalidRequest, NothingToBrief
from service.jobs.expand_feeds import AT_ONCE, Fetches, IntakeSource, Names, expand_feeds
from service.pipeline.rights import joined
from service.pipeline.types import Unread
from service.schemas.conversion import Extract, Limits
from service.schemas.wire import ArticleIn
from service.sources.cache import Page


class Gathered(msgspec.Struct, frozen=True):
    """Articles that all have a text or HTML, and the others with their causes."""

    articles: list[ArticleIn]
    unread: tuple[Unread, ...] = ()

    def causes(self) -> str:
        """What failed, for a caller to read."""
        return "; ".join(f"{each.id[:60]!r} {each.message}" for each in self.unread[:10])


async def fetch_articles(
    wires: Sequence[ArticleIn], fetcher: Fetches, extract: Extract, limits: Limits
) -> Gathered:
    """Fetch what has no text, in parallel; what fails is told, not raised.

    Raises `NothingToBrief` with every cause where no article is left.
    """
    names, free = Names(wires), asyncio.Semaphore(AT_ONCE)
    sources = await expand_feeds(wires, fetcher, names, limits.articles)

    async def read(source: IntakeSource) -> ArticleIn | FetchFailed:
        if source.sent or source.failed is not None:
            return source.failed or source.wire
        async with free:
            try:
                page = source.page or await fetcher.fetch(source.wire.url or "")
                return await filled(source.wire, page, extract, limits)
            except FetchFailed as failed:
                return failed

    # A group, not gather(): when the job is stopped, so is every fetch.
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(read(source)) for source in sources]
    articles: list[ArticleIn] = []
    unread: list[Unread] = []
    room = limits.total_characters - sum(len(each.text or each.html or "") for each in wires)
    for source, found in zip(sources, (task.result() for task in reading), strict=True):
        if isinstance(found, ArticleIn):
            size = 0 if source.sent else len(found.text or "")
            if size <= room or source.sent:
                articles.append(found)
                room -= size
                continue
            detail = f"is beyond {limits.total_characters} characters in all."
            found = FetchFailed("too-large", detail)
        unread.append(Unread(id=names.of(source.wire), code=found.code, message=str(found)))
    gathered = Gathered(articles, tuple(unread))
    if not articles:
        raise NothingToBrief(
            f"None of the {len(sources)} articles could be fetched: {gathered.causes()} Send their"
            " text or html instead.",
            path="articles",
        )
    return gathered


async def filled(wire: ArticleIn, page: Page, extract: Extract, limits: Limits) -> ArticleIn:
    """The article with the text of its page, and what the page says where the caller is silent.

    Raises `FetchFailed` where the page holds no article, or one that is too long.
    """
    url = page.url or None
    try:
        found = await asyncio.to_thread(extract, page.markup, url)
    except InvalidRequest:
        raise FetchFailed("not-an-article", "No article text was found on the page.") from None
    if len(found.text) > limits.article_characters:
        detail = f"The article has more than {limits.article_characters} characters."
        raise FetchFailed("too-large", detail)
    return msgspec.structs.replace(
        wire,
        text=found.text,
        url=url,
        title=wire.title or found.title,
        publisher=wire.publisher or found.publisher,
        author=wire.author or found.author,
        published_at=wire.published_at or found.published_at,
        language=wire.language or found.language,
        rights=wire.rights or joined((page.rights, found.rights)),
    )
