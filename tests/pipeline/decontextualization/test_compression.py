"""What of a sentence can go, and what never goes."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.decontextualization.compression import MAX_BORDERS, compressions
from service.pipeline.linguistics.parse import ParsedSentence
from tests.pipeline.tiny import clause


@pytest.mark.parametrize(
    ("sentence", "trimmed"),
    [
        ("But the talks in Moscow resumed on Tuesday.", "The talks in Moscow resumed on Tuesday."),
        ("The envoy met Putin in Moscow on Tuesday, as rain fell over the city.",
         "The envoy met Putin in Moscow on Tuesday."),
        ("The envoy met Vladimir Putin in Moscow, who had asked for the talks in May.",
         "The envoy met Vladimir Putin in Moscow."),
    ],
)  # fmt: skip
def test_what_can_go_is_trimmed(models: Models, sentence: str, trimmed: str):
    assert trimmed in [trim.text for trim in compressions(clause(models, sentence))]


@pytest.mark.parametrize(
    "sentence",
    [
        "Russia will stop the attacks in the east if Ukraine leaves the Donbas region.",
        "The plan will be signed in May unless the parliament in Kyiv rejects it.",
        "The army of Russia took the town of Pokrovsk, according to the Kremlin.",
    ],
)
def test_a_condition_or_a_source_is_never_trimmed_away(models: Models, sentence: str):
    assert [trim.text for trim in compressions(clause(models, sentence))] == [sentence]


def test_what_a_sentence_is_about_is_never_trimmed_away(models: Models):
    sentence = clause(
        models, "In Oslo it is the traders of the exchange, who made the losses in May."
    )

    assert [trim.text for trim in compressions(sentence)] == [sentence.text]


def test_a_trim_cuts_no_clause_in_its_middle(models: Models):
    sentence = (
        "The champion jockey could have ridden Cause of Causes who, like his mount Fairway, is"
        " owned by his boss Tomas Kleiner."
    )

    assert not any(
        trim.text.endswith("Fairway.") for trim in compressions(clause(models, sentence))
    )


def parsed(models: Models, text: str) -> ParsedSentence:
    return ParsedSentence(text, models.parser.parse([text])[0])


def test_a_sentence_is_offered_without_its_last_clause(models: Models):
    text = "Talks on the bridge resumed in Oslo, while rain fell on the town."

    pieces = [each.text for each in compressions(parsed(models, text))]

    assert pieces == [text, "Talks on the bridge resumed in Oslo."]


def test_a_list_is_offered_whole(models: Models):
    text = f"Police found {'axes, ' * (MAX_BORDERS + 1)}while rain fell on the town."

    assert [each.text for each in compressions(parsed(models, text))] == [text]
