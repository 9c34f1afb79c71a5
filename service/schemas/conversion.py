"""Checks request bodies and converts them to the pipeline's types, and results to bodies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec

from service.errors import InvalidRequest
from service.pipeline.types import (
    AgreementRow,
    Article,
    ArticleReport,
    Brief,
    BriefSentence,
    Citation,
    Comparison,
    Conflict,
    DraftReport,
    DraftRequest,
    DraftSentence,
    Headline,
    Masked,
    Options,
    Position,
    Request,
    Span,
    Unread,
)
from service.schemas.offsets import Offsets, OffsetUnit
from service.schemas.wire import (
    AgreementOut,
    ArticleAgreementOut,
    ArticleIn,
    ArticleOut,
    BriefRequest,
    BriefResponse,
    CacheOut,
    CheckRequest,
    CheckResponse,
    OriginArticle,
    OriginOut,
    ProblemError,
    RowOut,
    StatusOut,
)

Asked = TypeVar("Asked", bound=BriefRequest | CheckRequest)


YEARS = "In UTC this is not within the years 1 to 9999."


class Limits(msgspec.Struct, frozen=True):
    articles: int
    article_characters: int
    total_characters: int


class Extracted(Protocol):
    """What extraction finds in a page: see `service.sources.extract`."""

    @property
    def text(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def author(self) -> str | None: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def language(self) -> str | None: ...
    @property
    def publisher(self) -> str | None: ...
    @property
    def rights(self) -> str | None: ...


Extract = Callable[[str, str | None], Extracted]


class Violations(InvalidRequest):
    """Several things wrong with one request, each with its path."""

    def __init__(self, errors: list[ProblemError]) -> None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0].path}: {errors[0].message}{more}", path=errors[0].path)
        self.errors = tuple(errors)


def check_limits(request: BriefRequest | CheckRequest, limits: Limits) -> None:
    """Raise `Violations` for what a schema can't say: emptiness, ids, sizes, schemes."""
    errors: list[ProblemError] = []

    def refuse(path: str, message: str) -> None:
        errors.append(ProblemError(path, message))

    if not request.articles:
        refuse("articles", "Send at least one article.")
    if len(request.articles) > limits.articles:
        refuse(
            "articles", f"{len(request.articles)} articles; at most {limits.articles} are taken."
        )
    seen: dict[str, int] = {}
    total = 0
    for index, article in enumerate(request.articles[: limits.articles]):
        path = f"articles[{index}]"
        content = article.text if article.text is not None else article.html
        if article.id is not None and article.id in seen:
            refuse(
                f"{path}.id",
                f"The id {article.id[:40]!r} is articles[{seen[article.id]}]'s already; ids are unique.",
            )
        if article.id is not None:
            seen.setdefault(article.id, index)
        if not _in_utc(article.published_at):
            refuse(f"{path}.published_at", YEARS)
        if article.limit is not None and article.feed is None:
            refuse(f"{path}.limit", "It limits a feed; leave it out.")
        if article.feed is not None:
            own = ("text", "html", "url", "title", "author", "published_at", "rights")
            for name in (each for each in own if getattr(article, each) is not None):
                refuse(
                    f"{path}.{name}",
                    "A feed's entries bring their own; with a feed go id, limit, publisher and language.",
                )
            if not article.feed.lower().startswith(("http://", "https://")):
                refuse(f"{path}.feed", "Only http and https are fetched.")
        elif article.text is not None and article.html is not None:
            refuse(path, "Send text or html, not both.")
        elif article.url is not None and content is None:
            if not article.url.lower().startswith(("http://", "https://")):
                refuse(f"{path}.url", "Only http and https are fetched; or send text or html.")
        elif content is None:
            refuse(path, "Send the article's text or html, or the url to fetch it from.")
        elif not content.strip():
            refuse(f"{path}.text", "The article is empty.")
        elif len(content) > limits.article_characters:
            refuse(
                f"{path}.text",
                f"{len(content)} characters; at most {limits.article_characters} are taken.",
            )
        total += len(content or "")
    if total > limits.total_characters:
        refuse(
            "articles", f"{total} characters in all; at most {limits.total_characters} are taken."
        )
    if isinstance(request, CheckRequest):
        if not request.text.strip():
            refuse("text", "The draft is empty.")
        if errors:
            raise Violations(errors)
        return
    if not _in_utc(request.options.as_of):
        refuse("options.as_of", YEARS)
    length = request.options.length
    if (length.sentences is None) == (length.words is None):
        refuse("options.length", "Give sentences or words.")
    focus = request.options.focus
    if focus is not None and not focus.strip():
        refuse("options.focus", "The focus is empty; leave it out.")
    if errors:
        raise Violations(errors)


def _in_utc(moment: datetime | None) -> bool:
    """Whether a moment is within the years that a datetime in UTC can hold, 1 to 9999."""
    if moment is None or moment.tzinfo is None:
        return True
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def cache_identity(request: Asked) -> Asked:
    """The part of a request that its result depends on, articles in one order."""
    articles = sorted(request.articles, key=lambda each: msgspec.json.encode(each, order="sorted"))
    options = msgspec.structs.replace(request.options, offset_unit="codepoint", callback_url=None)
    return msgspec.structs.replace(request, articles=articles, options=options)


