"""Which other reports are cited beside those that a sentence rests on, and how much of it each tells."""

from __future__ import annotations

import pytest

from service.models.base import KINDS, Models
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.attribution.attributor import REPORTS_WHOLE, Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup
from service.pipeline.types import Options
from service.pipeline.verification.verifier import Verifier
from service.pipeline.writing.layout import lay_out
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always, cluster, says

CRASH = "The crash near Orlen killed nine people on Friday."
AGAIN = "Nine people were killed in a crash near Orlen on Friday, police said."
TOO = "On Friday nine people lost their lives near Orlen when two buses crashed."
OTHER_COUNT = "Police said that a crash near Orlen on Friday had killed seven people."
UNDATED = "Police said that a crash near Orlen had killed nine people."


def attributor(context: ClusterContext, models: Models, told: Told) -> Attributor:
    memo = MemoryComputationCache()
    return Attributor(context, Verifier(context, models, memo), SameFactReader(told, memo))


def corroboration(
    context: ClusterContext, models: Models, told: Told, *members: int
) -> list[tuple[int, str]]:
    """Of the first sentence of all, by these."""
    own = attributor(context, models, told)
    (candidate,) = own.verified_texts([context.sentences[0].text], [0])
    assert candidate.support == (0,)
    return list(own.corroboration(members, candidate))


@pytest.mark.parametrize(
    ("kind", "extent"), list(zip(KINDS, ("whole", "part", "part", "part"), strict=True))
)
def test_a_report_tells_the_whole_sentence_where_the_reader_says_so(
    models: Models, kind: str, extent: str
):
    context, told = cluster(models, CRASH, AGAIN), always(kind)

    assert corroboration(context, models, told, 0, 1) == [(1, extent)]
    assert told.asked == [(AGAIN, CRASH)]


@pytest.mark.parametrize(("more", "extent"), [(0.01, "whole"), (-0.01, "part")])
def test_a_reader_that_is_not_sure_leaves_it_at_a_part(models: Models, more: float, extent: str):
    told = always("supported", REPORTS_WHOLE + more)

    assert corroboration(cluster(models, CRASH, AGAIN), models, told, 1) == [(1, extent)]


@pytest.mark.parametrize(
    ("report", "extent"),
    [(AGAIN, "whole"), (TOO, "whole"), (OTHER_COUNT, "part"), (UNDATED, "part")],
)
def test_a_report_without_every_figure_and_date_tells_a_part_whatever_the_reader_says(
    models: Models, report: str, extent: str
):
    context = cluster(models, CRASH, report)

    assert corroboration(context, models, always("supported"), 1) == [(1, extent)]


def test_each_further_origin_is_cited_once_a_report_of_the_whole_before_one_of_a_part(
    models: Models,
):
    context = cluster(models, CRASH, UNDATED, AGAIN, OTHER_COUNT, TOO, origin=[0, 1, 1, 2, 0])
    told = always("supported")

    found = corroboration(context, models, told, 0, 3, 1, 2, 4)

    assert found == [(2, "whole"), (3, "part")]
    assert TOO not in {report for report, _ in told.asked}, "its origin bears the sentence"


def test_only_reports_of_the_whole_sentence_count_as_its_origins(models: Models):
    context = cluster(models, CRASH, UNDATED, AGAIN)
    own = attributor(context, models, always("supported"))
    group = FactGroup((0, 1, 2), 0.0, 1.0)
    (candidate,) = own.verified_texts([CRASH], [0])

    cited = own.planned(group, candidate, 0, "abstractive")
    fewer = lay_out(cited, [], Options(max_citations=2))

    assert [(c.article_id, c.role, c.extent) for c in cited.citations] == [
        ("a0", "supports", "whole"),
        ("a2", "corroborates", "whole"),
        ("a1", "corroborates", "part"),
    ]
    assert fewer.citations == cited.citations[:2]
    assert cited.origins == fewer.origins == 2


def test_a_report_is_read_against_a_sentence_once(models: Models):
    context, told = cluster(models, CRASH, AGAIN), Told(lambda report, fact: says("part"))
    own = attributor(context, models, told)
    (candidate,) = own.verified_texts([CRASH], [0])

    once, again = (own.corroboration([1], candidate) for _ in range(2))

    assert once == again == [(1, "part")]
    assert told.asked == [(AGAIN, CRASH)]
