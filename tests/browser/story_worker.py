"""A worker whose briefs show all that a page must show, of whatever articles it is given.

A sentence is printed for every first sentence that an article tells; one that others begin alike
is corroborated, in part where it goes on otherwise, or, where the figures differ, disputed; a toll is
superseded. A fact whose sentence says ASIDE is left out of the brief. An article with another's very
text is its reprint. The last sentence of the first article is withheld. STREAM in the first article tells sentences slowly, SLOW waits first, BROKEN fails.

A draft's sentence is supported where an article says it word for word. One that begins as an article's
does is repaired to it. STREAM in a draft tells its verdicts slowly, BROKEN fails after the first.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import Any

import msgspec

from service.errors import InvalidRequest
from service.logs import configure_logging
from service.models.base import Models
from service.pipeline.content_id import canonical_request, digest
from service.pipeline.ingest.eligibility import unread_reports
from service.pipeline.progress import STAGES
from service.pipeline.types import (
    AgreementCell,
    AgreementReady,
    AgreementRow,
    Article,
    ArticleReport,
    Brief,
    BriefSentence,
    Check,
    Citation,
    Conflict,
    ConflictReady,
    ConflictType,
    Coverage,
    DraftReport,
    DraftRequest,
    DraftSentence,
    DraftSplit,
    Emit,
    Extent,
    Generation,
    Headline,
    HeadlineReady,
    Memo,
    Position,
    Progress,
    Request,
    Role,
    SentenceReady,
    Span,
    Stance,
    VerdictReady,
    Withheld,
    WithheldReady,
)
from service.pipeline.writing.layout import text_of
from service.settings import Settings
from service.store.briefs import hashes
from service.store.workers import ModelInfo
from service.worker import work
from tests.fake_worker import Named

SENTENCE = re.compile(r"[^\s.!?\u061f][^.!?\u061f\n]*[.!?\u061f]")

Told = tuple[Article, int, int]
"""A sentence of an article: where it starts and ends."""

GENERATION = Generation(models={}, prompts={}, pipeline="story", timings_ms={})


def told(article: Article) -> list[Told]:
    return [(article, each.start(), each.end()) for each in SENTENCE.finditer(article.text)]


def cited(sentence: Told, role: Role, extent: Extent = "whole") -> Citation:
    """The span; in a long one the part before its comma bears the sentence."""
    article, start, end = sentence
    quote = article.text[start:end]
    comma = quote.find(",")
    parts = (Span(start, start + comma),) if comma > 0 else ()
    return Citation(
        article_id=article.id, start=start, end=end, quote=quote, role=role, score=1.0,
        highlights=parts, extent=extent,
    )  # fmt: skip


def words(sentence: Told) -> str:
    article, start, end = sentence
    return article.text[start:end]


def originals(articles: tuple[Article, ...]) -> dict[str, str]:
    """The id of the first article with its text, by the id of each."""
    first: dict[str, str] = {}
    return {each.id: first.setdefault(each.text, each.id) for each in articles}


def beginning(sentence: Told) -> str:
    """What two tellings of one fact share: the first four words."""
    article, start, end = sentence
    return " ".join(article.text[start:end].split()[:4])


def figures(sentence: Told) -> set[str]:
    article, start, end = sentence
    return set(re.findall(r"\d+", article.text[start:end]))


def row_of(first: Told, others: list[Told], sentence: str | None) -> AgreementRow:
    """Every telling is a cell; of one outlet's the first."""
    dispute: ConflictType = "superseded" if "toll" in words(first) else "figure"
    cells: dict[str, AgreementCell] = {}
    for each in (first, *others):
        citation = citation_of(each, first)
        disputes = citation.role == "contradicts"
        told: Stance = "part" if citation.extent == "part" else "reports"
        cells.setdefault(each[0].id, AgreementCell(
            publisher=each[0].publisher, published_at=each[0].published_at,
            origin=each[0].id, stance="disputes" if disputes else told,
            dispute=dispute if disputes else None, citations=(citation,),
        ))  # fmt: skip
    return AgreementRow(sentence=sentence, text=words(first), cells=tuple(cells.values()))


def citation_of(sentence: Told, first: Told) -> Citation:
    """How a telling bears on the fact that `first` tells."""
    if sentence == first:
        return cited(first, "supports")
    if figures(sentence) != figures(first):
        return cited(sentence, "contradicts")
    return cited(sentence, "corroborates", "whole" if words(sentence) == words(first) else "part")


