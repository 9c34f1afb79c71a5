"""A worker process with everything real but the models and the pipeline.

The fake pipeline counts its runs in Redis and obeys words in the first article: SLOW waits,
HELD writes until the test releases that text, and so does TOLD after its first sentence (of a draft too), ENDLESS
writes until it is stopped, UNWRITTEN is made while the writer is away, BROKEN crashes, DOUBTED is withheld, EMPTY finds nothing to brief, FLAKY
fails once and then works, FOREVER never ends its first run. UNCHECKABLE in a draft fails after a verdict.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import Any

import msgspec
import redis

from service.errors import ModelUnavailable, NothingToBrief
from service.logs import configure_logging
from service.models.base import Models
from service.pipeline.content_id import canonical_request, digest
from service.pipeline.ingest.eligibility import unread_reports
from service.pipeline.types import (
    WRITER_UNAVAILABLE,
    AgreementCell,
    AgreementReady,
    AgreementRow,
    Article,
    ArticleReport,
    Brief,
    BriefSentence,
    Citation,
    ComparedSentence,
    Comparison,
    ComparisonRequest,
    Coverage,
    DraftReport,
    DraftRequest,
    DraftSentence,
    DraftSplit,
    Emit,
    Generation,
    HeadlineReady,
    Memo,
    Progress,
    Request,
    SentenceReady,
    Span,
    VerdictReady,
    Withheld,
)
from service.settings import Settings
from service.store.briefs import hashes
from service.store.workers import ModelInfo
from service.worker import work

MARKER = "the harbor master's unprinted secret"


class Named:
    languages = frozenset({"en"})

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    counter = redis.Redis.from_url(os.environ["NEWSBRIEF_REDIS_URL"])
    runs = counter.incr("test:runs")
    text = request.articles[0].text
    if "SLOW" in text:
        for step in range(60):
            emit(Progress("write", step, 60))
            time.sleep(0.05)
    if "HELD" in text or "ENDLESS" in text:
        held(counter, text, emit)
    made = brief_of(request)
    for sentence, row in zip(made.sentences, made.agreement, strict=True):
        emit(SentenceReady(sentence))
        emit(AgreementReady(row))
        if "TOLD" in text and sentence is made.sentences[0]:
            held(counter, text, emit)
        time.sleep(0.6 if "STREAM" in text else 0)
    emit(HeadlineReady(made.headline))
    if "FOREVER" in text and runs == 1:
        for step in range(2000):
            emit(Progress("write", step, 2000))
            time.sleep(0.05)
    if "BROKEN" in text:
        raise RuntimeError(MARKER)
    if "EMPTY" in text:
        raise NothingToBrief("Nothing can be used.", path="articles")
    if "FLAKY" in text and runs == 1:
        raise ModelUnavailable("The model was away.")
    return made


def release(text: str) -> str:
    """The key by which a test lets the brief of a text go on."""
    return f"test:release:{text}"


def held(counter: redis.Redis, text: str, emit: Emit) -> None:
    while not counter.exists(release(text)):
        emit(Progress("write", 0, 60))
        time.sleep(0.02)


def brief_of(request: Request) -> Brief:
    """Every article's first words, cited."""
    sentences: list[BriefSentence] = []
    text = ""
    for number, article in enumerate(request.articles, start=1):
        end = min(20, len(article.text))
        quote = article.text[:end]
        cited = Citation(
            article_id=article.id, start=0, end=end, quote=quote, role="supports", score=1.0
        )
        start = len(text) + bool(text)
        text = f"{text} {quote}".strip()
        sentences.append(BriefSentence(
            id=f"s{number}", text=quote, start=start, end=start + end, mode="extractive",
            status="supported", checks=(), origins=1, citations=(cited,),
        ))  # fmt: skip
    count = len(sentences)
    return Brief(
        id=digest(request.namespace, canonical_request(request), "fake"), headline=None, text=text,
        sentences=tuple(sentences), conflicts=(), withheld=withheld(request),
        articles=unread_reports(request.unread) or reports(request.articles),
        agreement=rows(sentences, request),
        coverage=Coverage(articles=count, used=count, origins=count, reprints=0, sentences=count,
                          cited_sentences=count, printed=count, withheld=0,
                          failed=len(request.unread)),
        warnings=(WRITER_UNAVAILABLE,) * ("UNWRITTEN" in request.articles[0].text),
        generation=Generation(models={}, prompts={}, pipeline="fake", timings_ms={}),
    )  # fmt: skip


