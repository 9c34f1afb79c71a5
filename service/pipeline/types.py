"""The values that enter and leave the pipeline: frozen, framework-free, offsets in code points.

All spans are half-open `[start, end)` into the `text` of one article as the caller
sent it. The wire shapes (other offset units, cache status) are in `service.schemas.wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Mode = Literal["abstractive", "extractive"]
SentenceMode = Literal["abstractive", "edited", "extractive"]
Style = Literal["paragraph", "bullets"]
Status = Literal["supported", "partial", "conflicted", "unsupported"]
Role = Literal["supports", "corroborates", "contradicts", "nearest"]
Extent = Literal["whole", "part"]
ConflictType = Literal["figure", "status", "attribution", "superseded"]
Stance = Literal["reports", "part", "disputes"]
"""What an origin says of a sentence: all of it, a part of it, or otherwise."""
Mark = Literal["corroborated", "disputed", "only-here"]
"""Of an article's sentence: another origin reports it, wholly or in part, or disputes it, or none does."""
RetractionKind = Literal["corrected", "withdrawn"]
MaskReason = Literal[
    "heading", "item", "notice", "credit", "biography", "correction", "speech", "dateline", "time", "repeated",
    "after_end", "undecodable", "language", "page",
]  # fmt: skip
"""Why a span of an article is not read as its report."""


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One article as the caller sent it. `rights` is what it says of its use. `repr` never shows the text.

    Defaults are not encoded: a member that is added later leaves the content addresses as they are.
    """

    id: str
    text: str
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    rights: str | None = None

    def __repr__(self) -> str:
        return f"Article(id={self.id!r}, characters={len(self.text)})"


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """An article that was asked for and could not be had; `code` is the stable reason."""

    id: str
    code: str
    message: str


class Retraction(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was corrected or withdrawn. `briefs` cited it when it was retracted; `corrected_sha256` and `url` lead to
    what stands instead."""

    text_sha256: str
    kind: RetractionKind
    made_at: datetime
    article_id: str | None = None
    reason: str | None = None
    corrected_sha256: str | None = None
    url: str | None = None
    briefs: tuple[str, ...] = ()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asked for. One of `sentences` and `words` bounds the length."""

    sentences: int | None = 8
    words: int | None = None
    style: Style = "paragraph"
    focus: str | None = None
    mode: Mode = "abstractive"
    max_citations: int = 5
    as_of: datetime | None = None
    supersedes: str | None = None
    masked: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`namespace` is the caller's: the same articles in two namespaces are two briefs.

    `previous` are sentences of the brief that this one supersedes, those that cite nothing but
    texts of this request, by its article ids. `unread` takes no part but is reported."""

    articles: tuple[Article, ...]
    options: Options = Options()
    namespace: str = ""
    previous: tuple[BriefSentence, ...] = ()
    unread: tuple[Unread, ...] = ()


class DraftRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's own text, to be checked against articles."""

    articles: tuple[Article, ...]
    text: str
    max_citations: int = 5
    namespace: str = ""
    unread: tuple[Unread, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """`done` of `total` units of `stage` are finished; `stage` is "fetch" or one of `progress.STAGES`."""

    stage: str
    done: int
    total: int


class Memo(Protocol):
    """What was computed before, by content hash. Losing entries costs time, never answers."""

    def get(self, keys: Sequence[str]) -> list[bytes | None]: ...

    def put(self, items: Mapping[str, bytes]) -> None: ...


class Sentence(msgspec.Struct, frozen=True):
    """A sentence of an article as it is read: `view.text[start:end] == text`, never masked text.

    `article` is the index into the intake's articles, `position` the ordinal among the
    article's sentences and `paragraph` the ordinal of its paragraph, all from 0. `quoted` is the
    mark of the quotation that it begins in, which an earlier sentence opens, or "". `passage` is the paragraph in
    which a quotation began that runs on into this one's, else its own.
    """

    article: int
    start: int
    end: int
    text: str
    position: int
    paragraph: int
    quoted: str = ""
    passage: int | None = None


class Normalisation(msgspec.Struct, frozen=True):
    """One use of the closed list of normalisations: `claim` stands in the sentence, `source` in the span.

    `rule` is "number-word" ("six" and "6"), "separator" ("1,200" and "1200"), "unit" ("percent"
    and "%", "Dec." and "December"), "conversion" ("40 \u00b0C" and "104 \u00b0F"), "demonym" ("Russian" and
    "Russia"), "weekday-date" (a weekday and its date, by the day of publication) or "relative-day" ("March" and
    "3" for "tomorrow").
    """

    rule: str
    claim: str
    source: str


class Check(msgspec.Struct, frozen=True):
    """One rule's verdict: `failed` holds the words that failed it, in the sentence's order."""

    name: str
    passed: bool
    failed: tuple[str, ...] = ()
    normalisations: tuple[Normalisation, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """A status with its score and its checks; `score` in [0, 1] orders candidates, higher is better."""

    status: Status
    score: float
    checks: tuple[Check, ...]


class Span(msgspec.Struct, frozen=True):
    """Half-open, into the text of the citation's article."""

    start: int
    end: int


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """`quote == article.text[start:end]`; `score` in [0, 1] is the span's agreement.

    `highlights` are the parts of a long span that bear the sentence, in order, within it;
    empty where the whole span does. `extent` tells whether it reports the whole sentence or a part.
    """

    article_id: str
    start: int
    end: int
    quote: str
    role: Role
    score: float
    highlights: tuple[Span, ...] = ()
    extent: Extent = "whole"


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One line, checked and cited as every sentence is; not part of `Brief.text`."""

    text: str
    mode: SentenceMode
    status: Status
    checks: tuple[Check, ...]
    origins: int
    citations: tuple[Citation, ...]


class BriefSentence(msgspec.Struct, frozen=True, kw_only=True):
    """A printed sentence: `brief.text[start:end] == text`.

    `mode` tells whose words it is: `extractive`, a source's own; `edited`, a source's in which
    rules alone completed quotation marks, named a person or a speaker, or added the other side of a
    dispute, or a headline that they cut out of a sentence; `abstractive`, the writer's.
    """

    id: str
    text: str
    start: int
    end: int
    mode: SentenceMode
    status: Status
    checks: tuple[Check, ...]
    origins: int
    citations: tuple[Citation, ...]


class Position(msgspec.Struct, frozen=True):
    text: str
    citations: tuple[Citation, ...]


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    type: ConflictType
    topic: str
    positions: tuple[Position, ...]


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that was not printed. `reason` is a stable code, `detail` plain words."""

    text: str
    reason: str
    detail: str


class AgreementCell(msgspec.Struct, frozen=True, kw_only=True):
    """What one independent origin (`ArticleReport.origin`) says of a row, in the very characters; `publisher` and
    `published_at` are those of the article that is cited first.

    `dispute` is how it disagrees, of one that disputes: a later figure that replaces an earlier one is
    "superseded".
    """

    origin: str
    stance: Stance
    citations: tuple[Citation, ...]
    dispute: ConflictType | None = None
    publisher: str | None = None
    published_at: datetime | None = None


class AgreementRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who reports a sentence of the brief; or, where `sentence` is None, a fact that several origins report and
    the brief left out, in a source's words. Origins without a cell are silent."""

    sentence: str | None
    text: str
    cells: tuple[AgreementCell, ...]


class SentenceReady(msgspec.Struct, frozen=True):
    """The next sentence of the brief in reading order; final."""

    sentence: BriefSentence


class WithheldReady(msgspec.Struct, frozen=True):
    withheld: Withheld


class ConflictReady(msgspec.Struct, frozen=True):
    conflict: Conflict


class AgreementReady(msgspec.Struct, frozen=True):
    """The row of the sentence that was told last; rows of facts left out come after the headline."""

    row: AgreementRow


class HeadlineReady(msgspec.Struct, frozen=True):
    """Comes after all sentences."""

    headline: Headline | None


class DraftSplit(msgspec.Struct, frozen=True):
    """The sentences of a draft, before the first of them is judged."""

    sentences: tuple[Span, ...]


class VerdictReady(msgspec.Struct, frozen=True):
    """The next sentence of the draft, judged; final."""

    sentence: DraftSentence


Event = (
    Progress
    | SentenceReady
    | AgreementReady
    | WithheldReady
    | ConflictReady
    | HeadlineReady
    | DraftSplit
    | VerdictReady
)

Emit = Callable[[Event], None]
"""Reports what goes on; called often, from the pipeline's thread, in order; may raise
`Cancelled`. What `run` and `check_draft` give holds exactly what was reported."""


class Masked(msgspec.Struct, frozen=True):
    """A span of an article that no sentence is taken from, and why."""

    start: int
    end: int
    reason: MaskReason


class ArticleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one article. `origin` is the id of the origin's first article; `masked` is what of its text was
    not read, where the request asked for that."""

    id: str
    text_sha256: str
    origin: str
    duplicate_of: str | None
    used: bool
    language: str | None
    warnings: tuple[str, ...]
    masked: tuple[Masked, ...] = ()
    rights: str | None = None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the set the brief rests on; rates are never given without these counts.
    `articles` counts those too that could not be fetched, `failed` only those; `reserved` the used
    ones whose `rights` reserve text and data mining."""

    articles: int
    used: int
    origins: int
    reprints: int
    sentences: int
    cited_sentences: int
    printed: int
    withheld: int
    failed: int = 0
    reserved: int = 0


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """How the brief was made. `timings_ms` is the one part that two equal runs differ in."""

    models: dict[str, str]
    prompts: dict[str, str]
    pipeline: str
    timings_ms: dict[str, int]


NOTHING_PRINTABLE = "nothing-printable"
"""The warning on a brief without a sentence; `withheld` says why, sentence by sentence."""

WRITER_UNAVAILABLE = "writer-unavailable"
"""The warning on a brief that was finished without the writer, which failed while it was made."""


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """The finished, checked brief; `id` is content-addressed over request and fingerprint.

    Where the writer failed it stands for the moment: it does not answer the same request later.
    """

    id: str
    headline: Headline | None
    text: str
    sentences: tuple[BriefSentence, ...]
    conflicts: tuple[Conflict, ...]
    withheld: tuple[Withheld, ...]
    articles: tuple[ArticleReport, ...]
    coverage: Coverage
    generation: Generation
    agreement: tuple[AgreementRow, ...] = ()
    warnings: tuple[str, ...] = ()
    version: int = 1
    supersedes: str | None = None

    @property
    def provisional(self) -> bool:
        return WRITER_UNAVAILABLE in self.warnings


class DraftSentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a draft: `draft[start:end] == text`.

    `problems` says in plain words what fails; `nearest` are the source sentences closest to
    one that is not supported, of the role `contradicts` where they say otherwise; they support nothing.
    `repair` is the sentence with the smallest edit, in words of those, under which it is supported, if any is.
    """

    text: str
    start: int
    end: int
    status: Status
    score: float
    checks: tuple[Check, ...]
    problems: tuple[str, ...]
    origins: int
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    repair: str | None = None


class ComparisonRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One article of a brief, by its id, to be compared with the other `articles`."""

    brief: str
    articles: tuple[Article, ...]
    article: str
    namespace: str = ""


class ComparedSentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of one article, `text[start:end]` of it, and what other origins say of it; `paragraph` is the
    ordinal of its paragraph, from 0."""

    text: str
    start: int
    end: int
    paragraph: int
    mark: Mark
    cells: tuple[AgreementCell, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What the other origins say of the sentences of one article of a brief."""

    brief: str
    article: str
    sentences: tuple[ComparedSentence, ...]
    articles: tuple[ArticleReport, ...]
    generation: Generation


class DraftReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the articles say of a draft, sentence by sentence; `statuses` counts them."""

    id: str
    sentences: tuple[DraftSentence, ...]
    statuses: dict[str, int]
    articles: tuple[ArticleReport, ...]
    generation: Generation
    warnings: tuple[str, ...] = ()
