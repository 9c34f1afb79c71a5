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
    ordered,
    polarity,
    words,
)
from service.pipeline.verification.support import Reading
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


SAID_OTHERWISE = 0.5
"""Probability, by a model that reads evidence and claim, from which the evidence says otherwise."""

DENIED = 0.9
"""Probability that it says otherwise from which a report that was taken for one of the fact is none. Of twelve
opposites in other words ("passed its inspection", "failed an inspection") eight were taken for reports, and the
model gives all twelve .9 or more; of 128 true reports of labelled pairs 2 have as much."""

ONLY_CLAIMED = 0.01
"""Probability of only somebody's word from which a hedge or an attribution that the claim lacks counts. Of 79 true human-written
claims that lack one 9% have it, of six sentences that only lost their "rescuers said" all."""


def verify(
    claim: ParsedSentence,
    evidence: Sequence[Evidence],
    agreement: float,
    entailment: float | None = None,
    reading: Reading | None = None,
) -> Verdict:
    """One verdict on `claim` from all rules, `agreement` (its best cosine with the evidence)
    and `entailment`, the probability of a model that read both, where there is one; `reading` is what the
    writer's model reads, in whose place rules of who did what, of denials and of hedges decide nothing.

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
    if reading is not None:
        return _read(claim, evidence, agreement, reading)
    firm = [rule(claim, evidence) for rule in (*FACTS, *RELATIONS)]
    wording = [
        *(rule(claim, evidence) for rule in WORDING),
        Check("agreement", agreement >= MIN_AGREEMENT),
    ]
    clauses = [each.parsed for each in evidence]
    found = features(claim, clauses, agreement, [*firm, *wording], entailment)
    score = probability(found, "rules" if entailment is None else "model")
    facts = all(check.passed for check in firm[: len(FACTS)])
    likely = [] if entailment is None else [Check("entailment", score >= SUPPORTED)]
    decisive = [*firm, *(likely or wording)]
    if all(check.passed for check in decisive):
        status: Status = "supported"
    else:
        status = "partial" if facts and score >= PARTIAL else "unsupported"
    return Verdict(status, score, (*firm, *wording, *likely))


def _read(
    claim: ParsedSentence, evidence: Sequence[Evidence], agreement: float, reading: Reading
) -> Verdict:
    """The verdict where a model has read the evidence: exact rules veto names, figures, dates and quotations;
    who did what and denials it reads better than rules do, and it confirms what is found to lack a hedge. An order to
    say something, which may be meant for the model, it confirms as little as it denies it."""
    facts, order = [rule(claim, evidence) for rule in FACTS], ordered(claim, evidence)
    lost = hedges(claim, evidence) if reading.claimed >= ONLY_CLAIMED else Check("hedges", True)
    found = features(claim, [each.parsed for each in evidence], agreement, facts, reading.said)
    score = probability(found, "reading")
    checks = (
        *facts,
        Check("polarity", reading.contradicted < SAID_OTHERWISE),
        lost if order.passed else order,
        Check("entailment", score >= SUPPORTED),
    )
    if all(check.passed for check in checks):
        status: Status = "supported"
    else:
        exact = order.passed and all(check.passed for check in checks[: len(FACTS) + 1])
        likely = score >= PARTIAL or reading.part + reading.said >= PARTIAL
        status = "partial" if exact and likely else "unsupported"
    return Verdict(status, score, checks)


def by_facts(verdict: Verdict) -> Verdict:
    """The verdict by the rules of facts, and that of denials, alone."""
    facts, others = verdict.checks[: len(FACTS)], verdict.checks[len(FACTS) :]
    checks = (*facts, *(each for each in others if each.name == "polarity"))
    passed = all(check.passed for check in checks)
    return Verdict("supported" if passed else "unsupported", verdict.score, checks)
