"""The sentences that the checker reads of a longer evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.verification.evidence_window import evidence_window


@given(
    st.lists(st.text(max_size=40), min_size=1, max_size=8), st.text(max_size=40), st.integers(1, 30)
)
def test_a_window_is_in_order_within_its_limit_and_never_empty(
    texts: list[str], claim: str, limit: int
):
    found = evidence_window(texts, claim, limit)

    assert found == sorted(set(found))
    assert len(found) == 1 or sum(len(texts[k].split()) for k in found) <= limit


def test_a_window_holds_the_sentences_that_bear_on_the_claim():
    texts = ["Rain fell.", "Putin met the envoy.", "Bakers bake.", "The talks took five hours."]

    assert evidence_window(texts, "Putin and the envoy talked for five hours.", 9) == [1, 3]