def to_request(
    wire: BriefRequest, extract: Extract, namespace: str = "", unread: tuple[Unread, ...] = ()
) -> Request:
    """A checked wire request → the pipeline's; pages go through `extract`. What is only a URL
    has been gathered before; `unread` is what that gave no text for."""
    options = Options(
        sentences=wire.options.length.sentences,
        words=wire.options.length.words,
        style=wire.options.style,
        focus=wire.options.focus,
        mode=wire.options.mode,
        max_citations=wire.options.max_citations,
        as_of=wire.options.as_of,
        supersedes=wire.options.supersedes,
        masked=wire.options.masked,
    )
    return Request(
        articles=to_articles(wire.articles, extract),
        options=options,
        namespace=namespace,
        unread=unread,
    )


def to_draft_request(
    wire: CheckRequest, extract: Extract, namespace: str = "", unread: tuple[Unread, ...] = ()
) -> DraftRequest:
    """As `to_request`, for the check of a draft."""
    return DraftRequest(
        articles=to_articles(wire.articles, extract),
        text=wire.text,
        max_citations=wire.options.max_citations,
        namespace=namespace,
        unread=unread,
    )


def to_articles(wires: Sequence[ArticleIn], extract: Extract) -> tuple[Article, ...]:
    """Articles with their texts and unique ids."""
    taken = {article.id for article in wires if article.id is not None}
    articles: list[Article] = []
    for each in wires:
        article = _article(each, extract)
        if each.id is None:
            made, copies = article.id, 1
            while article.id in taken:
                copies += 1
                article = msgspec.structs.replace(article, id=f"{made}-{copies}")
            taken.add(article.id)
        articles.append(article)
    return tuple(articles)


def _article(wire: ArticleIn, extract: Extract) -> Article:
    text, found = wire.text, None
    if text is None:
        found = extract(wire.html or "", wire.url)
        text = found.text
    return Article(
        id=wire.id or f"sha256-{hashlib.sha256(text.encode()).hexdigest()[:16]}",
        text=text,
        title=wire.title or (found.title if found else None),
        publisher=wire.publisher or (found.publisher if found else None),
        author=wire.author or (found.author if found else None),
        url=wire.url,
        published_at=wire.published_at or (found.published_at if found else None),
        language=wire.language or (found.language if found else None),
        rights=wire.rights or (found.rights if found else None),
    )


def to_response(
    brief: Brief,
    texts: Mapping[str, str],
    unit: OffsetUnit,
    cache: CacheOut,
    status: StatusOut | None = None,
) -> BriefResponse:
    """A brief with the texts of its articles by id → the response in the asked unit."""
    return BriefResponse(
        id=brief.id,
        version=brief.version,
        supersedes=brief.supersedes,
        status=status or StatusOut(),
        headline=to_headline(brief.headline, texts, unit),
        text=brief.text,
        sentences=to_sentences(brief.sentences, brief.text, texts, unit),
        conflicts=to_conflicts(brief.conflicts, texts, unit),
        agreement=to_rows(brief.agreement, texts, unit),
        withheld=brief.withheld,
        articles=to_article_reports(brief.articles, texts, unit),
        coverage=brief.coverage,
        generation=brief.generation,
        warnings=brief.warnings,
        offset_unit=unit,
        cache=cache,
    )


def to_headline(
    headline: Headline | None, texts: Mapping[str, str], unit: OffsetUnit
) -> Headline | None:
    cited = _converter(texts, unit)
    return headline and msgspec.structs.replace(headline, citations=cited(headline.citations))


def to_sentences(
    sentences: Sequence[BriefSentence], text: str, texts: Mapping[str, str], unit: OffsetUnit
) -> tuple[BriefSentence, ...]:
    """Sentences of the brief `text` in the asked unit."""
    cited, within = _converter(texts, unit), Offsets(text, unit)
    return tuple(
        msgspec.structs.replace(
            each,
            start=within(each.start),
            end=within(each.end),
            citations=cited(each.citations),
        )
        for each in sentences
    )


def to_conflicts(
    conflicts: Sequence[Conflict], texts: Mapping[str, str], unit: OffsetUnit
) -> tuple[Conflict, ...]:
    cited = _converter(texts, unit)
    return tuple(
        msgspec.structs.replace(
            conflict,
            positions=tuple(
                Position(position.text, cited(position.citations))
                for position in conflict.positions
            ),
        )
        for conflict in conflicts
    )


def to_rows(
    rows: Sequence[AgreementRow], texts: Mapping[str, str], unit: OffsetUnit
) -> tuple[AgreementRow, ...]:
    """Rows of the agreement table in the asked unit."""
    cited = _converter(texts, unit)
    return tuple(
        msgspec.structs.replace(
            row,
            cells=tuple(
                msgspec.structs.replace(cell, citations=cited(cell.citations)) for cell in row.cells
            ),
        )
        for row in rows
    )


