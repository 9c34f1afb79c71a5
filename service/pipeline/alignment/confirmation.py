"""Confirmation: which near sentences of other origins report a fact, by the writer's model.

The small reader of `same_fact` reads all that is near in no time, and misses most of what tells a fact in
other words; the writer's model finds much of that, at a second a pair. So it is asked about facts that are
about to be printed, where the small reader is unsure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

import msgspec
import numpy as np

from service.pipeline.alignment.fact_table import MAX_EVIDENCE, disagrees, pair
from service.pipeline.alignment.same_fact import LEAST, MIN_COSINE, SAME_FACT, SameFactReader
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup

NEAREST = 3
"""Sentences of each other origin that are read: of those that tell a fact or a part of it half are not
their article's nearest."""

MOST_ASKED = 3
"""Questions a fact: each takes the writer a second."""

UNLIKELY = 0.15
"""Probability by the small reader below which nothing is asked: from .1 on no more would be found, by the
labels of 117 facts."""

WEIGHTS = (0.2, 0.8, 0.8)
"""Intercept and weights of the small reader's log-odds and of the writer's. Fitted on 110 labelled pairs of
the tuning half's clusters, three nearest of each article; the intercept is lower than fitted (0.6), since of 20
citations read two of the four wrong ones lay between."""

Ask = Callable[[str, str], float | None]
"""(fact, report) → the log-odds that the report tells the fact or a part of it, None without an answer."""


def confirmed(
    group: FactGroup, context: ClusterContext, same_fact: SameFactReader, ask: Ask
) -> FactGroup:
    """The group with the sentences of further origins that report its fact, one each."""
    fact = group.members[0]
    near = context.vectors @ context.vectors[fact]
    known = {context.origin(i) for i in group.members}
    candidates: dict[int, list[int]] = defaultdict(list)
    for i in map(int, np.argsort(-near, kind="stable")):
        if near[i] < MIN_COSINE:
            break
        own = candidates[context.origin(i)]
        if context.origin(i) not in known and len(own) < NEAREST:
            own.append(i)
    read = [i for own in candidates.values() for i in own]
    found = same_fact.probabilities([pair(fact, i, context) for i in read])
    likely = sorted((-p, i) for p, i in zip(found, read, strict=True) if p >= UNLIKELY)
    context.reader.prefetch([i for _, i in likely])
    asked, reports = 0, list[int]()
    for p, i in ((-p, i) for p, i in likely):
        if context.origin(i) in known or disagrees(fact, i, context):
            continue
        if p < SAME_FACT:
            if asked == MOST_ASKED:
                break
            asked += 1
            p = read_again(p, context.sentences[fact].text, context.sentences[i].text, ask)
        if p >= SAME_FACT:
            known.add(context.origin(i))
            reports.append(i)
    return msgspec.structs.replace(group, members=(*group.members, *reports)[:MAX_EVIDENCE])


def read_again(p: float, fact: str, report: str, ask: Ask) -> float:
    """The small reader's probability → that by both; it stays where it is sure, or nobody answers."""
    if p >= SAME_FACT or (odds := ask(fact, report)) is None:
        return p
    intercept, small, large = WEIGHTS
    before = math.log((p + LEAST) / (1 - p + LEAST))
    return 1 / (1 + math.exp(-(intercept + small * before + large * odds)))
