"""The bodies of the API.

Unknown fields are refused. Offsets are half-open and in the unit that the caller asks
for: `quote` is always the exact text between them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from service.pipeline.diff import Changes
from service.pipeline.rights import LONGEST_RIGHTS
from service.pipeline.types import (
    AgreementCell,
    AgreementRow,
    ArticleReport,
    BriefSentence,
    ComparedSentence,
    Conflict,
    Coverage,
    DraftSentence,
    Generation,
    Headline,
    Mode,
    Retraction,
    RetractionKind,
    Span,
    Style,
    Withheld,
)
from service.schemas.offsets import OffsetUnit


class Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what callers send."""


class Length(Wire, frozen=True):
    """One of both: a number of sentences, or of words, which is kept within a tenth."""

    sentences: Annotated[int, msgspec.Meta(ge=1, le=40)] | None = None
    words: Annotated[int, msgspec.Meta(ge=20, le=2000)] | None = None


LONGEST_ID, LONGEST_TITLE = 200, 1000
"""Of an article, in characters; what a feed or an item brings is cut to them."""

FEED_ENTRIES = 10
"""How many entries a feed stands for where the caller gives no `limit`."""


class ArticleIn(Wire, frozen=True, omit_defaults=True):
    """An article: `text` or `html`, or only the `url` where it is fetched from, or an IPTC `ninjs`
    item. A `feed` (RSS, Atom or JSON Feed) stands for its `limit` newest entries, each an article of its own
    under its guid or link. Without an `id` an article gets one made from its content."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)] | None = None
    title: Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)] | None = None
    text: str | None = None
    html: str | None = None
    url: Annotated[str, msgspec.Meta(max_length=4000)] | None = None
    publisher: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    author: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    published_at: datetime | None = None
    language: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    feed: Annotated[str, msgspec.Meta(max_length=4000)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    ninjs: (
        Annotated[dict[str, Any], msgspec.Meta(description="An IPTC ninjs item, version 1 to 3")]
        | None
    ) = None
    rights: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=LONGEST_RIGHTS,
                description="What the article says of its use, such as `tdm-reservation: 1`",
            ),
        ]
        | None
    ) = None

    @property
    def fetched(self) -> bool:
        """Whether there is only a URL, its own or a feed's."""
        return self.text is None and self.html is None and (self.url or self.feed) is not None


CallbackUrl = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=2000, description="Where the job's end is posted, signed."
    ),
]


class OptionsIn(Wire, frozen=True):
    length: Length = Length(sentences=8)
    style: Style = "paragraph"
    focus: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    offset_unit: OffsetUnit = "codepoint"
    mode: Mode = "abstractive"
    max_citations: Annotated[int, msgspec.Meta(ge=1, le=20)] = 5
    as_of: datetime | None = None
    supersedes: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    masked: bool = False
    callback_url: CallbackUrl | None = None


class BriefRequest(Wire, frozen=True):
    articles: list[ArticleIn]
    options: OptionsIn = OptionsIn()


class CheckOptionsIn(Wire, frozen=True):
    offset_unit: OffsetUnit = "codepoint"
    max_citations: Annotated[int, msgspec.Meta(ge=1, le=20)] = 5
    callback_url: CallbackUrl | None = None


class CheckRequest(Wire, frozen=True):
    """Your own draft, and the articles to check it against."""

    text: Annotated[str, msgspec.Meta(max_length=50_000)]
    articles: list[ArticleIn]
    options: CheckOptionsIn = CheckOptionsIn()


class ArticleRequest(Wire, frozen=True):
    """A page by its `url`, or as `html`, whose `url` is then only kept with the article."""

    url: Annotated[str, msgspec.Meta(max_length=4000)] | None = None
    html: str | None = None


class ArticleComparison(Wire, frozen=True):
    """One article of a stored brief, to be compared with the others; what a job works on, never a caller's body."""

    brief: str
    articles: list[ArticleIn]
    article: str


JobRequest = BriefRequest | CheckRequest | ArticleRequest | ArticleComparison
"""What a job works on."""


class CacheOut(msgspec.Struct, frozen=True):
    """hit: made before, `age_s` seconds ago; joined: another caller's request made it."""

    status: Literal["hit", "miss", "joined"]
    age_s: int


class RetractedText(Wire, frozen=True):
    """A text by its sha256, or all that an article id stood for in your briefs."""

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    article_id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)] | None = None


class RetractionRequest(Wire, frozen=True):
    """What stands instead of a corrected text: `corrected_text` (only its sha256 is kept), `url`."""

    articles: Annotated[list[RetractedText], msgspec.Meta(min_length=1, max_length=200)]
    kind: RetractionKind
    reason: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    corrected_text: str | None = None
    url: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class RetractionsOut(msgspec.Struct, frozen=True):
    retractions: tuple[Retraction, ...]


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """A cited text that is retracted, and the ids of the sentences that cite it."""

    article_id: str
    kind: RetractionKind
    made_at: datetime
    reason: str | None
    url: str | None
    sentences: tuple[str, ...]


class StatusOut(msgspec.Struct, frozen=True, kw_only=True):
    """`affected` comes before `superseded`: a reader must know that first."""

    state: Literal["current", "superseded", "affected"] = "current"
    superseded_by: tuple[str, ...] = ()
    retractions: tuple[Affected, ...] = ()

    def notices(self) -> list[str]:
        """The retractions and the latest later version, a sentence each, for pages."""
        found = [
            f"An article that this brief cites ({each.article_id}) was {each.kind}"
            f"{f': {each.reason}' if each.reason else '.'}"
            for each in self.retractions
        ]
        later = self.superseded_by[-1:]
        return found + [f"A later version of this brief is {each}." for each in later]


