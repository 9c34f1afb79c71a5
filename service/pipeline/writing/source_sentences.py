"""Source sentences: fact groups → the source's own sentence of each, where it may be printed.

This is what a brief consists of where no written sentence is better. A sentence is compressed
only as far as it must be to be read easily, and verified as any other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.compression import READABLE_WORDS, compressions
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.types import Conflict, Options, Withheld
from service.pipeline.verification.support import SupportReader
from service.pipeline.writing.carry_over import figures
from service.pipeline.writing.disputes import disputed, find_dispute

REPEATS = 0.72
"""Cosine from which a reader takes two printed sentences for one. Different facts of one
story, as planned, lie below 0.68; compression brings them nearer."""


class Grounded(msgspec.Struct, frozen=True):
    """Per fact that can be told its source sentence, most salient first; what is withheld; where
    reports disagree."""

    sentences: tuple[PlannedSentence, ...]
    withheld: tuple[Withheld, ...]
    conflicts: tuple[Conflict, ...]


def ground(
    groups: Sequence[FactGroup],
    context: ClusterContext,
    attributor: Attributor,
    options: Options,
    support: SupportReader | None = None,
) -> Grounded:
    """Groups, most salient first → the source's own sentence of each, where it is supported and
    repeats none before it."""
    reader = context.reader
    reader.prefetch([i for group in groups for i in group.members])
    attributor.prefetch(
        piece.text
        for group in groups
        for piece in compressions(reader.decontextualized(group.members[0]).parsed)
    )
    ranks = {group.members[0]: rank for rank, group in enumerate(groups)}
    followed_sentences = {group.follows_sentence for group in groups}
    sentences: list[PlannedSentence] = []
    withheld: list[Withheld] = []
    conflicts: list[Conflict] = []
    for rank, group in enumerate(groups):
        bound = group.follows_sentence is not None or group.members[0] in followed_sentences
        found = (_whole if bound else _compressed)(group, context, attributor)
        if found.verdict.status != "supported":
            withheld.append(_withheld(found))
            continue
        if any(repeats(found, each) for each in sentences):
            continue
        own = attributor.planned(group, found, rank, "edited")
        dispute = None if bound else find_dispute(group, context, support)
        if dispute is not None:
            own, conflict = disputed(own, found, dispute, context, attributor)
            conflicts.append(conflict)
        else:
            followed = None if group.follows_sentence is None else ranks[group.follows_sentence]
            own = msgspec.structs.replace(own, follows_rank=followed, fixed_wording=bound)
        sentences.append(own)
    return Grounded(tuple(sentences), tuple(withheld), tuple(conflicts))


def repeats(candidate: VerifiedCandidate, told: PlannedSentence) -> bool:
    """Whether a candidate would read like a sentence that is told, and gives no number that the other lacks: a
    death toll is near every other sentence of its accident."""
    near = float(candidate.vector @ told.vector) >= REPEATS
    return near and figures(candidate) <= figures(told)


def _compressed(
    group: FactGroup, context: ClusterContext, attributor: Attributor
) -> VerifiedCandidate:
    """The representative, cut only as far as it must be to be read easily."""
    source = group.members[0]
    pieces = compressions(context.reader.decontextualized(source).parsed)
    found = attributor.verified_compressions(pieces, source)
    supported = [each for each in found if each.verdict.status == "supported"]
    short = [each for each in supported if len(each.parsed.text.split()) <= READABLE_WORDS]
    return (short or supported[-1:] or found)[0]


def _whole(group: FactGroup, context: ClusterContext, attributor: Attributor) -> VerifiedCandidate:
    """The representative as it stands: what is read with its neighbour is not cut."""
    source = group.members[0]
    pieces = compressions(context.reader.decontextualized(source).parsed)
    (found,) = attributor.verified_compressions(pieces[:1], source)
    if group.follows_sentence is None:
        return found
    names = context.reader.with_antecedents([group.follows_sentence])
    support = dict.fromkeys((*found.support, *names))
    return msgspec.structs.replace(found, support=tuple(support))


def _withheld(candidate: VerifiedCandidate) -> Withheld:
    failed = (check for check in candidate.verdict.checks if not check.passed)
    detail = "; ".join(f"{each.name}: {', '.join(each.failed) or 'failed'}" for each in failed)
    return Withheld(text=candidate.parsed.text, reason="not-supported", detail=detail)
