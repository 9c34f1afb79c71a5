"""Feed: RSS, Atom or JSON Feed → its entries, the newest first."""

from __future__ import annotations

import hashlib
import html
import io
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import msgspec

from service.errors import FetchFailed
from service.sources.cache import Page
from service.sources.doctype import without_doctype
from service.sources.json_feed import Item, read_json_feed
from service.sources.page_metadata import HTML

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
"""Markup in a title, but not the signs of "3 < 4 > 2"."""

ESCAPED_TAG = re.compile(
    r"&(?:amp;){0,5}(?:lt|#0{0,4}60|#x0{0,4}3c);/?(?:p|div|br|span|a|b|i|em|strong|h[1-6]|ul|ol|li|img"
    r"|blockquote|figure|figcaption|section|article|table|tr|td)(?=[\s/]|&(?:amp;){0,5}(?:gt|#))",
    re.IGNORECASE,
)
"""A tag that is still escaped once a feed is read: its generator escaped the HTML twice."""

ESCAPED_AT_MOST = 3
"""How often HTML is unescaped: a generator, a template and a plug-in may each have escaped it."""

BLANK_LINE = re.compile(r"\n\s*\n")

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
    """The entries of an RSS, Atom or JSON feed; where one has no date, in the feed's own order.

    Raises `FetchFailed` for what is no feed or has no entries, and for one that declares XML
    entities which can grow.
    """
    if HTML.match(page.markup):
        raise FetchFailed("not-a-feed", "It is an HTML page, no feed.")
    markup = page.markup.lstrip("\ufeff\0 \t\r\n\f")
    if markup.startswith(("{", "[")):
        entries = [_json_entry(each, page.url) for each in read_json_feed(markup)]
    else:
        entries = _xml_entries(without_doctype(markup), page.url)
    if not entries:
        raise FetchFailed("not-a-feed", "The feed has no entries.")
    dated = [(each.published_at, each) for each in entries if each.published_at is not None]
    if len(dated) < len(entries):
        return tuple(entries)
    return tuple(each for _, each in sorted(dated, key=lambda pair: pair[0], reverse=True))


def _xml_entries(markup: str, url: str) -> list[Entry]:
    import feedparser

    found = feedparser.parse(
        # Never the text itself: feedparser would open what looks like a file name or a URL.
        io.BytesIO(markup.encode(errors="replace")),
        response_headers={**HTTP_HEADERS, "content-location": url},
        sanitize_html=False,
    )
    if not found.get("version"):
        raise FetchFailed("not-a-feed", "It is no RSS, Atom or JSON feed.")
    return [_entry(each) for each in found["entries"]]


def _entry(found: Any) -> Entry:
    url = _page_url(found)
    carried = [each["value"] for each in found.get("content", ()) if "html" in each["type"]]
    plain = [each["value"] for each in found.get("content", ())]
    content = next(filter(None, (*carried, found.get("summary", ""), *plain)), "")
    made = hashlib.sha256(f"{found.get('title')}\n{content}".encode()).hexdigest()[:16]
    return Entry(
        id=found.get("id") or url or f"entry-{made}",
        url=url,
        title=_plain(found.get("title", "")) or None,
        author=found.get("author") or None,
        # Asked for in this order: feedparser warns where `updated` stands for `published`.
        published_at=_moment(found.get("published_parsed") or found.get("updated_parsed")),
        content=_markup(content),
    )


def _page_url(found: Any) -> str | None:
    """The page that an entry is about: its first alternate link, one to HTML before others, never
    its sound or the entry itself; else its guid, where that is an address."""
    alternate = [
        each
        for each in found.get("links", ())
        if each.get("rel", "").endswith("alternate") and each.get("href")
    ]
    if alternate:
        return min(alternate, key=lambda each: "html" not in each.get("type", ""))["href"]
    link = found.get("link", "")
    return link if link.startswith(("http://", "https://")) else None


def _absolute(base: str, address: str) -> str | None:
    """The address in full, or None where it is none."""
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def _json_entry(item: Item, base: str) -> Entry:
    linked = item.url or item.external_url
    text = "".join(
        f"<p>{html.escape(each)}</p>" for each in BLANK_LINE.split(item.content_text or "")
    )
    content = item.content_html or (text if item.content_text else item.summary or "")
    made = hashlib.sha256(f"{item.title}\n{content}".encode(errors="replace")).hexdigest()[:16]
    url = _absolute(base, linked.strip()) if linked and linked.strip() else None
    named = "" if item.id is None else str(item.id)
    return Entry(
        id=named or url or f"entry-{made}",
        url=url,
        title=_plain(item.title or "") or None,
        author=item.by(),
        published_at=_stated(item.date_published) or _stated(item.date_modified),
        content=_markup(content),
    )


def _markup(content: str) -> str:
    """What a feed carries, as HTML: what was escaped twice is unescaped, what has no markup is put
    into paragraphs.

    >>> _markup("&lt;p&gt;Talks &amp;amp; tea.&lt;/p&gt;"), _markup("Is 3 &lt; 4?")
    ('<p>Talks &amp; tea.</p>', '<p>Is 3 &lt; 4?</p>')
    """
    for _ in range(ESCAPED_AT_MOST):
        if not ESCAPED_TAG.search(content):
            break
        content = html.unescape(content)
    if TAG.search(content) or not content.strip():
        return content
    paragraphs = BLANK_LINE.split(html.unescape(content))
    return "".join(f"<p>{html.escape(each, quote=False)}</p>" for each in paragraphs)


def _plain(title: str) -> str:
    """A title without the markup that feeds put into it, however often it is escaped.

    >>> _plain("Talks <b>resume</b> &amp;amp; end"), _plain("&amp;lt;i&amp;gt;Talks&amp;lt;/i&amp;gt; end")
    ('Talks resume & end', 'Talks end')
    """
    for _ in range(ESCAPED_AT_MOST):
        title = html.unescape(title)
    return " ".join(TAG.sub("", title).split())


def _stated(moment: str | None) -> datetime | None:
    """JSON Feed's RFC 3339 time; None where it is none, or not within the years 1 to 9999 in UTC."""
    try:
        found = datetime.fromisoformat(moment or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _moment(parsed: Any) -> datetime | None:
    """feedparser's UTC time tuple as a moment."""
    try:
        return datetime(*parsed[:6], tzinfo=UTC) if parsed else None
    except ValueError:
        return None
