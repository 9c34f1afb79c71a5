"""The rules refuse what the sources don't say, and let stand what they do."""

from __future__ import annotations

from datetime import datetime

import pytest

from service.models.base import Models
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import Verdict
from service.pipeline.verification.verify import verify

YIELD = "Speaking at a news conference last week, Mr. Putin said that Ukraine must yield."
ARRIVED = (
    "U.S. Special Envoy Steve Witkoff arrived in Moscow on Dec. 2 for talks with Russian President"
    " Vladimir Putin in the latest American attempt to push forward negotiations."
)
CLAIMED = (
    "The meeting in Moscow comes just hours after Russian officials claimed to have taken control"
    " of the key eastern town of Pokrovsk."
)
FELL = (
    "Last week, Rosneft, the largest oil producer, reported that its net income had fallen 70"
    " percent to $1,200 million."
)
LINE = "Trump has repeated the Russian line that Ukraine\u2019s military defeat is inevitable."
SIGNED = "Even though the delegation is now in Moscow, the Ukrainians have not entirely signed off on the deal."
QUOTED = (
    "Mara Lindqvist said the deal was \u201cdelicate and slow,\u201d and Jo Roe called it fair."
)
MET = "Officials of Ukraine met on Tuesday, and two people were hurt."


def verdict(models: Models, claim: str, *evidence: str) -> Verdict:
    claim_parse, *parses = models.parser.parse([claim, *evidence])
    vectors = models.encoder.encode([claim, *evidence])
    read = [
        Evidence(ParsedSentence(text, parse), datetime(2025, 12, 1))
        for text, parse in zip(evidence, parses, strict=True)
    ]
    return verify(ParsedSentence(claim, claim_parse), read, float((vectors[1:] @ vectors[0]).max()))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Mr. Putin said that Ukraine must yield.", YIELD),
        ("Steve Witkoff arrived in Moscow for talks with Vladimir Putin.", ARRIVED),
        ("Russian officials claimed to have taken control of Pokrovsk.", CLAIMED),
        ("Rosneft reported that its net income had fallen 70 percent.", FELL),
        ("The Ukrainians have not entirely signed off on the deal.", SIGNED),
        ("Mara Lindqvist said the deal was \u201cdelicate and slow.\u201d", QUOTED),
    ],
)
def test_a_faithful_compression_is_supported(models: Models, claim: str, source: str):
    assert verdict(models, claim, source).status == "supported"


@pytest.mark.parametrize(
    ("claim", "source", "rule"),
    [
        ("Mr. Poroshenko said that Ukraine must yield.", YIELD, "names"),
        ("Donald Putin said that Ukraine must yield.", YIELD, "names"),
        ("Ukraine must yield to Mr. Putin.", YIELD, "roles"),
        ("Ukraine must yield.", YIELD, "hedges"),
        ("Vladimir Putin arrived in Moscow for talks with Steve Witkoff.", ARRIVED, "roles"),
        ("Steve Witkoff arrived in Moscow on Dec. 3 for talks.", ARRIVED, "numbers"),
        ("Steve Witkoff arrived in Moscow on Friday for talks.", ARRIVED, "dates"),
        ("Russian officials have taken control of Pokrovsk.", CLAIMED, "hedges"),
        ("Rosneft reported that its net income had fallen 80 percent.", FELL, "numbers"),
        ("Rosneft's net income had fallen 70 percent.", FELL, "hedges"),
        ("Ukraine\u2019s military defeat is inevitable.", LINE, "hedges"),
        ("Russia\u2019s military defeat is inevitable.", LINE, "roles"),
        ("The Ukrainians have not signed off on the deal.", SIGNED, "hedges"),
        ("The Ukrainians have entirely signed off on the deal.", SIGNED, "polarity"),
        ("Jo Roe said the deal was \u201cdelicate and slow.\u201d", QUOTED, "roles"),
        ("Mara Lindqvist said the deal was \u201cslow and delicate.\u201d", QUOTED, "quotes"),
        ("Jo Roe called the deal \u201cfair\u201d.", QUOTED, "quotes"),
    ],
)
def test_an_unfaithful_sentence_fails_the_rule_that_reads_it(
    models: Models, claim: str, source: str, rule: str
):
    found = verdict(models, claim, source)

    assert found.status != "supported"
    assert rule in {check.name for check in found.checks if not check.passed}


@pytest.mark.parametrize(
    ("claim", "source", "rule"),
    [
        ("Ukrainian officials met on Tuesday.", MET, "demonym"),
        ("2 people were hurt.", MET, "number-word"),
        (
            "Rosneft reported that its net income had fallen 70 percent to $1200 million.",
            FELL,
            "separator",
        ),
        ("Steve Witkoff arrived in Moscow on Tuesday for talks.", ARRIVED, "weekday-date"),
    ],
)
def test_a_normalisation_that_was_used_is_recorded(
    models: Models, claim: str, source: str, rule: str
):
    found = verdict(models, claim, source)

    assert rule in {used.rule for check in found.checks for used in check.normalisations}


def test_no_evidence_supports_nothing(models: Models):
    (parse,) = models.parser.parse([YIELD])

    assert verify(ParsedSentence(YIELD, parse), [], 1.0).status == "unsupported"


@pytest.mark.parametrize("sentence", [YIELD, ARRIVED, CLAIMED, FELL, LINE, SIGNED, QUOTED, MET])
def test_a_sentence_supports_itself(models: Models, sentence: str):
    found = verdict(models, sentence, sentence)

    assert found.status == "supported", [check for check in found.checks if not check.passed]


def test_a_claim_too_long_to_be_parsed_is_not_supported():
    claim = ParsedSentence("abc," * 300, ())

    verdict = verify(claim, [Evidence(claim)], 1.0)

    assert verdict.status == "unsupported"
    assert [(check.name, check.passed) for check in verdict.checks] == [("length", False)]
