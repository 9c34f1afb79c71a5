"""Who reports what: the cells of a row, facts that a brief left out, and one article against the others."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from service.errors import NothingToBrief
from service.models.base import Models
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.attribution.agreement import cells, left_out, of_sentence
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.compare_article import compare_article
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence
from service.pipeline.run import run
from service.pipeline.types import (
    AgreementRow,
    Article,
    Citation,
    Comparison,
    ComparisonRequest,
    Extent,
    Options,
    Request,
    Role,
)
from service.pipeline.verification.verifier import Verifier
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter, Told, cluster, says
from tests.pipeline.verification.test_support import FakeChooser

CRASH = "The crash near Orlen killed nine people on Friday."
AGAIN = "Nine people were killed in a crash near Orlen on Friday, police said."
SEVEN = "The crash near Orlen killed seven people on Friday."
SCHOOLS = "Schools in Orlen stay closed until Monday, the mayor said."
CLOSED = "The mayor of Orlen said schools stay closed until Monday."
FERRY = "A new ferry will sail to Brena from next summer."


def cited(article: str, role: Role = "supports", extent: Extent = "whole") -> Citation:
    return Citation(
        article_id=article, start=0, end=5, quote="Words", role=role, score=1.0, extent=extent
    )


def stances(context: ClusterContext, *citations: Citation) -> dict[str, str]:
    return {each.origin: each.stance for each in cells(citations, context)}


def test_an_origin_reports_what_it_supports_alone_or_tells_whole_and_else_a_part(models: Models):
    context = cluster(models, CRASH, AGAIN, SCHOOLS)
    part, more = cited("a0", extent="part"), cited("a1", "corroborates", "part")

    assert stances(context, part, part, more) == {"a0": "reports", "a1": "part"}
    assert stances(context, part, cited("a1", extent="part")) == {"a0": "part", "a1": "part"}
    assert stances(context, cited("a0"), cited("a2", "corroborates")) == {
        "a0": "reports", "a2": "reports",
    }  # fmt: skip


def test_reprints_are_one_cell_and_who_reports_does_not_dispute(models: Models):
    context = cluster(models, CRASH, CRASH, SEVEN, origin=[0, 0, 2])
    against = [cited("a2", "contradicts"), cited("a1", "contradicts")]

    found = cells([cited("a0"), cited("a1", "corroborates")], context, against, "figure")

    assert [(each.origin, each.stance, each.dispute) for each in found] == [
        ("a0", "reports", None), ("a2", "disputes", "figure"),
    ]  # fmt: skip
    assert len(found[0].citations) == 2


def attributor(context: ClusterContext, models: Models, told: Told) -> Attributor:
    memo = MemoryComputationCache()
    return Attributor(context, Verifier(context, models, memo), SameFactReader(told, memo))


def planned(context: ClusterContext, models: Models, index: int) -> PlannedSentence:
    own = attributor(context, models, Told())
    (candidate,) = own.verified_texts([context.sentences[index].text], [index])
    return own.planned(FactGroup((index,), 0.0, 1.0), candidate, 0, "extractive")


def rows(context: ClusterContext, models: Models, *printed: int) -> list[AgreementRow]:
    told = Told()
    return left_out(
        np.ones(len(context.sentences), np.float32),
        [planned(context, models, i) for i in printed],
        context,
        attributor(context, models, told),
        SameFactReader(told, MemoryComputationCache()),
    )


def test_a_fact_of_two_origins_that_no_sentence_tells_has_a_row(models: Models):
    context = cluster(models, f"{CRASH} {SCHOOLS}", f"{AGAIN} {CLOSED}", FERRY)

    (row,) = rows(context, models, 0)

    assert (row.sentence, row.text in {SCHOOLS, CLOSED}) == (None, True)
    assert {each.origin for each in row.cells} == {"a0", "a1"}


def test_what_one_origin_alone_or_a_printed_sentence_tells_is_not_left_out(models: Models):
    context = cluster(models, f"{CRASH} {SCHOOLS}", f"{AGAIN} {CLOSED}", FERRY)

    assert rows(context, models, 0, 1) == []
    assert rows(cluster(models, CRASH, SCHOOLS, FERRY), models, 0) == []


def test_a_row_has_every_origin_though_fewer_are_cited(models: Models):
    context = cluster(models, CRASH, AGAIN, AGAIN.replace("police", "rescuers"))
    own = attributor(context, models, Told())
    (candidate,) = own.verified_texts([CRASH], [0])
    made = own.planned(FactGroup((0, 1, 2), 0.0, 1.0), candidate, 0, "extractive")

    row = of_sentence("s1", made, context)

    assert [each.origin for each in row.cells] == ["a0", "a1", "a2"]


def briefed(models: Models, *texts: str) -> list[AgreementRow]:
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    asked = Request(articles=articles, options=Options(mode="extractive", max_citations=1))
    return list(run(asked, models, MemoryComputationCache(), lambda p: None).agreement)


def test_who_gives_another_figure_disputes_and_so_does_who_sides_with_it(models: Models):
    found = briefed(
        models,
        f"{CRASH} Two buses had collided at a crossing. Rescue workers came from Brena.",
        f"{SEVEN} Both drivers are in hospital in Brena.",
        "Seven people were killed in the crash near Orlen on Friday, doctors said. Fog lay on the road.",
    )

    first = next(row for row in found if "nine" in row.text or "seven" in row.text)
    stances = {each.origin: each.stance for each in first.cells}
    assert sorted(stances.values()) in (
        ["disputes", "disputes", "reports"], ["disputes", "reports", "reports"]
    )  # fmt: skip
    assert {each.dispute for each in first.cells if each.stance == "disputes"} == {"figure"}


def compared(models: Models, article: str, *texts: str) -> Comparison:
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    asked = ComparisonRequest(brief="b", articles=articles, article=article)
    told = msgspec.structs.replace(models, reader=Told())
    return compare_article(asked, told, MemoryComputationCache(), lambda p: None)


def test_each_sentence_of_an_article_is_corroborated_disputed_or_only_there(models: Models):
    own = f"{CRASH} {SCHOOLS} {FERRY}"
    found = compared(models, "a0", own, f"{SEVEN} {CLOSED}")

    assert [each.mark for each in found.sentences] == ["disputed", "corroborated", "only-here"]
    assert [own[each.start : each.end] for each in found.sentences] == [CRASH, SCHOOLS, FERRY]
    disputing, corroborating, only = (each.cells for each in found.sentences)
    assert (disputing[0].stance, disputing[0].citations[0].quote) == ("disputes", SEVEN)
    assert (corroborating[0].origin, only) == ("a1", ())


def test_where_the_small_reader_is_unsure_the_writer_s_model_is_asked(models: Models):
    texts = (f"{CRASH} {SCHOOLS} {FERRY}", f"{CLOSED} A choir from Brena sang in the harbour.")
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    asked = ComparisonRequest(brief="b", articles=articles, article="a0")

    def marks(same: float) -> list[str]:
        unsure = Told(lambda report, fact: says("not said", 0.75))
        told = msgspec.structs.replace(
            models, reader=unsure, writer=FakeWriter(lambda prompt: None, same=same)
        )
        found = compare_article(asked, told, MemoryComputationCache(), lambda p: None)
        return [each.mark for each in found.sentences]

    assert marks(6.0)[1] == "corroborated"
    assert marks(-6.0)[1] == "only-here"


def test_an_article_is_not_corroborated_by_its_reprint(models: Models):
    text = f"{CRASH} {SCHOOLS} {FERRY} Two buses had collided at a crossing near the old mill."
    found = compared(models, "a0", text, text, "Ships sail from Orlen to Brena every week.")

    assert {each.mark for each in found.sentences} == {"only-here"}


def test_an_article_without_a_sentence_cannot_be_compared(models: Models):
    with pytest.raises(NothingToBrief, match="'a1'"):
        compared(models, "a1", CRASH, "Menu")


PASSED = "The ferry Brena passed its last inspection in March, Orlen Lines said."
FAILED = "The ferry Brena failed its last inspection in March, papers of the port show."


@pytest.mark.parametrize("both", [True, False])
def test_a_report_that_the_writer_s_model_reads_as_the_opposite_corroborates_nothing(
    models: Models, both: bool
):
    def answer(evidence: str, claim: str) -> str:
        says_otherwise = ("passed" in evidence) != ("passed" in claim)
        return "no" if says_otherwise and (both or "passed" in claim) else "yes"

    articles = (
        Article(id="a0", text=f"{PASSED} The crew is safe in the port of Orlen."),
        Article(id="a1", text=f"{FAILED} Two divers from Tessel search the wreck."),
    )
    told = msgspec.structs.replace(
        models,
        reader=Told(lambda report, fact: says("supported" if {report, fact} == {PASSED, FAILED} else "not said")),
        writer=FakeWriter(lambda prompt: None),
        support=FakeChooser(answer),
    )  # fmt: skip

    made = run(Request(articles=articles), told, MemoryComputationCache(), lambda p: None)

    ((stances, status),) = [
        ({cell.origin: cell.stance for cell in row.cells}, each.status)
        for row, each in zip(made.agreement, made.sentences, strict=False)
        if "inspection" in row.text
    ]
    assert "part" not in stances.values()
    assert list(stances.values()).count("reports") == 1
    assert ("disputes" in stances.values()) == (status == "conflicted") == both
    assert [each.type for each in made.conflicts] == ["status"] * both