def brief_of(request: Request) -> Brief:
    facts: dict[str, list[Told]] = {}
    own = originals(request.articles)
    for article in request.articles:
        for sentence in told(article)[:4] if own[article.id] == article.id else ():
            facts.setdefault(beginning(sentence), []).append(sentence)
    sentences: list[BriefSentence] = []
    conflicts: list[Conflict] = []
    rows: list[AgreementRow] = []
    aside: list[AgreementRow] = []
    for first, *others in facts.values():
        if "ASIDE" in words(first):
            aside.append(row_of(first, others, None))
            continue
        number = f"s{len(sentences) + 1}"
        rows.append(row_of(first, others, number))
        agreeing = [each for each in others if figures(each) == figures(first)]
        differing = [each for each in others if figures(each) != figures(first)]
        citations = tuple(citation_of(each, first) for each in (first, *agreeing, *differing))
        if differing:
            positions = (first, differing[0])
            conflicts.append(Conflict(
                type="superseded" if "toll" in words(first) else "figure", topic=beginning(first),
                positions=tuple(
                    Position(words(each), (cited(each, "supports"),)) for each in positions
                ),
            ))  # fmt: skip
        sentences.append(BriefSentence(
            id=number, text=words(first), start=0, end=0, mode="extractive",
            status="conflicted" if differing else "supported", checks=(),
            origins=1 + len(agreeing), citations=citations,
        ))  # fmt: skip
    text = text_of(sentences, request.options)
    placed: list[BriefSentence] = []
    for each in sentences:
        start = text.index(each.text, placed[-1].end if placed else 0)
        placed.append(msgspec.structs.replace(each, start=start, end=start + len(each.text)))
    article, start, end = told(request.articles[0])[-1]
    withheld = Withheld(
        text=article.text[start:end], reason="not-supported", detail="names: Zorro; numbers: 12"
    )
    lead = placed[0]
    return Brief(
        id=digest(request.namespace, canonical_request(request), "story"),
        headline=Headline(
            text=lead.text.rstrip("."), mode="extractive", status="supported", checks=(),
            origins=lead.origins, citations=lead.citations[:1],
        ),
        text=text, sentences=tuple(placed), conflicts=tuple(conflicts), withheld=(withheld,),
        articles=(*reports(request.articles), *unread_reports(request.unread)),
        coverage=Coverage(
            articles=len(request.articles) + len(request.unread), used=len(request.articles),
            origins=len(set(own.values())), reprints=len(own) - len(set(own.values())),
            sentences=len(placed),
            cited_sentences=len(placed), printed=len(placed), withheld=1,
            failed=len(request.unread),
        ),
        generation=GENERATION, agreement=(*rows, *aside),
    )  # fmt: skip


def reports(articles: tuple[Article, ...]) -> tuple[ArticleReport, ...]:
    found, own = hashes(articles), originals(articles)
    return tuple(
        ArticleReport(
            id=each.id, text_sha256=found[each.id], origin=own[each.id],
            duplicate_of=own[each.id] if own[each.id] != each.id else None, used=True,
            language=each.language or "en", warnings=(),
        )
        for each in articles
    )  # fmt: skip


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    made = brief_of(request)
    marks = request.articles[0].text
    for done, stage in enumerate(STAGES):
        emit(Progress(stage, done, len(STAGES)))
        time.sleep(0.3 if "STREAM" in marks else 0)
    for step in range(200 if "SLOW" in marks else 0):
        emit(Progress("write", len(STAGES) - 1, len(STAGES)))
        time.sleep(0.05 + 0 * step)
    if "BROKEN" in marks:
        raise InvalidRequest("The harbour is closed. Send another article.", path="articles[0]")
    for sentence, row in zip(made.sentences, made.agreement, strict=False):
        emit(SentenceReady(sentence))
        emit(AgreementReady(row))
        time.sleep(0.8 if "STREAM" in marks else 0)
    for conflict in made.conflicts:
        emit(ConflictReady(conflict))
    emit(WithheldReady(made.withheld[0]))
    emit(HeadlineReady(made.headline))
    for row in made.agreement[len(made.sentences) :]:
        emit(AgreementReady(row))
    return made


def check(request: DraftRequest, models: Models, memo: Memo, emit: Emit) -> DraftReport:
    sources = [each for article in request.articles for each in told(article)]
    drafted = told(Article(id="draft", text=request.text))
    drafted = drafted or [(Article(id="draft", text=request.text), 0, len(request.text))]
    emit(DraftSplit(tuple(Span(start, end) for _, start, end in drafted)))
    sentences: list[DraftSentence] = []
    for each in drafted:
        time.sleep(0.7 if "STREAM" in request.text else 0)
        sentences.append(judged(each, sources))
        emit(VerdictReady(sentences[-1]))
        if "BROKEN" in request.text:
            raise InvalidRequest("The harbour is closed. Send another draft.", path="text")
    statuses = [each.status for each in sentences]
    return DraftReport(
        id=digest(request.namespace, request, "story"), sentences=tuple(sentences),
        statuses={status: statuses.count(status) for status in set(statuses)},
        articles=(*reports(request.articles), *unread_reports(request.unread)),
        generation=GENERATION,
    )  # fmt: skip


def judged(drafted: Told, sources: list[Told]) -> DraftSentence:
    draft, start, end = drafted
    text = draft.text[start:end]
    same = [each for each in sources if text in each[0].text[each[1] : each[2]]]
    alike = [each for each in sources if beginning(each) == beginning(drafted)]
    wrong = tuple(
        sorted(figures(drafted) - {figure for each in sources for figure in figures(each)})
    )
    near = (
        ()
        if same
        else tuple(cited(each, "contradicts") for each in alike) or (cited(sources[0], "nearest"),)
    )
    return DraftSentence(
        text=text, start=start, end=end, status="supported" if same else "unsupported",
        score=float(bool(same)),
        checks=(Check("numbers" if wrong else "entailment", passed=bool(same), failed=wrong),),
        problems=() if same else ("No cited sentence says this.",),
        origins=len(same), citations=tuple(cited(each, "supports") for each in same),
        nearest=near, repair=None if same or not alike else near[0].quote,
    )  # fmt: skip


def main() -> None:
    configure_logging()
    fakes: Any = (Named("encoder@1"), Named("parser@1"), Named("reader@1"))
    served = (ModelInfo("encoder", "encoder@1", "MIT"),)
    asyncio.run(work(Settings.from_environ(os.environ), Models(*fakes), served, run, check))


if __name__ == "__main__":
    main()
