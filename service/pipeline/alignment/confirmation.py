"""Confirmation: which near sentences of other origins report a fact, by the writer's model.

The small reader of `same_fact` reads all that is near in no time, and misses most of what tells a fact in
other words; the writer's model finds much of that, at a second a pair. So it is asked about facts that are
about to be printed, where the small reader is unsure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

import msgspec
import numpy as np

from service.pipeline.alignment.fact_table import disagrees, pair
from service.pipeline.alignment.same_fact import (
    LEAST,
    MIN_COSINE,
    MOST_ORIGINS,
    SAME_FACT,
    SameFactReader,
)
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup

NEAREST = 3
"""Sentences of each other origin that are read: of those that tell a fact or a part of it half are not
their article's nearest."""

MOST_ASKED = 3
"""Questions a fact: each takes the writer a second."""

SURE = 0.85
"""Probability by the small reader from which nothing is asked: of 20 citations that were read two of the four
wrong ones were accepted by it alone, with .79 and .80."""

UNLIKELY = 0.3
"""Probability by the small reader below which nothing is asked: in four clusters seven questions from .15 to
.3 found no report, ten up to .5 one, eleven up to .75 four."""

WEIGHTS = (0.2, 0.8, 0.8)
"""Intercept and weights of the small reader's log-odds and of the writer's. Fitted on 110 labelled pairs of
the tuning half's clusters, three nearest of each article; the intercept is lower than fitted (0.6), since of 20
citations read two of the four wrong ones lay between."""

Ask = Callable[[str, str], float | None]
"""(fact, report) → the log-odds that the report tells the fact or a part of it, None without an answer."""


def confirmed(
    group: FactGroup, context: ClusterContext, same_fact: SameFactReader, ask: Ask
) -> FactGroup:
    """The group with one sentence of each origin that reports its fact: further ones, and of those that
    it has the ones of which both readers are sure enough."""
    fact = group.members[0]
    read = [*group.members[1:], *_nearest(fact, group.members, context)]
    found = same_fact.probabilities([pair(fact, i, context) for i in read])
    likely = sorted((-p, i) for p, i in zip(found, read, strict=True) if p >= UNLIKELY)
    context.reader.prefetch([i for _, i in likely])
    known, reports = {context.origin(fact)}, list[int]()
    asked = 0
    for p, i in ((-p, i) for p, i in likely):
        if context.origin(i) in known or disagrees(fact, i, context):
            continue
        if p < SURE:
            if asked == MOST_ASKED:
                break
            asked += 1
            p = read_again(p, context.sentences[fact].text, context.sentences[i].text, ask)
        if p >= SAME_FACT:
            known.add(context.origin(i))
            reports.append(i)
    return msgspec.structs.replace(group, members=(fact, *reports))


def _nearest(fact: int, but: Collection[int], context: ClusterContext) -> list[int]:
    """The nearest sentences of each other origin, of the nearest origins."""
    near = context.vectors @ context.vectors[fact]
    found: dict[int, list[int]] = {}
    for i in map(int, np.argsort(-near, kind="stable")):
        origin = context.origin(i)
        if near[i] < MIN_COSINE:
            break
        if i in but or origin == context.origin(fact):
            continue
        if origin in found or len(found) < MOST_ORIGINS:
            own = found.setdefault(origin, [])
            own += [i] if len(own) < NEAREST else []
    return [i for own in found.values() for i in own]


def read_again(p: float, fact: str, report: str, ask: Ask) -> float:
    """The small reader's probability → that by both; it stays where it is sure, or nobody answers."""
    if p >= SURE or (odds := ask(fact, report)) is None:
        return p
    intercept, small, large = WEIGHTS
    before = math.log((p + LEAST) / (1 - p + LEAST))
    return 1 / (1 + math.exp(-(intercept + small * before + large * odds)))
