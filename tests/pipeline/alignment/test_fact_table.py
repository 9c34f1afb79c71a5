"""Which sentences report a planned fact, and which facts are told once and first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from service.models.base import Models, Prompt, Scores
from service.pipeline.alignment.fact_table import align
from service.pipeline.alignment.same_fact import (
    MIN_COSINE,
    OPEN,
    Pair,
    SameFactReader,
    likelihood,
)
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import Origins
from service.pipeline.intermediate import FactGroup
from service.pipeline.prompts import templates
from service.pipeline.types import Article
from service.store.computation_cache import MemoryComputationCache

BRIDGE = "The council of Velm approved a new bridge over the river on Tuesday."
BRIDGE_AGAIN = (
    "On Tuesday the council of Velm approved the new bridge over the river, officials said."
)
BRIDGE_TOO = "Officials said that the new bridge over the river was approved by the council of Velm on Tuesday."
FERRY = "The old ferry has carried farmers to the market since the war."
WEATHER = "Forecasters warned of heavy snow in the mountains."


class Judge:
    """A writer that says No to everything, and counts what it was asked."""

    fingerprint = "judge"
    available = judges = True
    written = 0

    def __init__(self) -> None:
        self.asked = 0

    def write(self, prompts: Sequence[Prompt], **_: object) -> list[str | None]:
        return [None for _ in prompts]

    def judge(
        self, prompts: Sequence[Prompt], *, on_step: Callable[[], None] | None = None
    ) -> Scores:
        self.asked += len(prompts)
        return np.full(len(prompts), -8.0, dtype=np.float32)


def cluster(models: Models, *texts: str, origin: Sequence[int] | None = None) -> ClusterContext:
    """Articles, each an origin of its own if no `origin` is given."""
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    sources = ingest(articles, models.parser.languages)
    sentences = split_sentences(sources)
    vectors = models.encoder.encode([each.text for each in sentences])
    own = tuple(range(len(texts)) if origin is None else origin)
    origins = Origins(own, (None,) * len(texts), (0,) * len(texts))
    reader = SourceReader(models.parser, sources, sentences)
    return ClusterContext(sources, sentences, vectors, origins, reader)


def planned(*facts: int, follows: dict[int, int] | None = None) -> list[FactGroup]:
    behind = follows or {}
    return [FactGroup((fact,), 0.0, 1.0, behind.get(fact)) for fact in facts]


def aligned(
    context: ClusterContext, groups: Sequence[FactGroup], *, sentences: int = 8,
    judge: Judge | None = None,
) -> list[tuple[int, ...]]:  # fmt: skip
    reader = SameFactReader(judge, templates()["same_fact"], MemoryComputationCache())
    return [group.members for group in align(groups, context, reader, sentences)]


def test_a_fact_has_the_sentences_of_other_articles_that_report_it(models: Models):
    context = cluster(models, f"{BRIDGE} {FERRY}", f"{WEATHER} {BRIDGE_AGAIN}", BRIDGE_TOO)

    (bridge, ferry) = aligned(context, planned(0, 1))

    assert bridge[0] == 0
    assert sorted(bridge) == [0, 3, 4]
    assert ferry == (1,)


def test_a_fact_that_is_planned_again_is_told_once(models: Models):
    context = cluster(models, f"{BRIDGE} {FERRY}", BRIDGE_AGAIN)

    assert aligned(context, planned(0, 2, 1)) == [(0, 2), (1,)]
    assert aligned(context, planned(2, 0, 1)) == [(2, 0), (1,)]


def test_a_fact_that_its_own_article_repeats_is_told_once(models: Models):
    context = cluster(models, f"{BRIDGE} {BRIDGE_AGAIN}")

    assert aligned(context, planned(0, 1)) == [(0, 1)]


@pytest.mark.parametrize(("dead", "members"), [("nine", (0, 1)), ("seven", (0,))])
def test_a_report_with_another_figure_is_none(models: Models, dead: str, members: tuple[int, ...]):
    context = cluster(
        models,
        "The crash near Orlen killed nine people on Friday.",
        f"A crash near Orlen on Friday killed {dead} people, police said.",
    )

    assert aligned(context, planned(0)) == [members]


def test_a_sentence_that_reports_two_facts_does_not_join_them(models: Models):
    context = cluster(
        models,
        "The ministry closed the bridge in Orlen on Monday.",
        "The mayor sent buses for the children of the school in Velm.",
        "The ministry closed the bridge in Orlen on Monday, and the mayor sent buses for the children"
        " of the school in Velm.",
    )

    assert aligned(context, planned(0, 1)) == [(0, 2), (1, 2)]


def test_facts_keep_the_order_in_which_they_were_planned(models: Models):
    texts = f"{WEATHER} {BRIDGE} {FERRY}", BRIDGE_AGAIN

    assert aligned(cluster(models, *texts), planned(0, 2, 1)) == [(0,), (2,), (1, 3)]
    one = cluster(models, *texts, origin=[0, 0])
    assert aligned(one, planned(0, 2, 1)) == [(0,), (2,), (1, 3)]


FOLLOWED = f"{BRIDGE_AGAIN} It will cost two million. It will open in May."


def test_what_is_read_behind_a_fact_stays_with_it(models: Models):
    context = cluster(models, FERRY, FOLLOWED)

    told = aligned(context, planned(0, 1, 2, follows={2: 1}))

    assert told == [(0,), (1,), (2,)]


def test_what_is_read_behind_a_repeated_fact_goes_with_it(models: Models):
    context = cluster(models, BRIDGE, FOLLOWED)

    told = aligned(context, planned(0, 1, 2, follows={2: 1}))

    assert told == [(0, 1)]


def test_what_is_read_behind_what_goes_goes_too(models: Models):
    context = cluster(models, BRIDGE, FOLLOWED)

    told = aligned(context, planned(0, 1, 2, 3, follows={2: 1, 3: 2}))

    assert told == [(0, 1)]


def test_a_fact_stands_where_its_reports_stand_on_average(models: Models):
    context = cluster(models, f"{BRIDGE} {FERRY}", f"{WEATHER} {FERRY} {BRIDGE_AGAIN}")
    reader = SameFactReader(None, templates()["same_fact"], MemoryComputationCache())

    (group,) = align(planned(0), context, reader, 8)

    assert group.members == (0, 4)
    assert group.article_position == 0.5


def test_nobody_is_asked_once_enough_facts_have_several_origins(models: Models):
    vague = "Nobody in Velm has asked the farmers about the bridge."
    context = cluster(models, f"{FERRY} {BRIDGE}", vague)
    open_at = next(
        cosine
        for cosine in np.linspace(MIN_COSINE, 1, 200)
        if OPEN[0] < likelihood(Pair(BRIDGE, vague, cosine)) < OPEN[1]
    )
    vectors = np.array([[0, 0, 1], [1, 0, 0], [open_at, (1 - open_at**2) ** 0.5, 0]])
    context = msgspec.structs.replace(context, vectors=vectors.astype(np.float32))
    asked: dict[int, int] = {}
    for sentences in (0, 1):
        judge = Judge()
        aligned(context, planned(1), sentences=sentences, judge=judge)
        asked[sentences] = judge.asked

    assert asked == {0: 0, 1: 1}
