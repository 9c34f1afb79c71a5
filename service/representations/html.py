"""A brief as a standalone HTML page."""

from __future__ import annotations

from collections.abc import Sequence

from service.pipeline.types import Article, Brief
from service.representations.citation_marks import EMPTY, CitationMarks, outlet, tally
from service.templates import page


def to_html(brief: Brief, articles: Sequence[Article], notices: Sequence[str] = ()) -> str:
    """One page without script or outside address; `notices` say what became of the brief since."""
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
        notices=notices if brief.sentences else (*notices, EMPTY),
    )
