"""Calibration: what the rules, the vectors and the entailment model say → one probability.

A logistic regression over readable features. Its weights are in `models/checker.json`, made
by `training.verdict` on pairs that the models were not trained on, so that a score
means a probability. Three sets: with what the writer's model reads, with the small entailment model, and for the
rules alone. The first has no weights for rules of wording and relations: with them it is the worse by reading
others' judgements (decision 21).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec
import numpy as np

from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import Check
from service.pipeline.verification.evidence_window import COMPOUND_WORD

MOST_FAILURES = 3
"""Failures of one rule beyond this many tell nothing more."""


class Features(msgspec.Struct, frozen=True):
    """What a verdict is made of, for one claim and its evidence.

    `words` and `bigrams` are the shares of the claim's words and pairs of words found in the
    evidence, `nearest` that of its words in the one sentence that has most of them,
    `agreement` the best cosine. Then come numbers of failures of the rules of that name,
    capped; `unplaced` and `unknown` are the shares of content words that `placed` and `words`
    refuse. `entailment` is the model's log-odds, 0 without it. Trigrams, the claim's length,
    the longest common subsequence and overlap of lemmas were tried and added nothing.
    """

    words: float
    bigrams: float
    nearest: float
    agreement: float
    names: float
    numbers: float
    dates: float
    quotes: float
    unknown: float
    unplaced: float
    roles: float
    polarity: float
    hedges: float
    entailment: float


def features(
    claim: ParsedSentence,
    evidence: Sequence[ParsedSentence],
    agreement: float,
    checks: Sequence[Check],
    entailment: float | None,
) -> Features:
    failed = {check.name: len(check.failed) for check in checks}
    content = max(1, len(claim.content))

    def count(rule: str) -> float:
        return float(min(MOST_FAILURES, failed.get(rule, 0)))

    texts = [each.text for each in evidence]
    return Features(
        words=overlap(texts, claim.text, 1),
        bigrams=overlap(texts, claim.text, 2),
        nearest=max(overlap([text], claim.text, 1) for text in texts),
        agreement=agreement,
        names=count("names"),
        numbers=count("numbers"),
        dates=count("dates"),
        quotes=count("quotes"),
        unknown=min(1.0, failed.get("words", 0) / content),
        unplaced=min(1.0, failed.get("placed", 0) / content),
        roles=count("roles"),
        polarity=count("polarity"),
        hedges=count("hedges"),
        entailment=0.0 if entailment is None else log_odds(entailment),
    )


def probability(found: Features, by: Literal["reading", "model", "rules"]) -> float:
    """The probability in (0, 1) that the evidence supports the claim, by what read it."""
    weights = weighting()[by]
    total = weights["bias"] + sum(
        weights.get(name, 0.0) * value for name, value in msgspec.structs.asdict(found).items()
    )
    return float(1 / (1 + np.exp(-total)))


def log_odds(probability: float) -> float:
    """Log-odds of a probability, within [-6, 6].

    >>> log_odds(0.5)
    0.0
    """
    inside = min(1 - 2.5e-3, max(2.5e-3, probability))
    return float(np.log(inside / (1 - inside)))


def weighting() -> dict[str, dict[str, float]]:
    """ "reading", "model" and "rules" → feature → weight, with a "bias"."""
    return checker_figures()["weights"]


@cache
def checker_figures() -> dict[str, Any]:
    """What is known of the shipped checker: its weights here, its measured error rates."""
    text = resources.files("service.models").joinpath("checker.json").read_text("utf-8")
    return json.loads(text)


def overlap(evidence: Sequence[str], claim: str, n: int) -> float:
    """Share of the claim's word n-grams that the evidence holds, in [0, 1].

    >>> overlap(["Talks resumed in Oslo."], "Talks in Oslo", 2)
    0.5
    """
    there = {gram for sentence in evidence for gram in _grams(sentence, n)}
    own = _grams(claim, n)
    return sum(gram in there for gram in own) / max(1, len(own))


def _grams(text: str, n: int) -> list[tuple[str, ...]]:
    words = [word.lower() for word in COMPOUND_WORD.findall(text)]
    return [tuple(words[k : k + n]) for k in range(len(words) - n + 1)]
