"""Extraction: an HTML page → the article's text and what the page says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from service.errors import InvalidRequest


class Extracted(msgspec.Struct, frozen=True):
    """`text` is what offsets will refer to: paragraphs, one a line."""

    text: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    publisher: str | None = None


def extract(html: str, url: str | None = None) -> Extracted:
    """The main text of a page, by trafilatura. Raises `InvalidRequest` where there is none."""
    import trafilatura
    from trafilatura.settings import Document

    document = trafilatura.bare_extraction(
        html, url=url, with_metadata=True, include_comments=False, include_tables=False
    )
    text = (document.text if isinstance(document, Document) else None) or ""
    if not isinstance(document, Document) or not text.strip():
        raise InvalidRequest(
            "No article text was found in the HTML. Send the text itself, or the whole page as"
            " it is served.",
            path="html",
        )
    return Extracted(
        text=text,
        title=document.title or None,
        author=document.author or None,
        published_at=_moment(document.date),
        language=document.language or None,
        publisher=document.sitename or document.hostname or None,
    )


def _moment(date: str | None) -> datetime | None:
    """A page's date, which has no time of day, as midnight UTC."""
    try:
        return datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
    except ValueError:
        return None
