"""The examples of the OpenAPI document: one small story, as typed as what the API answers with."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from service.api.webhooks.controller import DeadLetter, DeadLetters, Retried
from service.callbacks import ended
from service.pipeline.diff import Change, Changes, Kept
from service.pipeline.types import (
    AgreementCell,
    AgreementRow,
    Article,
    ArticleReport,
    Brief,
    BriefSentence,
    Check,
    Citation,
    ComparedSentence,
    Comparison,
    Coverage,
    DraftSentence,
    Generation,
    Headline,
    Retraction,
    Role,
)
from service.representations.atom import to_atom
from service.representations.csv import to_csv
from service.representations.html import to_html
from service.representations.markdown import to_markdown
from service.representations.ninjs import NINJS, to_ninjs
from service.schemas.conversion import to_agreement, to_article_agreement, to_response
from service.schemas.wire import (
    AliveOut,
    ArticleOut,
    CacheOut,
    ChangesOut,
    CheckResponse,
    CleanArticleOut,
    HealthOut,
    JobOut,
    ModelOut,
    ModelsOut,
    RetractionsOut,
)

BRIEF_ID = "78ff898e770cb113f954273c1ccbd921"
EARLIER_ID = "2c1f0c3a8e5a4a7d9be0c1a4fd0b6a11"
JOB_ID = "5d2f8c1e9a7b4c36a1e0f4d9b8c7a652"
EVENT_ID = "msg_8c2f1b7e9d0a4c65b3e1f7a2d4c6b8e0"

TEXTS = {
    "courier": "The old bridge reopened on Monday after two years of work.",
    "ledger": "Traffic returned to the old bridge on Monday, the city said.",
}
MONDAY, TUESDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)

ARTICLES: list[dict[str, Any]] = [
    {
        "id": article_id,
        "publisher": publisher,
        "published_at": "2026-03-02T07:30:00Z",
        "text": TEXTS[article_id],
    }
    for article_id, publisher in (("courier", "Eastern Courier"), ("ledger", "Harbor Ledger"))
]

REQUESTS: dict[str, Any] = {
    "BriefRequest": {
        "articles": ARTICLES,
        "options": {"length": {"sentences": 8}, "focus": "the bridge", "offset_unit": "utf16"},
    },
    "CheckRequest": {"text": "The old bridge reopened on Tuesday.", "articles": ARTICLES},
    "ArticleRequest": {"url": "https://ledger.example/old-bridge-reopens"},
    "RetractionRequest": {
        "articles": [{"article_id": "ledger"}],
        "kind": "corrected",
        "reason": "It was another bridge.",
        "url": "https://ledger.example/corrected",
    },
}
"""By the name of the body's schema; as people write them, defaults left out."""


def _cited(article_id: str, quote: str, role: Role = "supports") -> Citation:
    start = TEXTS[article_id].index(quote)
    return Citation(
        article_id=article_id,
        start=start,
        end=start + len(quote),
        quote=quote,
        role=role,
        score=0.97,
    )


def _sha256(article_id: str) -> str:
    return hashlib.sha256(TEXTS[article_id].encode()).hexdigest()


SENTENCE = BriefSentence(
    id="s1",
    text="The old bridge reopened on Monday.",
    start=0,
    end=34,
    mode="abstractive",
    status="supported",
    checks=(Check("names", passed=True), Check("dates", passed=True)),
    origins=2,
    citations=(
        _cited("courier", "The old bridge reopened on Monday"),
        _cited("ledger", "Traffic returned to the old bridge on Monday", "corroborates"),
    ),
)
REPORTS = tuple(
    ArticleReport(
        id=article_id,
        text_sha256=_sha256(article_id),
        origin=article_id,
        duplicate_of=None,
        used=True,
        language="en",
        warnings=(),
    )
    for article_id in TEXTS
)
GENERATION = Generation(
    models={
        "encoder": "all-MiniLM-L6-v2@53aa5117",
        "writer": "Qwen2.5-Coder-1.5B-Instruct@8bdd9d4182bd+5c3e9a10b7d2/llama.cpp-2026.10.11549/1",
    },
    prompts={"check": "7d20b4e6", "fuse": "c41be7a3", "headline": "90aa5d12"},
    pipeline="1+5e0b7c21",
    timings_ms={"intake": 4, "embed": 61, "rank": 3, "plan": 9, "write": 1480},
)

