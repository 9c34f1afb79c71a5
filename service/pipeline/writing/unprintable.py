"""Unprintable: why nothing of a set could be printed, sentence by sentence."""

from __future__ import annotations

from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.types import Withheld

MOST_TOLD = 20
"""Sentences whose reasons are given: an editor reads no more, and they are much alike."""


def unprintable(context: ClusterContext) -> tuple[Withheld, ...]:
    """The first sentences of the articles that were used, each with what stands against printing it."""
    indices = range(min(MOST_TOLD, len(context.sentences)))
    context.reader.prefetch(indices)
    return tuple(
        Withheld(
            text=context.sentences[i].text, reason="not-readable-alone", detail=_detail(i, context)
        )
        for i in indices
    )


def _detail(index: int, context: ClusterContext) -> str:
    why = context.reader.obstacle(index)
    if why is None:
        clause = context.reader.decontextualized(index).parsed
        known = ", ".join(sorted(context.reader.presupposed_nouns(index, clause)))
        why = (
            f"it takes as known what no other sentence tells: {known}"
            if known
            else "nothing introduces it"
        )
    return f"{why[:1].upper()}{why[1:]}."
