"""Which sentences can be told in one, or anew, and what they must not become there."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.writing.evidence import LONG, MOST_WORDS, can_be_joined, can_be_rewritten
from service.pipeline.writing.sentence_form import repeats_a_figure
from tests.pipeline.tiny import cluster

BRIDGE = "The council of Velm approved a new bridge over the river on Tuesday."
VOTE = "Councillors in Velm voted for the bridge over the river on Tuesday evening."
SAID = '"The bridge over the river in Velm was approved by the council on Tuesday," he said.'
WEATHER = "Forecasters warned of heavy snow in the mountains."


@pytest.mark.parametrize(
    ("other", "can"),
    [
        (VOTE, True),
        (WEATHER, False),
        (SAID, False),
        (VOTE.replace("Tuesday evening", "Tuesday " + "evening " * MOST_WORDS), False),
    ],
)
def test_near_facts_that_are_short_and_no_quotation_can_be_joined(
    models: Models, other: str, can: bool
):
    assert can_be_joined(0, 1, cluster(models, BRIDGE, other)) == can


def test_facts_of_one_origin_are_not_joined(models: Models):
    assert not can_be_joined(0, 1, cluster(models, f"{BRIDGE} {VOTE}", WEATHER))


@pytest.mark.parametrize(
    ("index", "can"),
    [(0, False), (1, True), (2, True), (3, False)],
)
def test_what_leans_on_the_sentence_before_or_is_long_is_worth_telling_anew(
    models: Models, index: int, can: bool
):
    leaning = "It will cost the town twice as much as the old one."
    long = f"The council of Velm approved {'a bridge and ' * LONG}a road."
    quoted = f'"{"We want this bridge and " * LONG} this road," the mayor said.'

    context = cluster(models, f"{BRIDGE} {leaning} {long} {quoted}", WEATHER)

    assert can_be_rewritten(index, context) == can


@pytest.mark.parametrize(
    ("text", "reports", "repeats"),
    [
        ("Over 59% said no, with 59 per cent against.", ["59% said no", "59 per cent"], True),
        ("From 5 it went back to 5.", ["from 5 to 5", "on Monday"], False),
        ("About 1,200 of 12 towns came.", ["1,200 came", "12 towns"], False),
    ],
)
def test_a_figure_is_given_as_often_as_one_report_gives_it(
    text: str, reports: list[str], repeats: bool
):
    assert repeats_a_figure(text, reports) == repeats
