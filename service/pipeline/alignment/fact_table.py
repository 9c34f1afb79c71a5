"""Fact table: planned facts → which sentences of which origins report each, one fact once.

A report is judged against the fact, never against another report, so no chain of near pairs can
join two facts. A planned fact that reports an earlier one is the same fact again: it goes, and its
sentence becomes evidence of the earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from service.pipeline.alignment.conflicts import find
from service.pipeline.alignment.same_fact import MIN_COSINE, SAME_FACT, Pair, SameFactReader
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup

REPORTED_ENOUGH = 1.0
"""Facts with several origins that are looked for, as a share of the sentences asked for: some of
them will be withheld, some don't fit. The model is asked about no further ones."""

MAX_EVIDENCE = 8
"""Sentences a group holds: more than any sentence needs, few enough to read."""


def align(
    groups: Sequence[FactGroup],
    context: ClusterContext,
    same_fact: SameFactReader,
    sentences_asked: int,
) -> tuple[FactGroup, ...]:
    """Facts, most salient first → each once, with the sentences that report it, best first behind
    the representative."""
    candidates = [_candidates(group, groups, context) for group in groups]
    context.reader.prefetch([i for own in candidates for i in own])
    told: set[int] = set()
    led: set[int] = set()
    made: list[FactGroup] = []
    for group, own in zip(groups, candidates, strict=True):
        fact = group.members[0]
        if fact in told:
            continue
        pairs = [_pair(fact, i, context) for i in own]
        shared = sum(_several(each, context) for each in made)
        enough = shared >= REPORTED_ENOUGH * sentences_asked
        found = same_fact.probabilities(pairs, ask=not enough)
        reports = sorted(
            (-p, i)
            for p, i in zip(found, own, strict=True)
            if p >= SAME_FACT and not _disagrees(fact, i, context)
        )
        if any(i in led for _, i in reports):
            continue
        led.add(fact)
        told.update(i for _, i in reports)
        members = (fact, *(i for _, i in reports))[:MAX_EVIDENCE]
        made.append(
            msgspec.structs.replace(
                group, members=members, article_position=_position(members, context)
            )
        )
    return _without_unled(made)


def _several(group: FactGroup, context: ClusterContext) -> bool:
    """Whether several origins report the fact."""
    return len({context.origin(i) for i in group.members}) > 1


def _without_unled(groups: Sequence[FactGroup]) -> tuple[FactGroup, ...]:
    """The groups without those that can only be read behind one that is gone."""
    left = {group.members[0]: group for group in groups}
    while unled := [
        fact
        for fact, group in left.items()
        if group.follows_sentence is not None and group.follows_sentence not in left
    ]:
        for fact in unled:
            del left[fact]
    return tuple(left.values())


def _candidates(
    group: FactGroup, groups: Sequence[FactGroup], context: ClusterContext
) -> list[int]:
    """The nearest sentence of every other article, and the other planned facts that are near."""
    fact = group.members[0]
    near = context.vectors @ context.vectors[fact]
    best: dict[int, int] = {}
    for i in map(int, np.argsort(-near, kind="stable")):
        if near[i] < MIN_COSINE:
            break
        article = context.sentences[i].article
        if article != context.sentences[fact].article:
            best.setdefault(article, i)
    planned = [each.members[0] for each in groups if each.follows_sentence is None]
    repeats = [i for i in planned if i != fact and near[i] >= MIN_COSINE]
    return list(dict.fromkeys([*best.values(), *repeats]))


def _pair(fact: int, report: int, context: ClusterContext) -> Pair:
    cosine = float(context.vectors[fact] @ context.vectors[report])
    return Pair(context.sentences[fact].text, context.sentences[report].text, cosine)


def _disagrees(fact: int, report: int, context: ClusterContext) -> bool:
    """Whether the two give a figure, a speaker or an outcome that cannot both be so."""
    cosine = float(context.vectors[fact] @ context.vectors[report])
    reader = context.reader
    return find(reader.evidence(fact), [(report, cosine, reader.evidence(report))]) is not None


def _position(members: Sequence[int], context: ClusterContext) -> float:
    """Where in their articles the sentences stand on average, from 0 (first) to 1 (last)."""
    last = {each.article: each.position for each in context.sentences}
    held = [context.sentences[i] for i in members]
    return float(np.mean([each.position / max(1, last[each.article]) for each in held]))
