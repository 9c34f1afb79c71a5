"""What is cited of what is there, and which of its words are marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.base import Models
from service.pipeline.attribution.citations import agrees, highlights, minimal_support
from service.pipeline.intermediate import Evidence
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


FIRE = "The fire on Friday killed nine people, Rusk said."
SAID = "\u201cThe fire was set by a child,\u201d Rusk said."


@pytest.mark.parametrize(
    ("claim", "report", "agreeing"),
    [
        (FIRE, "Rusk said that nine people had died in the fire on Friday.", True),
        (FIRE, "Rusk said that eight people had died in the fire on Friday.", False),
        (FIRE, "Rusk said that people had died in the fire on Friday.", False),
        (FIRE, "Rusk said that nine people had died in the fire on Monday.", False),
        (FIRE, "The fire on Friday did not kill nine people, Rusk said.", False),
        (SAID, "Rusk told us on Monday: \u201cThe fire was set by a child.\u201d", True),
        (SAID, "Rusk told us on Monday that a child had set the fire.", False),
    ],
)  # fmt: skip
def test_a_report_agrees_that_has_every_figure_date_and_quotation_and_denies_nothing(
    models: Models, claim: str, report: str, agreeing: bool
):
    assert agrees(clause(models, claim), Evidence(clause(models, report))) is agreeing
