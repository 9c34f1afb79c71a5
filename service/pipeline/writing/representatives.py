"""Representatives: which of the reports of a fact is printed, where another tells more or is newer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.alignment.quantities import TOLLS, figures
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup
from service.pipeline.writing.disputes import find_dispute


def represented(groups: Sequence[FactGroup], context: ClusterContext) -> tuple[FactGroup, ...]:
    """Groups, each told by the report that gives the toll where its own gives none, and by the newest
    where figures rose; a fact that another group's newer report tells anew goes."""
    led = {each.follows_sentence for each in groups}
    free = [each.follows_sentence is None and each.members[0] not in led for each in groups]
    made = [
        _with_toll(each, context) if own else each for each, own in zip(groups, free, strict=True)
    ]
    facts = {each.members[0] for each in made}
    found: list[FactGroup] = []
    for group, own in zip(made, free, strict=True):
        newer = _newer(group, context) if own else None
        if newer is None:
            found.append(group)
        elif newer not in facts:
            found.append(msgspec.structs.replace(group, members=(newer,)))
            facts.add(newer)
        elif group.opens:
            found = [msgspec.structs.replace(group, members=(newer,)), *found]
    opened = {each.members[0] for each in found if each.opens}
    return tuple(each for each in found if each.opens or each.members[0] not in opened)


def _with_toll(group: FactGroup, context: ClusterContext) -> FactGroup:
    """The group, led by a report of its fact that also tells how many were killed, hurt or driven out,
    which its own leaves out: the toll is not lost as a repetition."""
    reader = context.reader
    reader.prefetch(group.members)
    if _tolls(group.members[0], context):
        return group
    for i in group.members[1:]:
        if _tolls(i, context) and reader.is_standalone(i):
            members = (i, *(each for each in group.members if each != i))
            return msgspec.structs.replace(group, members=members)
    return group


def _tolls(index: int, context: ClusterContext) -> bool:
    return any(each.kind in TOLLS for each in figures(context.reader.parsed(index)))


def _newer(group: FactGroup, context: ClusterContext) -> int | None:
    """The sentence of a later report that gives a newer figure than the group's, and reads alone."""
    dispute, reader = find_dispute(group, context), context.reader
    if dispute is None or dispute.type != "superseded":
        return None
    mine, theirs = (reader.evidence(i).published_at for i in (group.members[0], dispute.other))
    later = mine is not None and theirs is not None and theirs > mine
    return dispute.other if later and reader.is_standalone(dispute.other) else None
