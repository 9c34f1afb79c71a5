"""One report told twice is one origin; two reports of one event are two."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.syndication import MIN_ALIGNED_SENTENCES, containment, in_order


def basis(*rows: int) -> np.ndarray:
    return np.eye(12, dtype=np.float32)[list(rows)]


def test_sentences_that_align_in_order_are_a_rewrite():
    assert in_order(basis(0, 1, 2, 3, 4, 5), basis(9, 0, 1, 2, 3, 4, 5, 10)) == 1.0


def test_the_same_facts_in_another_order_are_not():
    assert in_order(basis(0, 1, 2, 3, 4, 5), basis(5, 4, 3, 2, 1, 0)) == 0.0


def test_too_few_aligned_sentences_are_no_evidence():
    few = MIN_ALIGNED_SENTENCES - 1

    assert in_order(basis(*range(few)), basis(*range(few))) == 0.0


@given(st.lists(st.integers(0, 11), max_size=12), st.lists(st.integers(0, 11), max_size=12))
def test_alignment_is_a_share_and_does_not_depend_on_which_is_longer(a: list[int], b: list[int]):
    share = in_order(basis(*a), basis(*b))

    assert 0.0 <= share <= 1.0


def test_containment_is_of_the_smaller_in_the_larger():
    assert containment(frozenset("ab"), frozenset("abcdefgh")) == 1.0
    assert containment(frozenset(), frozenset("ab")) == 0.0