def to_agreement(brief: Brief, articles: Sequence[Article], unit: OffsetUnit) -> AgreementOut:
    """The agreement table of a brief, with its columns in the order of the articles."""
    origins = to_origins(brief.articles, articles)
    rows = to_rows(brief.agreement, {each.id: each.text for each in articles}, unit)
    return AgreementOut(
        id=brief.id,
        offset_unit=unit,
        origins=origins,
        rows=tuple(
            RowOut(
                sentence=row.sentence,
                text=row.text,
                cells=row.cells,
                silent=tuple(
                    each.id for each in origins if each.id not in {one.origin for one in row.cells}
                ),
                disputed=any(cell.stance == "disputes" for cell in row.cells),
            )
            for row in rows
        ),
    )


def to_article_agreement(
    comparison: Comparison,
    brief: Brief,
    articles: Sequence[Article],
    unit: OffsetUnit,
    cache: CacheOut,
) -> ArticleAgreementOut:
    """One article of a brief against its other origins, in the asked unit."""
    texts = {each.id: each.text for each in articles}
    within, cited = Offsets(texts[comparison.article], unit), _converter(texts, unit)
    return ArticleAgreementOut(
        id=brief.id,
        article=comparison.article,
        offset_unit=unit,
        origins=to_origins(brief.articles, articles),
        sentences=tuple(
            msgspec.structs.replace(
                each,
                start=within(each.start),
                end=within(each.end),
                cells=tuple(
                    msgspec.structs.replace(cell, citations=cited(cell.citations))
                    for cell in each.cells
                ),
            )
            for each in comparison.sentences
        ),
        cache=cache,
    )


def to_origins(
    reports: Sequence[ArticleReport], articles: Sequence[Article]
) -> tuple[OriginOut, ...]:
    """The origins of the used articles, each with its own article first."""
    by_id = {each.id: each for each in articles}
    origins: dict[str, list[OriginArticle]] = {}
    used = [each for each in reports if each.used]
    for each in sorted(used, key=lambda each: each.id != each.origin):
        article = by_id[each.id]
        origins.setdefault(each.origin, []).append(
            OriginArticle(
                id=each.id,
                title=article.title,
                publisher=article.publisher,
                url=article.url,
                published_at=article.published_at,
                duplicate_of=each.duplicate_of,
            )
        )
    order = list(dict.fromkeys(each.origin for each in used))
    return tuple(OriginOut(id=each, articles=tuple(origins[each])) for each in order)


def to_article_reports(
    reports: Sequence[ArticleReport], texts: Mapping[str, str], unit: OffsetUnit
) -> tuple[ArticleReport, ...]:
    """Reports with what is masked in the asked unit."""
    found: list[ArticleReport] = []
    for each in reports:
        at = Offsets(texts.get(each.id, ""), unit)
        masked = tuple(Masked(at(one.start), at(one.end), one.reason) for one in each.masked)
        found.append(msgspec.structs.replace(each, masked=masked))
    return tuple(found)


def to_check_response(
    report: DraftReport, text: str, texts: Mapping[str, str], unit: OffsetUnit, cache: CacheOut
) -> CheckResponse:
    """A report on the draft `text`, with the texts of its articles, in the asked unit."""
    verdict = verdicts(text, texts, unit)
    return CheckResponse(
        id=report.id,
        sentences=tuple(map(verdict, report.sentences)),
        statuses=report.statuses,
        articles=report.articles,
        generation=report.generation,
        warnings=report.warnings,
        offset_unit=unit,
        cache=cache,
    )


def verdicts(
    text: str, texts: Mapping[str, str], unit: OffsetUnit
) -> Callable[[DraftSentence], DraftSentence]:
    """Sentences of the draft `text` → the same in the asked unit."""
    cited, within = _converter(texts, unit), Offsets(text, unit)

    def convert(sentence: DraftSentence) -> DraftSentence:
        return msgspec.structs.replace(
            sentence,
            start=within(sentence.start),
            end=within(sentence.end),
            citations=cited(sentence.citations),
            nearest=cited(sentence.nearest),
        )

    return convert


def _converter(
    texts: Mapping[str, str], unit: OffsetUnit
) -> Callable[[tuple[Citation, ...]], tuple[Citation, ...]]:
    """Citations in code points → the same in the asked unit."""
    into = {article_id: Offsets(text, unit) for article_id, text in texts.items()}

    def convert(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
        return tuple(one(each, into[each.article_id]) for each in citations)

    def one(citation: Citation, at: Offsets) -> Citation:
        return msgspec.structs.replace(
            citation,
            start=at(citation.start),
            end=at(citation.end),
            highlights=tuple(Span(at(part.start), at(part.end)) for part in citation.highlights),
        )

    return convert


def to_article(article: Article) -> ArticleOut:
    return ArticleOut(**msgspec.structs.asdict(article))
