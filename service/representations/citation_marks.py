"""Numbers of the cited spans, and whom and how much a brief cites, as every page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from service.pipeline.types import Article, Brief, Citation
from service.schemas.wire import BriefResponse

EMPTY = (
    "No sentence could be printed; why is said of each below. Send the articles\u2019 whole texts, or more"
    " articles on the event."
)
"""What stands instead of a brief without a sentence."""


class CitationMarks:
    """The cited spans of a brief, each once, numbered from 1 in reading order; behind them those that only the
    agreement table has."""

    def __init__(self, brief: Brief | BriefResponse) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._cited: list[tuple[Citation, int]] = []
        cells = (cell for row in brief.agreement for cell in row.cells)
        for each in chain(brief.sentences, cells):
            for citation in each.citations:
                if _span(citation) not in self._numbers:
                    self._numbers[_span(citation)] = len(self._numbers) + 1
                    self._cited.append((citation, self.of(citation)))

    def of(self, citation: Citation) -> int:
        """The number of the span that a citation of the brief names."""
        return self._numbers[_span(citation)]

    def cited(self) -> list[tuple[Citation, int]]:
        """The first citation of every span with the span's number, in the order of the numbers."""
        return self._cited


def _span(citation: Citation) -> tuple[str, int, int]:
    return citation.article_id, citation.start, citation.end


def outlet(citation: Citation, articles: Sequence[Article]) -> str:
    """Where a citation is from: the article's publisher and id, or its id alone."""
    for article in articles:
        if article.id == citation.article_id:
            return f"{article.publisher} ({article.id})" if article.publisher else article.id
    return citation.article_id


def outlet_of(article_id: str, articles: Sequence[Article]) -> str:
    """The publisher of an article, or its id."""
    named = (each.publisher for each in articles if each.id == article_id)
    return next(named, None) or article_id


def tally(brief: Brief | BriefResponse) -> str:
    """How much the brief uses, in one sentence."""
    found = brief.coverage
    return (
        f"{found.printed} sentences from {found.used} of {found.articles} articles,"
        f" {found.origins} independent origins; {found.withheld} sentences withheld."
    )


def role(citation: Citation) -> str:
    """How a citation that does not support is introduced, with a space behind; "" of one that does."""
    if citation.role == "supports":
        return ""
    return f"{citation.role} {'in part ' if citation.extent == 'part' else ''}"
