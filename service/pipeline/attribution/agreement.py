"""Agreement: which independent origin reports what, of a brief's sentences and of facts that it left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from service.models.base import no_step
from service.pipeline.alignment.fact_table import REPEATED, align
from service.pipeline.alignment.same_fact import SAME_FACT, Pair, SameFactReader
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.types import (
    AgreementCell,
    AgreementRow,
    Citation,
    ConflictType,
    Stance,
    Verdict,
)

MOST_LOOKED_AT, MOST_LEFT_OUT = 24, 8
"""Sentences that are looked at for facts left out, those first that most origins are likely to report; rows of
such facts: as many as a brief of the usual length has sentences."""

ERROR_RATES = {
    "reports_wrong": 0.045,
    "part_wrong": 0.135,
    "silent_wrong": 0.116,
    "disputes_wrong": 0.2,
    "disputes_missed": 0.82,
}
"""How often the marks are wrong, the writer's model among the readers: of 22 marked as reports 1 was none, not even
in part, of 37 marked as a part 5 were none, of 69 marked as silent 8 reported a part (held-back half of 281 pairs
labelled by an editor, cosines from .45 up: `benchmarks.alignment --half odd`). Of 15 disputes found in 56 clusters of
rumours 3 were none by reading; in 46 clusters whose articles take sides none was found
(`benchmarks.conflicts --clusters --half odd`)."""

ERROR_RATES_OF_SMALL_READER = {
    **ERROR_RATES,
    "reports_wrong": 0.091,
    "part_wrong": 0.105,
    "silent_wrong": 0.276,
}
"""The same without the writer's model: 2 of 22, 2 of 19, 24 of 87."""


def cells(
    citations: Sequence[Citation],
    context: ClusterContext,
    disputing: Sequence[Citation] = (),
    dispute: ConflictType | None = None,
) -> tuple[AgreementCell, ...]:
    """The citations of a sentence by origin. One that alone supports it, or reports it whole, reports it; any other
    reports a part; those cited in `disputing` alone dispute it."""
    reporting, against = _by_origin(citations, context), _by_origin(disputing, context)
    supporting = [
        origin for origin, own in reporting.items() if any(each.role == "supports" for each in own)
    ]

    def stance(origin: str) -> Stance:
        whole = any(each.extent == "whole" for each in reporting[origin])
        return "reports" if whole or supporting == [origin] else "part"

    def cell(
        origin: str, own: Sequence[Citation], stance: Stance, dispute: ConflictType | None = None
    ) -> AgreementCell:
        article = context.sent(own[0].article_id)
        return AgreementCell(
            origin=origin,
            stance=stance,
            citations=tuple(own),
            dispute=dispute,
            publisher=article.publisher,
            published_at=article.published_at,
        )

    return (
        *(cell(origin, own, stance(origin)) for origin, own in reporting.items()),
        *(
            cell(origin, own, "disputes", dispute)
            for origin, own in against.items()
            if origin not in reporting
        ),
    )


def _by_origin(citations: Sequence[Citation], context: ClusterContext) -> dict[str, list[Citation]]:
    found: dict[str, list[Citation]] = {}
    for each in citations:
        found.setdefault(context.origin_of(each.article_id), []).append(each)
    return found


def of_sentence(sentence: str, each: PlannedSentence, context: ClusterContext) -> AgreementRow:
    """The row of a printed sentence, with every origin that reports it, more than are cited."""
    own = [cited for cited in each.citations if cited not in each.disputing]
    found = cells(own, context, each.disputing, each.dispute)
    return AgreementRow(sentence=sentence, text=each.text, cells=found)


def left_out(
    support: NDArray[np.float32],
    printed: Sequence[PlannedSentence],
    context: ClusterContext,
    attributor: Attributor,
    same_fact: SameFactReader,
    on_step: Callable[[], None] = no_step,
) -> list[AgreementRow]:
    """Rows of the facts that two or more origins report and no printed sentence tells.

    `support` `(n,)` is the share of the other origins that are likely to report each sentence.
    """
    others = len({context.origin(i) for i in range(len(context.sentences))}) - 1
    likely = [
        int(i) for i in np.argsort(-support, kind="stable") if support[i] * others >= SAME_FACT
    ]
    told = {i for each in printed for i in context.cited(each.citations)}
    asked = [i for i in likely if i not in told and context.reader.is_standalone(i)]
    facts: list[FactGroup] = []
    for i in asked[:MOST_LOOKED_AT]:
        on_step()
        if not _is_told(i, printed, context, same_fact):
            facts.append(FactGroup(members=(i,), article_position=0.0, lead_score=0.0))
    rows: list[AgreementRow] = []
    for group in align(facts, context, same_fact):
        if not told.isdisjoint(group.members):
            continue
        fact = group.members[0]
        parsed = context.reader.parsed(fact)
        read = VerifiedCandidate(
            parsed, Verdict("supported", 1.0, ()), (fact,), context.vectors[fact], None
        )
        further = attributor.corroboration(group.members, read)
        if further:
            cited = [attributor.citation(fact, read, "supports")]
            cited += [attributor.citation(i, read, "corroborates", extent) for i, extent in further]
            text = context.sentences[fact].text
            rows.append(AgreementRow(sentence=None, text=text, cells=cells(cited, context)))
    return rows[:MOST_LEFT_OUT]


def _is_told(
    index: int,
    printed: Sequence[PlannedSentence],
    context: ClusterContext,
    same_fact: SameFactReader,
) -> bool:
    """Whether a printed sentence tells what the source sentence tells, or a part of it."""
    text, vector = context.sentences[index].text, context.vectors[index]
    pairs = [Pair(text, each.text, float(vector @ each.vector)) for each in printed]
    return any(p >= REPEATED for p in same_fact.probabilities(pairs))
