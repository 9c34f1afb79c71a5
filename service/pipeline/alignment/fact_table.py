"""Fact table: planned facts → which sentences of which origins report each, one fact once.

A report is judged against the fact, never against another report, so no chain of near pairs can
join two facts. A planned fact that reports an earlier one is the same fact again: it goes, and its
sentence becomes evidence of the earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from service.pipeline.alignment.conflicts import find, of_other_days
from service.pipeline.alignment.quantities import tolls
from service.pipeline.alignment.same_fact import MIN_COSINE, SAME_FACT, Pair, SameFactReader
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup
from service.pipeline.types import Sentence

REPEATED = 0.6
"""Probability from which a planned fact would repeat an earlier one. Of 61 citations from here on 51
were right by reading, from `SAME_FACT` on 36 of 37: too few to cite, enough not to print both."""


def align(
    groups: Sequence[FactGroup], context: ClusterContext, same_fact: SameFactReader
) -> tuple[FactGroup, ...]:
    """Facts, most salient first → each once, with the sentences that report it, best first behind
    the representative."""
    candidates = {group.members[0]: _candidates(group, groups, context) for group in groups}
    context.reader.prefetch([i for own in candidates.values() for i in own])
    pairs = [(fact, i) for fact, own in candidates.items() for i in own]
    found = same_fact.probabilities([pair(fact, i, context) for fact, i in pairs])
    told_by: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (fact, i), p in zip(pairs, found, strict=True):
        if p >= REPEATED and not disagrees(fact, i, context):
            told_by[fact].append((-p, i))
    last = {each.article: each.position for each in context.sentences}
    told: set[int] = set()
    led: set[int] = set()
    made: list[FactGroup] = []
    for group in groups:
        fact = group.members[0]
        # Which of the two gives a toll that the other lacks tells more, unless it is evidence of the other.
        own = tolls(context.reader.parsed(fact))
        theirs = {i: tolls(context.reader.parsed(i)) for _, i in told_by[fact]}
        near = {i for p, i in told_by[fact] if -p >= SAME_FACT or theirs[i] <= own}
        if fact in told or any(own <= theirs[i] for i in led & near):
            continue
        led.add(fact)
        told |= near
        reports = [i for p, i in sorted(told_by[fact]) if -p >= SAME_FACT]
        members = (fact, *reports)
        place = float(np.mean([_place(context.sentences[i], last) for i in members]))
        made.append(msgspec.structs.replace(group, members=members, article_position=place))
    return _without_unled(made)


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


def pair(fact: int, report: int, context: ClusterContext) -> Pair:
    """Two sentences as the reader is given them."""
    cosine = float(context.vectors[fact] @ context.vectors[report])
    return Pair(context.sentences[fact].text, context.sentences[report].text, cosine)


def disagrees(fact: int, report: int, context: ClusterContext) -> bool:
    """Whether the two speak of two people of one name or of two days, or give a figure, a speaker or an outcome that cannot
    both be so."""
    cosine = float(context.vectors[fact] @ context.vectors[report])
    reader = context.reader
    mine, theirs = reader.evidence(fact), reader.evidence(report)
    if reader.is_of_another(fact, report) or of_other_days(mine, theirs):
        return True
    return find(mine, [(report, cosine, theirs)]) is not None


def _place(sentence: Sentence, last: Mapping[int, int]) -> float:
    """Where in its article the sentence stands, from 0 (first) to 1 (last)."""
    return sentence.position / max(1, last[sentence.article])
