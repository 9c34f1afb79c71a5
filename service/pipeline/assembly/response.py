"""Response: what the steps gave → the brief, with its content address and its counts."""

from __future__ import annotations

from collections.abc import Sequence

from service.pipeline.content_id import canonical_request, digest
from service.pipeline.ingest.eligibility import set_warnings, unread_reports
from service.pipeline.rights import reserved
from service.pipeline.types import (
    NOTHING_PRINTABLE,
    WRITER_UNAVAILABLE,
    AgreementRow,
    ArticleReport,
    Brief,
    BriefSentence,
    Conflict,
    Coverage,
    Generation,
    Headline,
    Request,
    Sentence,
    Withheld,
)
from service.pipeline.writing.layout import text_of


def compose(
    request: Request,
    fingerprint: str,
    articles: tuple[ArticleReport, ...],
    sentences: Sequence[Sentence],
    headline: Headline | None,
    printed: Sequence[BriefSentence],
    withheld: Sequence[Withheld],
    conflicts: Sequence[Conflict],
    agreement: Sequence[AgreementRow],
    generation: Generation,
    *,
    writer_failed: bool = False,
) -> Brief:
    """All parts → the brief, with its content address. One for which the writer failed is addressed
    by its text too: the next one of the request is another."""
    articles = (*articles, *unread_reports(request.unread))
    empty = () if printed else (NOTHING_PRINTABLE,)
    text, failed = text_of(printed, request.options), (WRITER_UNAVAILABLE,) * writer_failed
    made_by = " ".join((fingerprint, *failed, text)) if failed else fingerprint
    return Brief(
        id=digest(request.namespace, canonical_request(request), made_by),
        headline=headline,
        text=text,
        sentences=tuple(printed),
        conflicts=tuple(conflicts),
        withheld=tuple(withheld),
        articles=articles,
        coverage=coverage(articles, sentences, printed, withheld, len(request.unread)),
        generation=generation,
        agreement=tuple(agreement),
        warnings=(*set_warnings(articles), *empty, *failed),
    )


def coverage(
    articles: Sequence[ArticleReport],
    sentences: Sequence[Sentence],
    printed: Sequence[BriefSentence],
    withheld: Sequence[Withheld],
    failed: int,
) -> Coverage:
    used = [article for article in articles if article.used]
    cited = {
        (citation.article_id, citation.start)
        for sentence in printed
        for citation in sentence.citations
    }
    return Coverage(
        articles=len(articles),
        used=len(used),
        origins=len({article.origin for article in used}),
        reprints=sum(article.duplicate_of is not None for article in used),
        sentences=len(sentences),
        cited_sentences=len(cited),
        printed=len(printed),
        withheld=len(withheld),
        failed=failed,
        reserved=sum(reserved(article.rights) for article in used),
    )