STORED = tuple(
    Article(id=article_id, text=text, published_at=MONDAY) for article_id, text in TEXTS.items()
)
BRIEF = Brief(
    id=BRIEF_ID,
    version=2,
    supersedes=EARLIER_ID,
    headline=Headline(
        text="Old bridge reopened on Monday",
        mode="abstractive",
        status="supported",
        checks=(),
        origins=1,
        citations=(_cited("courier", "The old bridge reopened on Monday"),),
    ),
    text=SENTENCE.text,
    sentences=(SENTENCE,),
    conflicts=(),
    withheld=(),
    articles=REPORTS,
    coverage=Coverage(
        articles=2,
        used=2,
        origins=2,
        reprints=0,
        sentences=2,
        cited_sentences=2,
        printed=1,
        withheld=0,
    ),
    generation=GENERATION,
    agreement=(
        AgreementRow(
            sentence="s1",
            text=SENTENCE.text,
            cells=(
                AgreementCell(origin="courier", stance="reports", citations=SENTENCE.citations[:1]),
                AgreementCell(origin="ledger", stance="part", citations=SENTENCE.citations[1:]),
            ),
        ),
    ),
)

REPRESENTATIONS: dict[str, Any] = {
    "text/markdown": to_markdown(BRIEF, STORED),
    "text/html": to_html(BRIEF, STORED),
    NINJS: msgspec.json.decode(to_ninjs(BRIEF, STORED, TUESDAY)),
}
"""By media type, beside JSON."""

TABLE = to_agreement(BRIEF, STORED, "codepoint")
AGREEMENT: dict[str, Any] = {
    "table": TABLE,
    "article": to_article_agreement(
        Comparison(
            brief=BRIEF_ID,
            article="courier",
            sentences=(
                ComparedSentence(
                    text=SENTENCE.citations[0].quote,
                    start=SENTENCE.citations[0].start,
                    end=SENTENCE.citations[0].end,
                    paragraph=0,
                    mark="corroborated",
                    cells=BRIEF.agreement[0].cells[1:],
                ),
            ),
            articles=REPORTS,
            generation=GENERATION,
        ),
        BRIEF,
        STORED,
        "codepoint",
        CacheOut("miss", 0),
    ),
}
TABLE_AS_CSV = to_csv(TABLE)
FEED = to_atom([(BRIEF, TUESDAY.timestamp())], "https://briefs.example/").decode()

JUDGED = DraftSentence(
    text=REQUESTS["CheckRequest"]["text"],
    start=0,
    end=35,
    status="unsupported",
    score=0.04,
    checks=(Check("dates", passed=False, failed=("Tuesday",)),),
    problems=("No cited sentence gives the date Tuesday.",),
    origins=0,
    citations=(),
    nearest=(_cited("courier", TEXTS["courier"], "contradicts"),),
    repair="The old bridge reopened on Monday.",
)

