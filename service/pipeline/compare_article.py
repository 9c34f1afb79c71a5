"""Compare article: one article of a set, sentence by sentence, against the other origins of the set."""

from __future__ import annotations

import numpy as np

from service.errors import NothingToBrief
from service.models.base import Models
from service.pipeline.alignment.confirmation import confirmed
from service.pipeline.alignment.conflicts import find
from service.pipeline.alignment.fact_table import disagrees, pair
from service.pipeline.alignment.same_fact import (
    MIN_COSINE,
    MOST_ORIGINS,
    SAME_FACT,
    SameFactReader,
)
from service.pipeline.attribution.agreement import cells
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.cluster import read_cluster
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.fingerprint import provenance
from service.pipeline.intermediate import FactGroup, VerifiedCandidate
from service.pipeline.progress import StageClock
from service.pipeline.prompts import templates
from service.pipeline.types import (
    ComparedSentence,
    Comparison,
    ComparisonRequest,
    Emit,
    Memo,
    Verdict,
)
from service.pipeline.verification.verifier import Verifier
from service.pipeline.writing.generation import CandidateGenerator


def compare_article(
    request: ComparisonRequest, models: Models, memo: Memo, emit: Emit
) -> Comparison:
    """Per sentence of the article: whether another origin reports it, disputes it, or none has it. The writer's
    model, where there is one, is asked as for a brief, where the small reader is unsure.

    Raises `NothingToBrief` where the article can't be read, `Cancelled` where `emit` does.
    """
    clock = StageClock(emit)
    context, articles = read_cluster(request.articles, models, memo, clock)
    own = [i for i in range(len(context.sentences)) if context.article(i).id == request.article]
    if not own:
        raise NothingToBrief(f"No sentence of article {request.article[:80]!r} can be read.")
    with clock.stage("agree"):
        same_fact = SameFactReader(models.reader, memo, clock.step)
        attributor = Attributor(context, Verifier(context, models, memo), same_fact)
        near = {i: _nearest(i, context) for i in own}
        pairs = [(i, j) for i in own for j in near[i]]
        context.reader.prefetch([each for both in pairs for each in both])
        found = same_fact.probabilities([pair(i, j, context) for i, j in pairs])
        told_by: dict[int, list[int]] = {i: [] for i in own}
        for (i, j), p in zip(pairs, found, strict=True):
            if p >= SAME_FACT and not disagrees(i, j, context):
                told_by[i].append(j)
        if models.writer is not None:
            ask = CandidateGenerator(models.writer, memo, templates(), clock.step).same_fact
            for i in own:
                group = FactGroup((i, *told_by[i]), 0.0, 0.0)
                told_by[i] = list(confirmed(group, context, same_fact, ask).members[1:])
        told = tuple(_compared(i, near[i], told_by[i], context, attributor) for i in own)
    return Comparison(
        brief=request.brief,
        article=request.article,
        sentences=told,
        articles=articles,
        generation=provenance(models, clock.timings_ms),
    )


def _nearest(index: int, context: ClusterContext) -> list[int]:
    """The nearest sentence of each other origin, of the nearest origins."""
    near = context.vectors @ context.vectors[index]
    best: dict[int, int] = {}
    for j in map(int, np.argsort(-near, kind="stable")):
        if near[j] < MIN_COSINE or len(best) == MOST_ORIGINS:
            break
        if context.origin(j) != context.origin(index):
            best.setdefault(context.origin(j), j)
    return list(best.values())


def _compared(
    index: int,
    near: list[int],
    told_by: list[int],
    context: ClusterContext,
    attributor: Attributor,
) -> ComparedSentence:
    sentence, reader, vector = context.sentences[index], context.reader, context.vectors[index]
    read = VerifiedCandidate(
        reader.parsed(index), Verdict("supported", 1.0, ()), (index,), vector, None
    )
    evidence = [(j, float(vector @ context.vectors[j]), reader.evidence(j)) for j in near]
    dispute = find(reader.evidence(index), evidence)
    reports = [
        attributor.citation(j, read, "corroborates", extent)
        for j, extent in attributor.corroboration(told_by, read)
    ]
    disputing = [] if dispute is None else [attributor.citation(dispute.other, read, "contradicts")]
    own = attributor.citation(index, read, "supports")
    found = cells(reports, context, disputing, dispute and dispute.type)
    return ComparedSentence(
        text=context.article(index).text[own.start : own.end],
        start=own.start,
        end=own.end,
        paragraph=sentence.paragraph,
        mark="disputed" if dispute else "corroborated" if reports else "only-here",
        cells=found,
    )