class BriefResponse(msgspec.Struct, frozen=True, kw_only=True):
    """`cache` is last: the bytes before it are the same whenever the brief is read."""

    id: str
    version: int
    supersedes: str | None
    status: StatusOut
    headline: Headline | None
    text: str
    sentences: tuple[BriefSentence, ...]
    conflicts: tuple[Conflict, ...]
    withheld: tuple[Withheld, ...]
    articles: tuple[ArticleReport, ...]
    coverage: Coverage
    generation: Generation
    warnings: tuple[str, ...]
    offset_unit: OffsetUnit
    agreement: tuple[AgreementRow, ...] = ()
    cache: CacheOut


class OriginArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article of an origin; `duplicate_of` is the one whose report it reprints or rewrites."""

    id: str
    title: str | None
    publisher: str | None
    url: str | None
    published_at: datetime | None
    duplicate_of: str | None


class OriginOut(msgspec.Struct, frozen=True, kw_only=True):
    """An independent report, a column of the table: its own article first, then those that also carry it."""

    id: str
    articles: tuple[OriginArticle, ...]


class RowOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table; `silent` are the origins without a cell, `disputed` says whether any disputes it."""

    sentence: str | None
    text: str
    cells: tuple[AgreementCell, ...]
    silent: tuple[str, ...]
    disputed: bool


class AgreementOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who reports what: a row a sentence of the brief, then the facts that several origins report and the brief
    left out. How often the marks are wrong is told by /v1/models."""

    id: str
    offset_unit: OffsetUnit
    origins: tuple[OriginOut, ...]
    rows: tuple[RowOut, ...]


class ArticleAgreementOut(msgspec.Struct, frozen=True, kw_only=True):
    """One article, sentence by sentence, against the other origins of its brief."""

    id: str
    article: str
    offset_unit: OffsetUnit
    origins: tuple[OriginOut, ...]
    sentences: tuple[ComparedSentence, ...]
    cache: CacheOut


class CheckResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Per sentence of the draft: its status, what supports it, and what fails."""

    id: str
    sentences: tuple[DraftSentence, ...]
    statuses: dict[str, int]
    articles: tuple[ArticleReport, ...]
    generation: Generation
    warnings: tuple[str, ...]
    offset_unit: OffsetUnit
    cache: CacheOut


class DraftOut(msgspec.Struct, frozen=True):
    """Where the sentences of a draft stand, before they are judged."""

    sentences: tuple[Span, ...]


class ArticleOut(msgspec.Struct, frozen=True, kw_only=True):
    """The stored text that a brief's offsets refer to."""

    id: str
    text: str
    title: str | None
    publisher: str | None
    author: str | None
    url: str | None
    published_at: datetime | None
    language: str | None
    rights: str | None = None


class CleanArticleOut(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it can be sent on in `articles[]`: its offsets will refer to this text.

    `warnings` are `no_title`, `no_published_at`, `no_sentences` and `unsupported_language`.
    """

    text: str
    title: str | None
    publisher: str | None
    author: str | None
    url: str | None
    published_at: datetime | None
    language: str | None
    rights: str | None
    text_sha256: str
    warnings: tuple[str, ...]
    cache: CacheOut


class ChangesOut(msgspec.Struct, frozen=True, kw_only=True):
    """Two versions compared, sentence by sentence; offsets are in the unit asked for."""

    since: str
    id: str
    offset_unit: OffsetUnit
    changes: Changes


class JobOut(msgspec.Struct, frozen=True, kw_only=True):
    """A job: `done` of `total` stages are finished; `position` is how many jobs come first while
    it is queued, 0 for the next; `timings_ms` are of the wait (`queued`) and of each stage so far;
    `brief` is its URL once there is one."""

    id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stage: str
    done: int
    total: int
    position: int | None
    timings_ms: dict[str, int]
    brief: str | None
    problem: Problem | None


ENDING = "-end"
"""What the id of a job's last event ends with. A listener can resume from it like from any other;
an `error` without it means that the stream broke, not that the job failed."""


class ProblemError(msgspec.Struct, frozen=True):
    """One thing that is wrong, and where: `path` is like `articles[3].text`."""

    path: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `type` is stable; `detail` says the way out; `job` where one goes on;
    `request_id` finds the request in the logs."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[ProblemError, ...] = ()
    job: str | None = None
    request_id: str | None = None


class ModelOut(msgspec.Struct, frozen=True):
    kind: str
    name: str
    licence: str


class ModelsOut(msgspec.Struct, frozen=True):
    """What the workers serve; `checker_error_rates` is null until a checker is measured.

    `agreement_error_rates` say how often the agreement table's marks are wrong: those of "reports", "part", "silent"
    and "disputes", and how many disputes are missed.
    """

    fingerprint: str
    workers: int
    models: tuple[ModelOut, ...]
    checker_error_rates: dict[str, float] | None
    agreement_error_rates: dict[str, float] | None = None


class AliveOut(msgspec.Struct, frozen=True):
    status: Literal["alive"] = "alive"


class HealthOut(msgspec.Struct, frozen=True):
    """Each part on its own: a client can tell a missing worker from a missing Redis. `writer` says
    whether every worker's writer answers, null where none has one. Without it briefs are made of
    the sources' own sentences: the service stays ready."""

    status: Literal["ready", "not ready"]
    redis: bool
    workers: int
    models: bool
    writer: bool | None = None
