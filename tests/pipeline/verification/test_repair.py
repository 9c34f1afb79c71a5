"""A repair is the smallest edit in words of the source; what stands already needs none."""

from __future__ import annotations

import doctest

import pytest

from service.pipeline.verification import repair as module
from service.pipeline.verification.repair import repairs


@pytest.mark.parametrize(
    ("claim", "source", "first"),
    [
        ("The jury in Delmar acquitted Tom Ridley of fraud.",
         "The jury in Delmar convicted Tom Ridley of fraud.",
         "The jury in Delmar convicted Tom Ridley of fraud."),
        ("Veltro paid 40 million dollars for the plant.",
         "Veltro paid 40 million euros for the plant.",
         "Veltro paid 40 million euros for the plant."),
        ("The storm hit Orlen on Tuesday.", "The storm hit Orlen on Monday.", "The storm hit Orlen on Monday."),
        ("Seven people died in the fire.", "At least seven people died in the fire.",
         "At least seven people died in the fire."),
        ("The mayor stole the money.", "The mayor allegedly stole the money.", "The mayor allegedly stole the money."),
        ("The bridge in Arden will open on Friday after a dispute.", "The bridge in Arden will open on Friday.",
         "The bridge in Arden will open on Friday."),
        ("The council approved the plan.", "The council did not approve the plan.",
         "The council did not approve the plan."),
        ("Inflation rose to 15 percent in March.", "Inflation rose to 1,5 percent in March.",
         "Inflation rose to 1,5 percent in March."),
    ],
)  # fmt: skip
def test_the_smallest_edit_comes_first(claim: str, source: str, first: str) -> None:
    assert repairs(claim, [source])[0] == first


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The mayor resigned.", "A storm closed the port of Orlen on Monday."),
        ("The storm hit Orlen on Monday.", "The storm hit Orlen on Monday."),
        ("The storm hit Orlen on Monday.", "The storm hit Orlen on Monday"),
    ],
)
def test_another_sentence_or_the_same_is_no_repair(claim: str, source: str) -> None:
    assert repairs(claim, [source]) == []


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0
