"""Which near sentences the writer's model is asked about, and what its answer decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.models.base import Models
from service.pipeline.alignment.confirmation import MOST_ASKED, NEAREST, SURE, confirmed
from service.pipeline.alignment.same_fact import SAME_FACT, SameFactReader
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, cluster

BRIDGE = "The council of Velm approved a new bridge over the river on Tuesday."
VOTE = "Councillors in Velm voted for the bridge over the river on Tuesday evening."
COST = "The bridge over the river in Velm will be paid for by the council."
YEARS = "The council of Velm had argued over the bridge for eleven years."
WEATHER = "Forecasters warned of heavy snow in the mountains."


class Asked:
    """Answers with the log-odds of the report, and keeps what it was asked."""

    def __init__(self, odds: dict[str, float | None]) -> None:
        self._odds = odds
        self.reports: list[str] = []

    def __call__(self, fact: str, report: str) -> float | None:
        assert fact == BRIDGE
        self.reports.append(report)
        return self._odds.get(report, -5.0)


class Likely(SameFactReader):
    """As likely as the report's text says."""

    def __init__(self, likely: Callable[[str], float]) -> None:
        super().__init__(Told(), MemoryComputationCache())
        self._likely = likely

    def probabilities(self, pairs):
        return [self._likely(pair.report) for pair in pairs]


def found(context: ClusterContext, ask: Asked, likely: Callable[[str], float]) -> list[str]:
    group = confirmed(FactGroup((0,), 0.0, 1.0), context, Likely(likely), ask)
    return [context.sentences[i].text for i in group.members[1:]]


@pytest.mark.parametrize(("odds", "is_one"), [(5.0, True), (-5.0, False), (None, False)])
def test_the_answer_decides_where_the_small_reader_is_unsure(
    models: Models, odds: float | None, is_one: bool
):
    ask = Asked({VOTE: odds})
    assert found(cluster(models, BRIDGE, VOTE), ask, lambda _: 0.5) == [VOTE] * is_one
    assert ask.reports == [VOTE]


def test_the_surer_the_small_reader_the_less_is_asked_of_the_other(models: Models):
    context = cluster(models, BRIDGE, VOTE)
    assert found(context, Asked({VOTE: 2.0}), lambda _: SAME_FACT - 0.01) == [VOTE]
    assert found(context, Asked({VOTE: 2.0}), lambda _: 0.2) == []


def test_nothing_is_asked_where_the_small_reader_is_sure(models: Models):
    ask = Asked({})
    context = cluster(models, BRIDGE, VOTE, COST)
    assert found(context, ask, lambda text: 0.9 if text == VOTE else 0.01) == [VOTE]
    assert ask.reports == []


def test_what_is_far_off_is_never_asked_about(models: Models):
    ask = Asked({WEATHER: 9.0})
    assert found(cluster(models, BRIDGE, WEATHER), ask, lambda _: 0.5) == []
    assert ask.reports == []


@pytest.mark.parametrize(
    ("likely", "odds", "kept", "asked"),
    [(SURE, -9.0, True, False), (SURE - 0.01, 2.0, True, True), (SURE - 0.01, -2.0, False, True)],
)
def test_a_report_that_the_small_reader_found_stays_if_both_are_sure_enough(
    models: Models, likely: float, odds: float, kept: bool, asked: bool
):
    ask = Asked({VOTE: odds})
    context = cluster(models, BRIDGE, f"{VOTE} {WEATHER}")
    made = confirmed(FactGroup((0, 1), 0.0, 1.0), context, Likely(lambda _: likely), ask)
    assert (1 in made.members) == kept
    assert (VOTE in ask.reports) == asked


def test_one_sentence_of_each_origin_the_likeliest(models: Models):
    ask = Asked({VOTE: 5.0, COST: 5.0, YEARS: 5.0})
    context = cluster(models, BRIDGE, f"{VOTE} {COST}", YEARS)
    likely = {VOTE: 0.4, COST: 0.5, YEARS: 0.3}
    assert found(context, ask, likely.__getitem__) == [COST, YEARS]
    assert ask.reports == [COST, YEARS]


def test_another_sentence_of_an_article_is_tried_if_its_likeliest_does_not_tell_it(models: Models):
    ask = Asked({VOTE: 5.0})
    context = cluster(models, BRIDGE, f"{VOTE} {COST}")
    assert found(context, ask, {VOTE: 0.4, COST: 0.5}.__getitem__) == [VOTE]
    assert ask.reports == [COST, VOTE]


def test_only_so_many_questions_are_asked_and_only_of_the_nearest(models: Models):
    ask = Asked({})
    others = [
        f"{VOTE} Officials said that the bridge over the river was wanted in Velm."
        for _ in range(5)
    ]
    found(cluster(models, BRIDGE, *others), ask, lambda _: 0.5)
    assert len(ask.reports) == MOST_ASKED

    context = cluster(models, BRIDGE, " ".join([VOTE] * (NEAREST + 2)))
    read: list[str] = []

    def likely(text: str) -> float:
        read.append(text)
        return 0.0

    found(context, ask, likely)
    assert len(read) == NEAREST


def test_a_report_that_disagrees_is_not_one(models: Models):
    fact = "The fire in the mill at Orlen killed nine people on Friday."
    other = "The fire in the mill at Orlen killed twelve people on Friday."
    context = cluster(models, fact, other)
    group = FactGroup((0,), 0.0, 1.0)
    assert confirmed(group, context, Likely(lambda _: 0.6), lambda *_: 9.0) == group


def test_the_rest_of_the_group_stays_as_it_is(models: Models):
    context = cluster(models, BRIDGE, VOTE)
    group = FactGroup((0,), 0.25, 3.0, None)
    made = confirmed(group, context, Likely(lambda _: 0.5), Asked({VOTE: 5.0}))
    assert (made.members, made.article_position, made.lead_score) == ((0, 1), 0.25, 3.0)
