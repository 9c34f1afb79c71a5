"""Feed: RSS or Atom → its entries, the newest first."""

from __future__ import annotations

import hashlib
import html
import io
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from service.errors import FetchFailed
from service.sources.cache import Page

TAG = re.compile(r"<[^<>]+>")

HTTP_HEADERS = {"content-type": "application/xml; charset=utf-8"}
"""A page's characters are decoded already, whatever encoding its XML declares."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is its guid, else its link, else made from its content; `url` is its link; `content`
    is what the feed itself carries of it, as HTML. `repr` never shows it."""

    id: str
    url: str | None = None
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    content: str = ""

    def __repr__(self) -> str:
        return f"Entry(id={self.id!r}, characters={len(self.content)})"


def read_feed(page: Page) -> tuple[Entry, ...]:
    """The entries of an RSS or Atom document; where one has no date, in the feed's own order.

    Raises `FetchFailed` for what is no feed or has no entries, and for one that declares XML
    entities, which a feed has no use for and an attacker has (they can grow without bound).
    """
    import feedparser

    if "<!entity" in page.markup.lower():
        raise FetchFailed("not-a-feed", "It declares XML entities; such a feed is not read.")
    found = feedparser.parse(
        # Never the text itself: feedparser would open what looks like a file name or a URL.
        io.BytesIO(page.markup.encode(errors="replace")),
        response_headers={**HTTP_HEADERS, "content-location": page.url},
        sanitize_html=False,
    )
    if not found.get("version"):
        raise FetchFailed("not-a-feed", "It is no RSS or Atom feed.")
    if not (entries := [_entry(each) for each in found["entries"]]):
        raise FetchFailed("not-a-feed", "The feed has no entries.")
    dated = [(each.published_at, each) for each in entries if each.published_at is not None]
    if len(dated) < len(entries):
        return tuple(entries)
    return tuple(each for _, each in sorted(dated, key=lambda pair: pair[0], reverse=True))


def _entry(found: Any) -> Entry:
    url = found.get("link") or None
    carried = [each["value"] for each in found.get("content", ()) if "html" in each["type"]]
    content = next(filter(None, carried), found.get("summary", ""))
    made = hashlib.sha256(f"{found.get('title')}\n{content}".encode()).hexdigest()[:16]
    return Entry(
        id=found.get("id") or url or f"entry-{made}",
        url=url,
        title=_plain(found.get("title", "")) or None,
        author=found.get("author") or None,
        # Asked for in this order: feedparser warns where `updated` stands for `published`.
        published_at=_moment(found.get("published_parsed") or found.get("updated_parsed")),
        content=content,
    )


def _plain(title: str) -> str:
    """A title without the markup that feeds put into it.

    >>> _plain("Talks <b>resume</b> &amp;amp; end")
    'Talks resume & end'
    """
    return " ".join(html.unescape(html.unescape(TAG.sub("", title))).split())


def _moment(parsed: Any) -> datetime | None:
    """feedparser's UTC time tuple as a moment."""
    try:
        return datetime(*parsed[:6], tzinfo=UTC) if parsed else None
    except ValueError:
        return None
