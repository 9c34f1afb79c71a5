"""Which sentences report a planned fact, and which facts are told once and first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from service.models.base import Models
from service.pipeline.alignment.fact_table import REPEATED, align
from service.pipeline.alignment.same_fact import SAME_FACT, Pair, SameFactReader
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always, cluster

BRIDGE = "The council of Velm approved a new bridge over the river on Tuesday."
BRIDGE_AGAIN = (
    "On Tuesday the council of Velm approved the new bridge over the river, officials said."
)
BRIDGE_TOO = "Officials said that the new bridge over the river was approved by the council of Velm on Tuesday."
FERRY = "The old ferry has carried farmers to the market since the war."
WEATHER = "Forecasters warned of heavy snow in the mountains."
CRASH = "The crash near Orlen killed nine people on Friday."
ROOF = "\u201cThe roof came down in a minute,\u201d said Anton Rusk."
ARREST = "Radek Olwen, the former minister, was arrested in Sunterra on Wednesday."


def planned(*facts: int, follows: dict[int, int] | None = None) -> list[FactGroup]:
    behind = follows or {}
    return [FactGroup((fact,), 0.0, 1.0, behind.get(fact)) for fact in facts]


def aligned(
    context: ClusterContext, groups: Sequence[FactGroup], told: Told | None = None
) -> list[tuple[int, ...]]:
    return [group.members for group in made(context, groups, told)]


def made(
    context: ClusterContext, groups: Sequence[FactGroup], told: Told | None = None
) -> tuple[FactGroup, ...]:
    return align(groups, context, SameFactReader(told or Told(), MemoryComputationCache()))


def test_a_fact_has_the_sentences_of_other_articles_that_report_it(models: Models):
    context = cluster(models, f"{BRIDGE} {FERRY}", f"{WEATHER} {BRIDGE_AGAIN}", BRIDGE_TOO)

    (bridge, ferry) = aligned(context, planned(0, 1))

    assert bridge[0] == 0
    assert sorted(bridge) == [0, 3, 4]
    assert ferry == (1,)


@pytest.mark.parametrize(
    ("kind", "members"),
    [("supported", (0, 1)), ("part", (0, 1)), ("contradicted", (0,)), ("not said", (0,))],
)
def test_what_the_reader_says_of_a_near_sentence_decides(
    models: Models, kind: str, members: tuple[int, ...]
):
    assert aligned(cluster(models, BRIDGE, BRIDGE_AGAIN), planned(0), always(kind)) == [members]


class Decided(SameFactReader):
    """What is told is decided by the texts of the fact and the report alone."""

    def __init__(self, decides: Callable[[str, str], float]) -> None:
        super().__init__(Told(), MemoryComputationCache())
        self._decides = decides

    def probabilities(self, pairs: Sequence[Pair]) -> list[float]:
        return [self._decides(pair.fact, pair.report) for pair in pairs]


@pytest.mark.parametrize("best", [BRIDGE_AGAIN, BRIDGE_TOO])
def test_the_surest_report_stands_first_behind_the_representative(models: Models, best: str):
    context = cluster(models, BRIDGE, BRIDGE_AGAIN, BRIDGE_TOO)
    decided = Decided(lambda fact, report: 1.0 if report == best else SAME_FACT)

    (group,) = align(planned(0), context, decided)

    assert [context.sentences[i].text for i in group.members[:2]] == [BRIDGE, best]
    assert sorted(group.members) == [0, 1, 2]


def test_the_nearest_sentence_of_each_other_article_is_read_and_each_near_planned_fact(
    models: Models,
):
    context = cluster(models, f"{BRIDGE} {FERRY}", f"{BRIDGE_TOO} {BRIDGE_AGAIN}")
    texts = [each.text for each in context.sentences]
    near, less_near = sorted((2, 3), key=lambda i: -float(context.vectors[i] @ context.vectors[0]))

    found = {}
    for facts in ((0,), (0, less_near)):
        told = always("not said")
        aligned(context, planned(*facts), told)
        found[facts] = [report for report, fact in told.asked if fact == BRIDGE]

    assert found == {
        (0,): [texts[near]],
        (0, less_near): [texts[near], texts[less_near]],
    }


def test_no_pair_is_read_twice(models: Models):
    told = Told()

    aligned(cluster(models, BRIDGE, BRIDGE_AGAIN, BRIDGE_TOO), planned(0, 1, 2), told)

    assert len(told.asked) == len(set(told.asked)) == 6


def test_a_fact_that_is_planned_again_is_told_once(models: Models):
    context = cluster(models, f"{BRIDGE} {FERRY}", BRIDGE_AGAIN)

    assert aligned(context, planned(0, 2, 1)) == [(0, 2), (1,)]
    assert aligned(context, planned(2, 0, 1)) == [(2, 0), (1,)]


def test_a_fact_that_its_own_article_repeats_is_told_once(models: Models):
    context = cluster(models, f"{BRIDGE} {BRIDGE_AGAIN}")

    assert aligned(context, planned(0, 1)) == [(0, 1)]


def test_a_fact_that_an_earlier_one_tells_beside_more_is_not_told_again(models: Models):
    more = f"{BRIDGE.removesuffix('.')}, after farmers had blocked the market for a week."
    context = cluster(models, more, BRIDGE)
    decided = Decided(lambda fact, report: float(report == more))

    told = [
        [group.members for group in align(planned(*order), context, decided)]
        for order in ((0, 1), (1, 0))
    ]

    assert told == [[(0,)], [(1, 0)]]


@pytest.mark.parametrize(
    ("probability", "members", "is_told_again"),
    [
        (SAME_FACT, (0, 1), False),
        (float(np.nextafter(SAME_FACT, 0)), (0,), False),
        (REPEATED, (0,), False),
        (float(np.nextafter(REPEATED, 0)), (0,), True),
    ],
)
def test_what_is_too_uncertain_to_be_cited_may_be_too_likely_to_be_told_beside_the_fact(
    models: Models, probability: float, members: tuple[int, ...], is_told_again: bool
):
    context = cluster(models, BRIDGE, BRIDGE_AGAIN)
    decided = Decided(lambda fact, report: probability if report == BRIDGE_AGAIN else 0.0)

    told = [
        [group.members for group in align(planned(*order), context, decided)]
        for order in ((0, 1), (1, 0))
    ]

    assert told == [[members, (1,)][: 1 + is_told_again], [(1,), (0,)][: 1 + is_told_again]]


@pytest.mark.parametrize(
    ("fact", "report", "is_one"),
    [
        (CRASH, "A crash near Orlen on Friday killed nine people, police said.", True),
        (CRASH, "A crash near Orlen on Friday killed seven people, police said.", False),
        (ROOF, "\u201cThe roof came down in a minute,\u201d Anton Rusk told reporters.", True),
        (ROOF, "\u201cThe roof came down in a minute,\u201d Christa Nohl told reporters.", False),
        (ARREST, "Olwen was arrested in Sunterra, his lawyer said.", True),
        (ARREST, "Olwen was not arrested in Sunterra, his lawyer said.", False),
    ],
)  # fmt: skip
def test_what_cannot_be_true_beside_a_fact_is_no_report_of_it_whatever_the_reader_says(
    models: Models, fact: str, report: str, is_one: bool
):
    told = always("supported")

    found = aligned(cluster(models, fact, report), planned(0), told)

    assert told.asked == [(report, fact), (fact, report)]
    assert found == [(0, 1) if is_one else (0,)]


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

    (group,) = made(context, planned(0))

    assert group.members == (0, 4)
    assert group.article_position == 0.5
