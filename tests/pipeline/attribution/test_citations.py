"""What is cited of what is there, and which of its words are marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.models.base import Models
from service.pipeline.attribution.citations import highlights, minimal_support
from tests.pipeline.tiny import clause


@given(st.sets(st.integers(0, 5), min_size=1), st.permutations(range(6)))
def test_minimal_keeps_exactly_what_is_needed(needed_: set[int], order: list[int]):
    found = minimal_support(order, [0.5] * 6, lambda own: needed_ <= set(own))

    assert set(found) == needed_


def test_the_part_of_a_long_sentence_that_bears_the_claim_is_marked(models: Models):
    source = (
        "As rain fell over the city and traders packed up their stalls for the night, Putin met the"
        " envoy in the Kremlin, which had been closed to tourists since the early morning."
    )

    parts = highlights(
        clause(models, "Putin met the envoy in the Kremlin."), clause(models, source)
    )

    assert [source[start:end] for start, end in parts] == ["Putin met the envoy in the Kremlin"]


def test_a_short_sentence_bears_as_a_whole(models: Models):
    source = "Putin met the envoy in the Kremlin on Tuesday."

    assert highlights(clause(models, "Putin met the envoy."), clause(models, source)) == []