RESPONSES: dict[str, msgspec.Struct] = {
    type(each).__name__: each
    for each in (
        to_response(BRIEF, TEXTS, "utf16", CacheOut("miss", 0)),
        CheckResponse(
            id="c71e0a9be5c04d0f8d1f7f2a6f4e3b90",
            sentences=(JUDGED,),
            statuses={"unsupported": 1},
            articles=REPORTS,
            generation=GENERATION,
            warnings=(),
            offset_unit="codepoint",
            cache=CacheOut("miss", 0),
        ),
        JobOut(
            id=JOB_ID,
            status="running",
            created_at=TUESDAY,
            started_at=TUESDAY,
            finished_at=None,
            stage="write",
            done=6,
            total=8,
            position=None,
            timings_ms={"queued": 12, "intake": 4, "embed": 61, "rank": 3, "plan": 9},
            brief=None,
            problem=None,
        ),
        ArticleOut(
            id="courier",
            text=TEXTS["courier"],
            title=None,
            publisher="Eastern Courier",
            author=None,
            url=None,
            published_at=MONDAY,
            language=None,
        ),
        CleanArticleOut(
            text=TEXTS["ledger"],
            title="Old bridge reopens",
            publisher="Harbor Ledger",
            author=None,
            url="https://ledger.example/old-bridge-reopens",
            published_at=MONDAY,
            language="en",
            rights="tdm-reservation: 1; tdm-policy: https://ledger.example/tdm.json",
            text_sha256=_sha256("ledger"),
            warnings=(),
            cache=CacheOut("miss", 0),
        ),
        ChangesOut(
            since=EARLIER_ID,
            id=BRIEF_ID,
            offset_unit="codepoint",
            changes=Changes(
                added=(Change(cause="new-article", articles=("ledger",), after=SENTENCE),),
                changed=(),
                dropped=(),
                kept=(Kept(before=SENTENCE, after=SENTENCE),),
            ),
        ),
        RetractionsOut(
            (
                Retraction(
                    text_sha256=_sha256("ledger"),
                    kind="corrected",
                    made_at=TUESDAY,
                    article_id="ledger",
                    reason="It was another bridge.",
                    url="https://ledger.example/corrected",
                    briefs=(BRIEF_ID,),
                ),
            )
        ),
        DeadLetters(
            (
                DeadLetter(
                    id=EVENT_ID,
                    url="https://desk.example/hooks",
                    event=ended("brief", JOB_ID, "done", TUESDAY.timestamp(), brief_id=BRIEF_ID),
                    attempts=8,
                    reason="http-503",
                    tried_at=TUESDAY,
                ),
            )
        ),
        Retried(EVENT_ID),
        ModelsOut(
            fingerprint="9f0c1d7e2b3a4c5d",
            workers=1,
            models=(ModelOut("encoder", "all-MiniLM-L6-v2", "Apache-2.0"),),
            checker_error_rates={"refused_of_true": 0.58, "passed_of_false": 0.246},
            agreement_error_rates={
                "reports_wrong": 0.045,
                "part_wrong": 0.135,
                "silent_wrong": 0.116,
            },
        ),
        AliveOut(),
        HealthOut("ready", redis=True, workers=1, models=True, writer=True),
    )
}
"""By the name of the answer's schema."""

EVENT = {
    "id": "1764066001456-0",
    "event": "sentence",
    "data": msgspec.json.encode(SENTENCE).decode(),
}
"""A server-sent event, its fields as members."""

VERDICT = {
    "id": "1764066001456-0",
    "event": "verdict",
    "data": msgspec.json.encode(JUDGED).decode(),
}
"""One of a check."""

METRICS = """# HELP newsbrief_queue_jobs Jobs that wait.
# TYPE newsbrief_queue_jobs gauge
newsbrief_queue_jobs 3.0
"""
"""A few of the lines for Prometheus."""

PARAMETERS: dict[str, tuple[str, Any]] = {
    "brief_id": ("The id of a brief.", BRIEF_ID),
    "article_id": ("The id of an article, as it was sent or as the brief reports it.", "courier"),
    "event_id": ("The id of an event, its `webhook-id`.", EVENT_ID),
    "job_id": ("The id of a job, from the `Location` of a 202.", JOB_ID),
    "article": (
        "The id of one article of the brief: its own view instead of the table.",
        "courier",
    ),
    "since": ("The id of the brief to compare with, usually the one it supersedes.", EARLIER_ID),
    "offset_unit": (
        (
            "What `start` and `end` count: code points (Python), UTF-16 code units (JavaScript) or"
            " UTF-8 bytes."
        ),
        "utf16",
    ),
    "Prefer": (
        (
            "RFC 7240: `respond-async` answers 202 with the job at once, `wait=N` after N seconds."
            " `Preference-Applied` tells which was heeded."
        ),
        "respond-async",
    ),
    "Last-Event-ID": (
        (
            "The id of the last event that was heard; those behind it are sent. Browsers send it"
            " on their own when a stream is taken up again."
        ),
        "1764066001456-0",
    ),
    "If-None-Match": ("The `ETag` of a brief at hand; 304 if it has not changed.", '"5b9c0217"'),
}
"""Parameter -> what it means, and an example."""
