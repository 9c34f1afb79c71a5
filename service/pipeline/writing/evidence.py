"""Evidence: the sentences of a fact that the writer is given, one a report, few enough to read."""

from __future__ import annotations

from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup

MOST_REPORTS = 2
"""Sentences that are fused: of three the default writer drops one or joins them wrongly, and each costs time to read."""

NEW_WORDS = 2
"""Words that carry facts that a further report must add to be read."""


def evidence(group: FactGroup, context: ClusterContext) -> tuple[int, ...]:
    """The representative and the best report of another origin that adds to it; () where none does:
    the source's own sentence says it all then."""
    fact = group.members[0]
    seen, known = {context.origin(fact)}, _words(fact, context)
    others: list[int] = []
    for i in group.members[1:]:
        if context.origin(i) not in seen:
            seen.add(context.origin(i))
            others.append(i)
    adding: list[int] = []
    for i in others:
        new = _words(i, context) - known
        if len(new) >= NEW_WORDS and len(adding) < MOST_REPORTS - 1:
            adding.append(i)
            known |= new
    return (fact, *adding) if adding else ()


def _words(index: int, context: ClusterContext) -> set[str]:
    clause = context.reader.parsed(index)
    return {clause.keys[i] for i in clause.content}