def reports(articles: tuple[Article, ...]) -> tuple[ArticleReport, ...]:
    """Each its own origin, but those that say the same words."""
    found, first = hashes(articles), {each.text: each.id for each in reversed(articles)}
    return tuple(
        ArticleReport(
            id=each.id, text_sha256=found[each.id], origin=first[each.text], used=True, language="en",
            duplicate_of=None if first[each.text] == each.id else first[each.text], warnings=(),
        )
        for each in articles
    )  # fmt: skip


def rows(sentences: list[BriefSentence], request: Request) -> tuple[AgreementRow, ...]:
    """Each sentence is reported by its own article, in all but two characters; the last article DISPUTES all others'."""
    last = request.articles[-1]

    def cells(each: BriefSentence) -> tuple[AgreementCell, ...]:
        cited = msgspec.structs.replace(
            each.citations[0], highlights=(Span(2, each.citations[0].end),)
        )
        own = AgreementCell(origin=cited.article_id, stance="reports", citations=(cited,))
        if "DISPUTES" not in last.text or cited.article_id == last.id:
            return (own,)
        against = msgspec.structs.replace(sentences[-1].citations[0], role="contradicts")
        return own, AgreementCell(
            origin=last.id, stance="disputes", citations=(against,), dispute="figure"
        )

    return tuple(
        AgreementRow(sentence=each.id, text=each.text, cells=cells(each)) for each in sentences
    )


def compare(request: ComparisonRequest, models: Models, memo: Memo, emit: Emit) -> Comparison:
    """The article as one sentence that no other has; one that says UNREADABLE can't be read."""
    text = next(each.text for each in request.articles if each.id == request.article)
    if "UNREADABLE" in text:
        raise NothingToBrief("No sentence of it can be read.", path="article")
    only = ComparedSentence(
        text=text, start=0, end=len(text), paragraph=0, mark="only-here", cells=()
    )
    return Comparison(
        brief=request.brief, article=request.article, sentences=(only,),
        articles=reports(request.articles),
        generation=Generation(models={}, prompts={}, pipeline="fake", timings_ms={}),
    )  # fmt: skip


def check(request: DraftRequest, models: Models, memo: Memo, emit: Emit) -> DraftReport:
    """Each line of the draft as a sentence that the first article supports."""
    first = request.articles[0]
    cited = Citation(
        article_id=first.id, start=0, end=1, quote=first.text[:1], role="supports", score=1.0
    )
    spans = [Span(*each.span()) for each in re.finditer(r"[^\n]+", request.text)]
    emit(DraftSplit(tuple(spans)))
    sentences: list[DraftSentence] = []
    for each in spans:
        sentences.append(DraftSentence(
            text=request.text[each.start : each.end], start=each.start, end=each.end,
            status="supported", score=1.0, checks=(), problems=(), origins=1, citations=(cited,),
            nearest=(),
        ))  # fmt: skip
        emit(VerdictReady(sentences[-1]))
        if "TOLD" in request.text and len(sentences) == 1:
            held(redis.Redis.from_url(os.environ["NEWSBRIEF_REDIS_URL"]), request.text, emit)
        if "UNCHECKABLE" in request.text:
            raise NothingToBrief("Nothing can be checked.", path="articles")
    return DraftReport(
        id=digest(request.namespace, request, "fake"), sentences=tuple(sentences),
        statuses={"supported": len(sentences)}, articles=unread_reports(request.unread),
        generation=Generation(models={}, prompts={}, pipeline="fake", timings_ms={}),
    )  # fmt: skip


def withheld(request: Request) -> tuple[Withheld, ...]:
    return tuple(
        Withheld(text=each.text, reason="not-supported", detail="It is doubted.")
        for each in request.articles
        if "DOUBTED" in each.text
    )


def main() -> None:
    configure_logging()
    fakes: Any = (Named("encoder@1"), Named("parser@1"), Named("reader@1"))
    served = (ModelInfo("encoder", "encoder@1", "MIT"),)
    asyncio.run(
        work(Settings.from_environ(os.environ), Models(*fakes), served, run, check, compare)
    )


if __name__ == "__main__":
    main()
