"""Verify: may this sentence stand on this evidence? One verdict of rules, vectors and a model.

The rules of `surface_facts` and `predicate_arguments` refuse what the sources contradict or don't hold. Whether
they say it in other words is weighed: without an entailment model only what keeps the
sources' words and what hangs on them passes; with one, how far a claim departs is one
feature of a probability among others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence, is_parsable
from service.pipeline.types import Check, Status, Verdict
from service.pipeline.verification.calibration import features, probability
from service.pipeline.verification.predicate_arguments import (
    argument_order,
    argument_roles,
    hedges,
    polarity,
    words,
)
from service.pipeline.verification.surface_facts import dates, names, numbers, quotes

Rule = Callable[[ParsedSentence, Sequence[Evidence]], Check]

FACTS: tuple[Rule, ...] = (names, numbers, dates, quotes)
"""What these refuse stands in no cited span: then nothing in the sentence counts as right."""

RELATIONS: tuple[Rule, ...] = (argument_roles, polarity, hedges)
"""What these refuse the sources say of something else, deny, or say less surely."""

WORDING: tuple[Rule, ...] = (words, argument_order)
"""What these refuse the sources don't say in these words; a model may know that they say it."""

MIN_AGREEMENT = 0.6
"""Least cosine between a sentence and its evidence. Compressions and fusions of news
sentences that keep their sense lie above 0.7 with MiniLM, sentences on another fact of
the same story mostly below 0.6."""

SUPPORTED = 0.5
"""Least probability of a supported sentence, where an entailment model was asked."""

PARTIAL = 0.5
"""Least probability of a partly supported one, which no rule of `FACTS` refuses."""


def verify(
    claim: ParsedSentence,
    evidence: Sequence[Evidence],
    agreement: float,
    entailment: float | None = None,
) -> Verdict:
    """One verdict on `claim` from all rules, `agreement` (its best cosine with the evidence)
    and `entailment`, the probability of a model that read both, where there is one.

    The score is the probability that the evidence supports the claim. Supported is what no
    rule of facts and relations refuses, and what the model, where one was asked, finds
    probable; without a model, also the rules of wording and the vectors must agree. All
    checks are listed, those of wording too where they don't decide. No evidence supports
    nothing, and nothing supports a claim that is too long to be parsed (`is_parsable`).
    """
    if not is_parsable(claim.text):
        return Verdict("unsupported", 0.0, (Check("length", False, ("too long",)),))
    if not evidence:
        return Verdict("unsupported", 0.0, (Check("evidence", False, ("no evidence",)),))
    firm = [rule(claim, evidence) for rule in (*FACTS, *RELATIONS)]
    wording = [
        *(rule(claim, evidence) for rule in WORDING),
        Check("agreement", agreement >= MIN_AGREEMENT),
    ]
    clauses = [each.parsed for each in evidence]
    found = features(claim, clauses, agreement, [*firm, *wording], entailment)
    score = probability(found, modelled=entailment is not None)
    facts = all(check.passed for check in firm[: len(FACTS)])
    likely = [] if entailment is None else [Check("entailment", score >= SUPPORTED)]
    decisive = [*firm, *(likely or wording)]
    if all(check.passed for check in decisive):
        status: Status = "supported"
    else:
        status = "partial" if facts and score >= PARTIAL else "unsupported"
    return Verdict(status, score, (*firm, *wording, *likely))


def by_facts(verdict: Verdict) -> Verdict:
    """The verdict by the rules of facts, and that of denials, alone."""
    facts, others = verdict.checks[: len(FACTS)], verdict.checks[len(FACTS) :]
    checks = (*facts, *(each for each in others if each.name == "polarity"))
    passed = all(check.passed for check in checks)
    return Verdict("supported" if passed else "unsupported", verdict.score, checks)
