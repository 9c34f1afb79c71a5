"""Where sentences end, and that none of their words is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.reading_view import reading_view
from service.pipeline.ingest.sentences import Balance, split, split_sentences
from service.pipeline.linguistics.parse import balanced
from service.pipeline.types import Article


@pytest.mark.parametrize(
    "text",
    [
        "Gen. Mark A. Milley met Mr. Smith in the U.S. on Monday.| Talks go on.",
        "It cost $3.5 million, the company said.| It was closed.",
        "\u201cIs it hard?\u201d she said.| Talks go on.",
        "Vladimir V. Putin spoke at 5 p.m. in Moscow.| He left.",
        "Was it over?| Not yet!| They met again.",
        "He flew to the U.S.| The deal was signed in Aunby, D.C.| Prices fell in the U.K.| They had been high.",
        "The envoy moved to the U.S.| Officials said that she would stay.",
        "The firm was sold to Holm Inc.| Shares rose by a fifth.| Holm Co. said so.| Brandt Corp.| It left.",
        "They met at 5 p.m.| The ministers left at 9 a.m.| Ada Holm stayed.",
        "The ferry leaves at 7 a.m. Tuesday and at 5 p.m. EST on Friday.| It is slow.",
        "At 5 p.m. Holm left the hall.| Nobody followed.",
        "Is the field open?| No.| The minister ruled that out.| It is named after J. R. Brandt.",
        "The No. 5 seed beat the No. One player of Skel.| It lost to Nos. 7 and 8.",
        "They met U.S. President Holm, the U.S. Senate and the Washington D.C. Mayor.| She left.",
        "The U.S. Marines and the U.S. Olympic team landed in St. Louis on Jan. 5.| It snowed.",
        "Ole Brandt Jr. was there with Jan Holm Sr.| Their sons stayed at home.",
        "Gov. Holm, Sen. J. B. Roe and Gen. Mark A. Bly met Dr. Dahl.| They talked.",
        "See Fig. 3, e.g. Mr. Roe vs. Ms. Bly.| It ends there.",
        "They sell nails, screws, etc.| Skel has one shop.| She has a Ph.D.| Her book sells well.",
        "The plant in Macon, Ga., shut.| Its owner is in Albany, N.Y.| He sold it in May.",
        "Holm was born there (b. March 1950).| He left for Marsk in 1970.| J.R. Brandt followed.",
        "They chose plan B.| The mayor signed it.| It is on Main St.| The house is old.",
        "\u201cWe leave the U.S.\u201d| The crowd cheered.| \u201cWe go to the U.S.| We stay,\u201d said Holm.",
        "U.S. And Skel Resume Talks In The U.S. And Marsk After Long Break",
        "Holm Inc. Chief Executive Jan Roe met U.N. Secretary General Ada Bly.",
        "They married. [2] [3]| Holm left in 1970. [4]| Nobody followed.",
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str):
    whole = text.replace("|", "")

    assert [whole[slice(*span)] for span in split(whole)] == [p.strip() for p in text.split("|")]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_sentence_spans_are_in_order_and_lose_no_word(text: str):
    spans = split(text)

    covered = "".join(text[start:end] for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert sum(map(str.isalnum, covered)) == sum(map(str.isalnum, text))


def source(text: str) -> Source:
    return Source(
        Article(id="a", text=text), reading_view(text), None, ((0, len(text)),), True, "en", None
    )


def test_a_piece_too_long_to_be_parsed_is_no_sentence():
    text = f"Talks resumed in Oslo. Then {'abc, ' * 300}ended. Rain fell on Monday."

    found = [each.text for each in split_sentences((source(text),))]

    assert found == ["Talks resumed in Oslo.", "Rain fell on Monday."]


@given(st.text(alphabet='a\u201c\u201d"()[] ', max_size=40))
def test_what_a_block_closes_from_any_offset_on_is_what_its_rest_closes(block: str):
    balance = Balance(block)

    assert all(balance.holds_from(k) == balanced(block[k:]) for k in range(len(block) + 1))
