"""Check draft: somebody's own text against the articles, sentence by sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from service.models.base import Models, Vectors
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.cluster import read_cluster
from service.pipeline.content_id import digest
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.fingerprint import fingerprint, provenance
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.reading_view import ReadingView, reading_view
from service.pipeline.ingest.sentences import spans
from service.pipeline.intermediate import VerifiedCandidate
from service.pipeline.progress import StageClock
from service.pipeline.prompts import templates
from service.pipeline.types import (
    Check,
    DraftReport,
    DraftRequest,
    DraftSentence,
    DraftSplit,
    Emit,
    Memo,
    Span,
    VerdictReady,
)
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.repair import repairs
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verifier import Verifier
from service.pipeline.verification.verify import DENIED

NEAREST = 6
"""Source sentences nearest by vector that a draft's sentence is read against."""

COVERING = 60
"""Words of the sentences that hold most of its words, read beside them."""

SHOWN = 2
"""Nearest sentences shown for one that is not supported."""

MOST_REPAIRS = 3
"""Edits of a sentence that are verified, the smallest first."""

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
    "length": "The sentence is too long to be checked: divide it.",
    "agreement": "No source sentence is close to this one.",
    "entailment": "Read together, the sources don't clearly say this.",
    "disputed": "Another article says otherwise.",
}
"""What each failed check means to an editor."""

WHOLE = {
    "disputed": PROBLEMS["disputed"],
    "polarity": "The sources say otherwise.",
}
"""The same of a check that names no words."""


def check_draft(request: DraftRequest, models: Models, memo: Memo, emit: Emit) -> DraftReport:
    """A draft and articles → per sentence its status, citations and what fails.

    Raises `NothingToBrief` where no article can be used, `Cancelled` where `emit` does.
    """
    clock = StageClock(emit)
    context, articles = read_cluster(request.articles, models, memo, clock)
    with clock.stage("check"):
        support = None
        if models.support is not None:
            support = SupportReader(models.support, memo, templates()["support"], clock.step)
        verifier = Verifier(context, models, memo, support)
        attributor = Attributor(context, verifier, SameFactReader(models.reader, memo, clock.step))
        draft = reading_view(request.text)
        found = list(spans(draft.text))
        emit(DraftSplit(tuple(Span(*draft.original(*each)) for each in found)))
        verifier.prefetch([draft.text[start:end] for start, end in found])
        checked: list[DraftSentence] = []
        for span in found:
            clock.step()
            checked.append(_checked(request, draft, span, context, verifier, attributor))
            emit(VerdictReady(checked[-1]))
    return DraftReport(
        id=digest(request.namespace, request, fingerprint(models)),
        sentences=tuple(checked),
        statuses=dict(Counter(sentence.status for sentence in checked)),
        articles=(*articles, *eligibility.unread_reports(request.unread)),
        generation=provenance(models, clock.timings_ms),
        warnings=eligibility.set_warnings(articles),
    )


def _reporting_whole(
    attributor: Attributor, evidence: Sequence[int], found: VerifiedCandidate
) -> list[int]:
    """One sentence of each further origin that alone reports all of it."""
    return [i for i, extent in attributor.corroboration(evidence, found) if extent == "whole"]


def _checked(
    request: DraftRequest,
    draft: ReadingView,
    span: tuple[int, int],
    context: ClusterContext,
    verifier: Verifier,
    attributor: Attributor,
) -> DraftSentence:
    """The sentence of the draft at a span of its view against its evidence."""
    text = draft.text[slice(*span)]
    start, end = draft.original(*span)
    vector = verifier.read(text)[1]
    evidence = _evidence(text, vector, context)
    (found,) = attributor.verified_texts([text], evidence)
    supported = found.verdict.status == "supported"
    others = _reporting_whole(attributor, evidence, found) if supported else []
    cited = attributor.supports(found, found.support) if supported else []
    kept = len(cited)
    cited += [attributor.citation(i, found, "corroborates") for i in others]
    nearest = sorted(evidence, key=lambda i: -float(context.vectors[i] @ vector))
    near = nearest[:SHOWN]
    against = _denying(text, nearest, found, context, verifier) if supported else []
    disputed = (Check("disputed", passed=False),) * bool(against)
    return DraftSentence(
        text=request.text[start:end],
        start=start,
        end=end,
        status="conflicted" if against else found.verdict.status,
        score=round(found.verdict.score, 3),
        checks=(*found.verdict.checks, *disputed),
        problems=plain_problems(disputed if supported else found.verdict.checks),
        origins=len({context.origin(i) for i in (*found.support, *others)}) if supported else 0,
        citations=tuple(cited[: max(kept, request.max_citations)]),
        nearest=tuple(attributor.citation(i, found, "contradicts") for i in against)
        if supported
        else tuple(
            attributor.citation(i, found, "contradicts" if denied else "nearest")
            for i, denied in zip(near, verifier.contradicted(text, near), strict=True)
        ),
        repair=None if supported else _repair(text, nearest, context, verifier, attributor),
    )


def _denying(
    text: str,
    nearest: Sequence[int],
    found: VerifiedCandidate,
    context: ClusterContext,
    verifier: Verifier,
) -> list[int]:
    """Of the nearest sentences of other articles those that say otherwise: what one report supports, another may
    deny."""
    own = {context.article(i).id for i in found.support}
    others = [i for i in nearest if context.article(i).id not in own][:SHOWN]
    denied = verifier.contradicted(text, others, DENIED)
    return [i for i, no in zip(others, denied, strict=True) if no]


def _repair(
    text: str,
    nearest: Sequence[int],
    context: ClusterContext,
    verifier: Verifier,
    attributor: Attributor,
) -> str | None:
    """The sentence with the smallest edit, in words of the nearest sources, under which it stands and none of them
    denies it."""
    near = nearest[:SHOWN]
    edits = repairs(text, [context.sentences[i].text for i in near])
    for edited in [each for each in edits if verifier.facts_hold(each, near)][:MOST_REPAIRS]:
        (found,) = attributor.verified_texts([edited], near)
        if found.verdict.status == "supported" and not _denying(
            edited, nearest, found, context, verifier
        ):
            return edited
    return None


def _evidence(text: str, vector: Vectors, context: ClusterContext) -> list[int]:
    """The source sentences that a text is read against: nearest by vector, and by words."""
    nearness = context.vectors @ vector
    by_vector = [int(i) for i in np.argsort(-nearness, kind="stable")[:NEAREST]]
    by_words = evidence_window([sentence.text for sentence in context.sentences], text, COVERING)
    return list(dict.fromkeys([*by_vector, *by_words]))


def plain_problems(checks: Sequence[Check]) -> tuple[str, ...]:
    """Failed checks → plain sentences."""
    return tuple(
        WHOLE[check.name]
        if check.name in WHOLE and not check.failed
        else PROBLEMS[check.name].format(
            words=", ".join(f"\u201c{word}\u201d" for word in check.failed)
        )
        for check in checks
        if not check.passed and check.name in PROBLEMS
    )
