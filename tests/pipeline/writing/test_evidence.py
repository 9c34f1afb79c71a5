"""Which sentences are worth telling in other words."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.writing.evidence import FEWEST_WORDS, can_be_rewritten
from tests.pipeline.tiny import cluster

BRIDGE = "The council of Velm approved a new bridge over the river on Tuesday."
WEATHER = "Forecasters warned of heavy snow in the mountains."


@pytest.mark.parametrize(
    ("index", "can"),
    [(0, True), (1, True), (2, False), (3, False)],
)
def test_what_leans_on_the_sentence_before_or_is_not_short_is_worth_telling_anew(
    models: Models, index: int, can: bool
):
    leaning = "It will cost twice as much."
    short = "The council of Velm approved a road on Friday."
    quoted = f'"{"We want this bridge and " * FEWEST_WORDS} this road," the mayor said.'

    context = cluster(models, f"{BRIDGE} {leaning} {short} {quoted}", WEATHER)

    assert can_be_rewritten(index, context) == can
