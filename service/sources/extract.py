"""Extraction: an HTML page → the article's text and what the page says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from service.errors import InvalidRequest
from service.pipeline.ingest.boilerplate import detect_language
from service.sources.block_quotations import mark_block_quotations
from service.sources.layout_tables import mark_layout_tables
from service.sources.page_metadata import reservation

DOCUMENT = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
"""What a fragment, as editing systems and feeds give it, lacks; extraction asks for it."""

PUBLISHED = re.compile(
    r"(?:article:published_time|datePublished)[\"'][^<>{}]{0,80}?[\"']"
    r"(\d{4}-\d\d-\d\dT[^\"'\s<>]{5,30})"
)
"""Open Graph's, schema.org's and JSON-LD's time of publication, which extraction cuts to a day."""


NOT_SHOWN = "//template | //*[@hidden and not(self::html or self::body or @hidden='until-found')]"
"""What no browser shows until a script or a reader asks for it; extraction leaves out only what a style hides."""

RULE = re.compile(r"\|(?:---\|)+$")
"""What extraction puts below the head of a table."""

MAX_LABEL_WORDS = 8
"""A row in which one cell alone is filled, with more words, is a paragraph that a table lays out."""


class Extracted(msgspec.Struct, frozen=True):
    """`text` is what offsets will refer to: paragraphs, one a line; a list's item as "- item", a table's row as
    "| cell | cell |", a block quotation's lines as "> line". `language` is the text's own, not what the page declares:
    templates declare what they were made for."""

    text: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    publisher: str | None = None
    rights: str | None = None


def extract(html: str, url: str | None = None) -> Extracted:
    """The main text of a page or a fragment of one, by trafilatura. Raises `InvalidRequest` where there is none."""
    import trafilatura
    from trafilatura.settings import Document

    whole = (
        html if DOCUMENT.search(html) else f"<html><body><article>{html}</article></body></html>"
    )
    tree = trafilatura.load_html(whole)
    if tree is not None:
        for each in tree.xpath(NOT_SHOWN):
            each.drop_tree()
        mark_layout_tables(tree)
        mark_block_quotations(tree)
    document = trafilatura.bare_extraction(
        whole if tree is None else tree, url=url, with_metadata=True, include_comments=False
    )
    text = "\n".join(_rendered(document.text or "") if isinstance(document, Document) else ())
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
        published_at=_published(document.date, html),
        language=document.language or detect_language(text),
        publisher=document.sitename or document.hostname or None,
        rights=reservation(html),
    )


def _rendered(text: str) -> Iterator[str]:
    """The lines of an extracted text; a row of one cell gives that alone."""
    for line in filter(None, map(str.strip, text.split("\n"))):
        if not line.startswith("|") or not line.endswith("|"):
            yield line
        elif not RULE.match(line):
            cells = [each.strip() for each in line.strip("|").split("|")]
            filled = [each for each in cells if each]
            alone = len(filled) == 1 and (
                len(cells) == 1 or len(filled[0].split()) > MAX_LABEL_WORDS
            )
            yield from filled if alone or not filled else [line]


def _published(day: str | None, html: str) -> datetime | None:
    """When the page was published: on the `day` that extraction found, at the time that the
    page's metadata gives for that day, else at midnight UTC."""
    midnight = _moment(day or "")
    stated = (_moment(each) for each in PUBLISHED.findall(html))
    same = (each for each in stated if each and midnight and each.date() == midnight.date())
    return next(same, midnight)


def _moment(text: str) -> datetime | None:
    """
    >>> [str(_moment(each)) for each in ("2025-12-02T09:30+01:00", "2025-12-02", "Tuesday")]
    ['2025-12-02 09:30:00+01:00', '2025-12-02 00:00:00+00:00', 'None']
    >>> _moment("9999-12-31T23:30-01:00") is None
    True
    """
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: not within the years 1 to 9999 in UTC
        return None
    return moment
