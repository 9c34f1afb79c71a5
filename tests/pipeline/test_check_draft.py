"""A draft's sentences: how many reports each is said to have."""

from __future__ import annotations

import msgspec
import pytest

from service.models.base import Models
from service.pipeline.check_draft import check_draft
from service.pipeline.types import (
    Article,
    DraftRequest,
    DraftSentence,
    DraftSplit,
    Event,
    Progress,
    VerdictReady,
)
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always
from tests.pipeline.verification.test_support import FakeChooser

DRAFT = "The crash near Orlen killed nine people on Friday."
FALSE = "The crash near Orlen killed Angela Vos on Friday."
AGAIN = "Nine people were killed in a crash near Orlen on Friday, police said."
OTHER_COUNT = "Police said that a crash near Orlen on Friday had killed seven people."


def checked(models: Models, told: Told, text: str, *reports: str) -> DraftSentence:
    """A draft of one sentence, against the draft's own words and other reports."""
    articles = tuple(Article(id=f"a{k}", text=each) for k, each in enumerate((DRAFT, *reports)))
    request = DraftRequest(articles=articles, text=text)
    reading = msgspec.structs.replace(models, reader=told)
    (sentence,) = check_draft(request, reading, MemoryComputationCache(), lambda _: None).sentences
    return sentence


@pytest.mark.parametrize(
    ("kind", "report", "origins"),
    [
        ("supported", AGAIN, 2),
        ("part", AGAIN, 1),
        ("not said", AGAIN, 1),
        ("supported", OTHER_COUNT, 1),
    ],
)
def test_an_origin_counts_that_reports_the_whole_sentence_with_its_figures(
    models: Models, kind: str, report: str, origins: int
):
    sentence = checked(models, always(kind), DRAFT, report)

    assert sentence.status == "supported"
    assert sentence.origins == origins
    assert [(c.article_id, c.role) for c in sentence.citations] == [
        ("a0", "supports"),
        ("a1", "corroborates"),
    ][:origins]


def test_nobody_corroborates_what_is_not_supported(models: Models):
    told = always("supported")

    sentence = checked(models, told, FALSE, AGAIN)

    assert sentence.status == "unsupported"
    assert (sentence.origins, sentence.citations, told.asked) == (0, (), [])


def test_each_verdict_is_told_as_it_is_made_and_is_final(models: Models):
    draft = f"\u00ab Orlen \u00bb\n\n{DRAFT} {FALSE}"
    request = DraftRequest(articles=(Article(id="a0", text=DRAFT),), text=draft)
    told: list[Event] = []

    report = check_draft(request, models, MemoryComputationCache(), told.append)

    (split,) = [each for each in told if isinstance(each, DraftSplit)]
    verdicts = [each.sentence for each in told if isinstance(each, VerdictReady)]
    assert tuple(verdicts) == report.sentences
    assert [(each.start, each.end) for each in verdicts] == [
        (each.start, each.end) for each in split.sentences
    ]
    assert told.index(split) < told.index(VerdictReady(verdicts[0]))
    assert isinstance(told[-2], Progress)


ARRESTED = "Captain Jon Reil was arrested in Orlen on Friday."
NOT_ARRESTED = "Captain Jon Reil has not been arrested in Orlen, police said on Friday."


def denied(evidence: str, claim: str) -> str:
    return "no" if "not been arrested" in evidence and "not" not in claim else "yes"


def read_as_claims(models: Models, text: str, *reports: str) -> DraftSentence:
    articles = tuple(Article(id=f"a{k}", text=each) for k, each in enumerate(reports))
    reading = msgspec.structs.replace(models, reader=Told(), support=FakeChooser(denied))
    made = check_draft(
        DraftRequest(articles=articles, text=text),
        reading,
        MemoryComputationCache(),
        lambda _: None,
    )
    return made.sentences[0]


def test_what_one_article_says_and_another_denies_is_disputed(models: Models):
    sentence = read_as_claims(models, ARRESTED, ARRESTED, NOT_ARRESTED)

    assert sentence.status == "conflicted"
    assert sentence.problems == ("Another article says otherwise.",)
    assert (sentence.citations[0].article_id, sentence.citations[0].role) == ("a0", "supports")
    assert [(c.article_id, c.role) for c in sentence.nearest] == [("a1", "contradicts")]


def test_no_repair_is_offered_that_another_article_denies(models: Models):
    wrong = ARRESTED.replace("Friday", "Sunday")

    offered = read_as_claims(models, wrong, ARRESTED, "The ferry sank off Orlen.").repair
    refused = read_as_claims(models, wrong, ARRESTED, NOT_ARRESTED).repair

    assert offered == ARRESTED
    assert refused != ARRESTED
