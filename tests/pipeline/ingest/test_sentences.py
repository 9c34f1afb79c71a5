"""Where sentences end, and that none of their words is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.boilerplate import Source
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
    return Source(Article(id="a", text=text), None, ((0, len(text)),), True, "en", None)


def test_a_piece_too_long_to_be_parsed_is_no_sentence():
    text = f"Talks resumed in Oslo. Then {'abc, ' * 300}ended. Rain fell on Monday."

    found = [each.text for each in split_sentences((source(text),))]

    assert found == ["Talks resumed in Oslo.", "Rain fell on Monday."]


@given(st.text(alphabet='a\u201c\u201d"()[] ', max_size=40))
def test_what_a_block_closes_from_any_offset_on_is_what_its_rest_closes(block: str):
    balance = Balance(block)

    assert all(balance.holds_from(k) == balanced(block[k:]) for k in range(len(block) + 1))
