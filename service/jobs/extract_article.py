"""Extract article: one page or HTML document → the article in it."""

from __future__ import annotations

import asyncio

import msgspec

from service.errors import FetchFailed, NotFetched
from service.jobs.expand_feeds import Fetches
from service.jobs.fetch_articles import filled
from service.pipeline.ingest.boilerplate import ingest
from service.schemas.conversion import Extract, Limits, to_articles
from service.schemas.wire import ArticleIn, ArticleRequest
from service.store.articles import CleanArticle


async def extract_article(
    request: ArticleRequest,
    fetcher: Fetches,
    extract: Extract,
    limits: Limits,
    languages: frozenset[str],
) -> CleanArticle:
    """The article, fetched if there is only its URL; `languages` are those that are read.

    Raises `NotFetched` with the cause, or `InvalidRequest` for HTML without an article.
    """
    wire = ArticleIn(url=request.url, html=request.html)
    if wire.fetched:
        try:
            page = await fetcher.fetch(wire.url or "")
            wire = await filled(wire, page, extract, limits)
        except FetchFailed as failed:
            raise NotFetched(
                f"{failed.code}: {failed} Send the page as html, or another URL.", path="url"
            ) from None
    return await asyncio.to_thread(_cleaned, wire, extract, languages)


def _cleaned(wire: ArticleIn, extract: Extract, languages: frozenset[str]) -> CleanArticle:
    (article,) = to_articles([wire], extract)
    (source,) = ingest((article,), languages)
    article = msgspec.structs.replace(article, title=source.title, language=source.language)
    lacks = {
        "unsupported_language": not source.readable,
        "no_sentences": source.readable and not source.blocks,
        "no_title": article.title is None,
        "no_published_at": article.published_at is None,
    }
    return CleanArticle(article, tuple(code for code, true in lacks.items() if true))
