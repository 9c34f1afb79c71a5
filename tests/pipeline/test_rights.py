"""What articles say of their use: told, counted, and of no weight where nothing is said."""

from __future__ import annotations

import msgspec
import pytest

from service.pipeline.assembly.response import coverage
from service.pipeline.content_id import digest
from service.pipeline.rights import LONGEST_RIGHTS, joined, reserved
from service.pipeline.types import Article, ArticleReport, Request
from service.schemas.wire import ArticleIn, BriefRequest


@pytest.mark.parametrize(
    "rights",
    ["tdm-reservation: 1", "tdm-reservation: 1; tdm-policy: https://a.example/tdm", "robots: noai, noimageai",
     "robots: noml", "data mining: http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING",
     "All rights reserved, including those for text and data mining.", "Not to be used for AI training.",
     "The publisher has opted out of text and data-mining.", "No text and data mining.",
     "Machine learning on this content is forbidden."],
)  # fmt: skip
def test_a_reservation_of_text_and_data_mining_is_known(rights: str):
    assert reserved(rights)


@pytest.mark.parametrize(
    "rights",
    [None, "", "tdm-reservation: 0", "robots: noimageai", "data mining: DMI-ALLOWED", "All rights reserved.",
     "Not for use in Sweden. Data mining is welcome.", "© 2026 Noah Mlinar", "Free for AI and people alike."],
)  # fmt: skip
def test_other_terms_are_no_reservation(rights: str | None):
    assert not reserved(rights)


def test_statements_are_one_line_each_once_and_cut_at_a_word():
    assert joined(["a: 1; b", None, " ", "b", "c\n d"]) == "a: 1; b; c d"
    assert joined([]) is None
    assert len(joined(["word " * 500]) or "") <= LONGEST_RIGHTS


def report(name: str, rights: str | None, used: bool = True) -> ArticleReport:
    return ArticleReport(
        id=name, text_sha256="", origin=name, duplicate_of=None, used=used, language="en",
        warnings=(), rights=rights,
    )  # fmt: skip


def test_coverage_counts_the_used_articles_that_reserve_it():
    reports = (
        report("a", "robots: noai"),
        report("b", None),
        report("c", "robots: noai", used=False),
    )

    assert coverage(reports, (), (), (), 0).reserved == 1


def test_rights_that_are_not_said_leave_the_content_addresses_as_they_are():
    plain, said = (Article(id="a", text="T", rights=each) for each in (None, "robots: noai"))
    sent = BriefRequest(articles=[ArticleIn(id="a", text="T")])

    assert b"rights" not in msgspec.json.encode(sent) + msgspec.json.encode(plain)
    assert digest("", Request(articles=(plain,)), "f") != digest("", Request(articles=(said,)), "f")


def test_a_report_that_was_stored_before_has_no_rights():
    old = {name: getattr(report("a", None), name) for name in ArticleReport.__struct_fields__}
    del old["rights"]

    assert msgspec.convert(old, ArticleReport).rights is None
