"""A brief as a standalone HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from service.pipeline.types import Article, Brief
from service.representations.agreement import agreement_lines
from service.representations.citation_marks import EMPTY, CitationMarks, outlet, tally
from service.templates import page


def to_html(brief: Brief, articles: Sequence[Article], notices: Sequence[str] = ()) -> str:
    """One page without a script that runs or an outside address, with JSON-LD for whom it is no page; `notices` say what became of the brief since."""
    marks = CitationMarks(brief)
    return page(
        "brief.html",
        title=brief.headline.text if brief.headline is not None else "Brief",
        brief=brief,
        marks=marks,
        sources=[
            (outlet(citation, articles), citation.quote, mark) for citation, mark in marks.cited()
        ],
        tally=tally(brief),
        lines=agreement_lines(brief, articles),
        described=_described(brief, articles),
        notices=notices if brief.sentences else (*notices, EMPTY),
    )


def _described(brief: Brief, articles: Sequence[Article]) -> str:
    """The brief as JSON-LD (schema.org), with the articles that it is based on; no "<" can end its element."""
    cited = {each.article_id for sentence in brief.sentences for each in sentence.citations}
    based_on = [
        {
            "@type": "NewsArticle",
            "headline": each.title,
            "url": each.url,
            "publisher": {"@type": "Organization", "name": each.publisher}
            if each.publisher
            else None,
            "datePublished": each.published_at,
        }
        for each in articles
        if each.id in cited
    ]
    described = {
        "@context": "https://schema.org",
        "@type": "CreativeWork",
        "identifier": f"urn:newsbrief:brief:{brief.id}",
        "version": brief.version,
        "headline": brief.headline.text if brief.headline is not None else None,
        "text": brief.text,
        "isBasedOn": [_filled(each) for each in based_on],
    }
    return msgspec.json.encode(_filled(described)).decode().replace("<", "\\u003c")


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in members.items() if each is not None}
