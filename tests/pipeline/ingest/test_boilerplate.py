"""Intake keeps offsets, masks the page and keeps the article."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.boilerplate import content_blocks, ingest, is_furniture, wire_credit
from service.pipeline.types import Article

ENGLISH = frozenset({"en"})

PAGE = """\
HARBOR LEDGER
No Result
View All Result

Ferry service resumes after storm

December 2, 2025
in News

Ferry service resumed on Tuesday after a two-day storm.

Editor's note: This story is being updated.

"We are sailing again," said Mara Lindqvist, the harbor master.

Jo Roe and Al Bly contributed to this report.

The post Ferry service resumes after storm appeared first on Harbor Ledger.

Five ways to cook cod this winter

Cod has never been cheaper, and cooks are glad of it.

Read more
"""


def kept(text: str) -> list[str]:
    return [text[start:end] for start, end in content_blocks(text)]


def test_only_the_articles_own_sentences_are_kept():
    assert kept(PAGE) == [
        "Ferry service resumed on Tuesday after a two-day storm.",
        '"We are sailing again," said Mara Lindqvist, the harbor master.',
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "The plan covers all of the harbor and its two piers.",
        "Published by Penguin in May, the book says that the harbor was sold twice in the same year.",
        "Correction officers said that nobody was hurt in the fire.",
        "Download speeds fell by a fifth after the cable was cut.",
        "Read the letter in full, she told the court, and then decide.",
        "Goldman Sachs covers the costs of the ferry.",
    ],
)
def test_prose_that_looks_like_furniture_is_kept(prose: str):
    assert kept(f"{prose}\nThe harbor is open.") == [prose, "The harbor is open."]


@pytest.mark.parametrize(
    "line",
    [
        "By Jo Roe",
        "Author: Sophia Brooks",
        "Share",
        "December 2, 2025",
        "  \u2022 3 min read",
        "Editor\u2019s note: This story is developing.",
        "Paul Sonne, Alina Lobzina and Cassandra Vinograd contributed reporting.",
        "Read more: The harbor in pictures.",
        "Sign up for our newsletter to get the harbor in your inbox.",
        "\u00a9 2025 Harbor Ledger. All rights reserved.",
    ],
)
def test_furniture_is_masked(line: str):
    assert is_furniture(line.strip())


def test_hard_wrapped_lines_are_one_block():
    text = (
        "Ferry service between the two islands resumed on Tuesday after a storm\n"
        "that had kept every boat in the harbor for two days, the operator said.\n"
    )

    assert kept(text) == [text.strip()]


@pytest.mark.parametrize(
    "dateline",
    [
        "KYIV, Ukraine (AP) \u2014 ",
        "SYDNEY/PERTH, Australia (Reuters) - ",
        "AUGUSTA, Ga. (WRDW/WAGT) \u2013 ",
        "NEW YORK (CBSNewYork) - ",
        "Summary: ",
        "UPDATE- ",
        "\u2014 ",
        "\u2022",
    ],
)
def test_a_dateline_is_not_part_of_the_first_sentence(dateline: str):
    assert kept(f"{dateline}Talks resumed on Monday.") == ["Talks resumed on Monday."]


def test_wire_credits_are_read_from_the_page_not_from_the_prose():
    filed = Article(id="a", text="KYIV (Reuters) \u2014 Talks resumed.")
    quoted = Article(id="b", text="He told Reuters that talks resumed.")

    assert (wire_credit(filed), wire_credit(quoted)) == ("reuters", None)


def test_sources_are_ordered_by_time_then_id_whatever_the_order_sent():
    early = Article(id="z", text="Talks resumed.", published_at=datetime(2025, 12, 1, tzinfo=UTC))
    naive = Article(id="b", text="Talks resumed.", published_at=datetime(2025, 12, 2))
    undated = Article(id="a", text="Talks resumed.")

    orders = [ingest(sent, ENGLISH) for sent in [(undated, naive, early), (early, undated, naive)]]

    assert [[source.article.id for source in order] for order in orders] == [["z", "b", "a"]] * 2


def test_an_article_in_another_language_is_not_read():
    german = "Die Gespr\u00e4che wurden am Montag in Moskau fortgesetzt, sagte der Sprecher des Pr\u00e4sidenten."

    (source,) = ingest((Article(id="a", text=german),), ENGLISH)

    assert (source.readable, source.language, source.blocks) == (False, "de", ())


@given(st.text(max_size=400), st.integers(0, 5))
def test_any_text_gives_ordered_spans_inside_it(text: str, copies: int):
    page = "\n".join([text] * copies)

    spans = content_blocks(page)

    assert all(0 <= start < end <= len(page) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
