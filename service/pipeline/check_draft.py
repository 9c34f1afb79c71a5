"""Draft: somebody's own text against the articles, sentence by sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from service.models.base import Models
from service.pipeline.assembly import response
from service.pipeline.content_id import digest
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import spans, split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.progress import StageClock
from service.pipeline.run import fingerprint, generation
from service.pipeline.types import (
    Check,
    DraftReport,
    DraftRequest,
    DraftSentence,
    Emit,
    Memo,
)
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.verifier import ClusterContext, Verifier

NEAREST = 6
"""Source sentences nearest by vector that a draft's sentence is read against."""

COVERING = 60
"""Words of the sentences that hold most of its words, read beside them."""

SHOWN = 2
"""Nearest sentences shown for one that is not supported."""

PROBLEMS = {
    "names": "No cited sentence holds the name {words}.",
    "numbers": "No cited sentence gives the number {words} for this.",
    "dates": "No cited sentence gives the date {words}.",
    "quotes": "These words are not in quotation marks in any source: {words}.",
    "words": "No cited sentence says {words}.",
    "roles": "The sources say this of others than {words}.",
    "placed": "The sources put {words} in another relation to the rest.",
    "polarity": "The sources say the opposite of, or do not deny, {words}.",
    "hedges": "The sources say it less surely, or on somebody's authority: {words}.",
    "agreement": "No source sentence is close to this one.",
    "entailment": "Read together, the sources don't clearly say this.",
}
"""What each failed check means to an editor."""


def check_draft(request: DraftRequest, models: Models, memo: Memo, emit: Emit) -> DraftReport:
    """A draft and articles → per sentence its status, citations and what fails.

    Raises `NothingToBrief` where no article can be used, `Cancelled` where `emit` does.
    """
    clock = StageClock(emit)
    with clock.stage("intake"):
        sources = ingest(request.articles, models.parser.languages)
        sentences = split_sentences(sources)
    with clock.stage("embed"):
        vectors = embed([sentence.text for sentence in sentences], models.encoder, memo)
    with clock.stage("rank"):
        # A draft may tell several stories: every article that can be read is evidence.
        origins = msgspec.structs.replace(
            find_origins(sources, sentences, vectors), story=(0,) * len(sources)
        )
        warnings = eligibility.article_warnings(sources, sentences, origins)
        articles = response.article_reports(sources, origins, warnings)
        sentences, vectors = eligibility.usable_sentences(articles, sentences, vectors)
    with clock.stage("check"):
        story = ClusterContext(
            sources, sentences, vectors, origins, SourceReader(models.parser, sources, sentences)
        )
        judge = Verifier(story, models, memo)
        found = list(spans(request.text))
        judge.read([request.text[start:end] for start, end in found])
        checked: list[DraftSentence] = []
        for start, end in found:
            clock.step()
            checked.append(_checked(request, start, end, story, judge))
    return DraftReport(
        id=digest(request.namespace, request, fingerprint(models)),
        sentences=tuple(checked),
        statuses=dict(Counter(sentence.status for sentence in checked)),
        articles=(*articles, *response.unread_reports(request.unread)),
        generation=generation(models, clock),
        warnings=eligibility.set_warnings(articles),
    )


def _checked(
    request: DraftRequest, start: int, end: int, story: ClusterContext, judge: Verifier
) -> DraftSentence:
    text = request.text[start:end]
    evidence = _evidence(text, story, judge)
    (draft,) = judge.written([text], evidence)
    supported = draft.verdict.status == "supported"
    others = judge.corroboration(evidence, draft) if supported else []
    cited = judge.supports(draft, draft.support) if supported else []
    kept = len(cited)
    cited += [judge.citation(i, draft, "corroborates") for i in others]
    near = sorted(evidence, key=lambda i: -float(story.vectors[i] @ draft.vector))
    return DraftSentence(
        text=text,
        start=start,
        end=end,
        status=draft.verdict.status,
        score=round(draft.verdict.score, 3),
        checks=draft.verdict.checks,
        problems=() if supported else problems(draft.verdict.checks),
        origins=len({story.origin(i) for i in (*draft.support, *others)}) if supported else 0,
        citations=tuple(cited[: max(kept, request.max_citations)]),
        nearest=()
        if supported
        else tuple(judge.citation(i, draft, "nearest") for i in near[:SHOWN]),
    )


def _evidence(text: str, story: ClusterContext, judge: Verifier) -> list[int]:
    """The source sentences that a text is read against: nearest by vector, and by words."""
    nearness = story.vectors @ judge.vector(text)
    by_vector = [int(i) for i in np.argsort(-nearness, kind="stable")[:NEAREST]]
    by_words = evidence_window([sentence.text for sentence in story.sentences], text, COVERING)
    return list(dict.fromkeys([*by_vector, *by_words]))


def problems(checks: Sequence[Check]) -> tuple[str, ...]:
    """Failed checks → plain sentences."""
    return tuple(
        PROBLEMS[check.name].format(words=", ".join(f"\u201c{word}\u201d" for word in check.failed))
        for check in checks
        if not check.passed and check.name in PROBLEMS
    )
