"""Plan: which facts to tell, on whose evidence, in what order.

Fact groups are chosen greedily for coverage (maximal marginal relevance, Carbonell and
Goldstein 1998): each pick is the most salient sentence that says something new. Its group
holds the sentences of every article that state the same fact, which are its evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.models.base import Vectors
from service.pipeline.types import Options, Sentence

SAME_FACT = 0.62
"""Cosine from which a sentence states a group's fact: it is evidence for the group, and
would repeat it if it were printed beside it. In the sample set different reporters' words
for one fact lie between 0.62 and 0.9."""

REDUNDANCY = 2.5
"""Weight of the highest cosine with what is already chosen, above REPEAT_FROM."""

REPEAT_FROM = 0.45
"""Below it two sentences of one story share only the topic, not the fact."""

MAX_EVIDENCE = 8
"""Sentences a group holds: more than any sentence needs, few enough to read."""

SPARE_SHARE = 0.5
"""Groups planned beyond the asked length, since some sentences will be withheld."""

MEAN_WORDS = 24
"""Words of a printed sentence, to turn a budget in words into a number of groups."""


class FactGroup(msgspec.Struct, frozen=True):
    """Indices of sentences that state one fact: `members[0]` is the representative."""

    members: tuple[int, ...]
    place: float


def plan(
    sentences: Sequence[Sentence],
    vectors: Vectors,
    salience: NDArray[np.float32],
    can_stand: Callable[[int], bool],
    options: Options,
) -> tuple[FactGroup, ...]:
    """Sentences, vectors `(n, d)` and salience `(n,)` → groups, most salient first.

    `can_stand(i)` tells whether sentence i could be printed as it is, so that every group
    has a floor. `place` in [0, 1] is where the fact stands in its articles on average.
    """
    wanted = asked(options) + 2 + round(SPARE_SHARE * asked(options))
    left = salience.astype(np.float64).copy()
    nearest = np.zeros(len(sentences))
    groups: list[FactGroup] = []
    places = _places(sentences)
    while len(groups) < wanted:
        score = left - REDUNDANCY * np.clip(nearest - REPEAT_FROM, 0, None)
        if not len(score) or not np.isfinite(best := score.max()):
            break
        chosen = int(np.flatnonzero(score == best)[0])
        left[chosen] = -np.inf
        if nearest[chosen] >= SAME_FACT or not can_stand(chosen):
            continue
        similarity = vectors @ vectors[chosen]
        groups.append(_group(chosen, similarity, sentences, places))
        nearest = np.maximum(nearest, similarity)
    return tuple(groups)


def asked(options: Options) -> int:
    """Sentences that the asked length takes."""
    return options.sentences or max(1, round((options.words or 0) / MEAN_WORDS))


def _group(
    chosen: int,
    similarity: NDArray[np.float32],
    sentences: Sequence[Sentence],
    places: Sequence[float],
) -> FactGroup:
    """The chosen sentence and, of every article, the nearest that state the same fact."""
    order = np.argsort(-similarity, kind="stable")
    same = [int(i) for i in order if similarity[i] >= SAME_FACT and int(i) != chosen]
    first_of_article = [
        i
        for k, i in enumerate(same)
        if sentences[i].article not in {sentences[j].article for j in (chosen, *same[:k])}
    ]
    rest = [i for i in same if i not in first_of_article]
    members = (chosen, *first_of_article, *rest)[:MAX_EVIDENCE]
    return FactGroup(members, float(np.mean([places[i] for i in members])))


def _places(sentences: Sequence[Sentence]) -> list[float]:
    """Where in its article each sentence stands, from 0 (first) to 1 (last)."""
    last = {each.article: each.position for each in sentences}
    return [each.position / max(1, last[each.article]) for each in sentences]
