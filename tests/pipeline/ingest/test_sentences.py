"""Where sentences end, and that none of their words is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.sentences import split


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
