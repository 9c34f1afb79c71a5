"""Citations: the smallest set of spans that supports a sentence, and what corroborates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.verification.predicate_arguments import polarity
from service.pipeline.verification.surface_facts import dates, is_name, numbers, quotes

MIN_CORROBORATION = 0.65
"""Least cosine of a corroborating sentence: it must state the fact, not share its topic."""

MIN_NAMES = 0.8
"""Share of the sentence's names that a corroborating sentence must hold."""

MIN_SHARED_WORDS = 0.5
"""Share of its other content words: two sentences on one meeting hold the same names."""

LONG, GAP, MOSTLY = 20, 4, 0.8
"""Words of a long sentence; tokens between two parts of it; share that counts as all of it."""


def minimal_support(
    evidence: Sequence[int],
    agreement: Sequence[float],
    is_supported_by: Callable[[Sequence[int]], bool],
) -> tuple[int, ...]:
    """Evidence that supports together → a subset none of which can go (leave-one-out).

    `agreement[k]` is the closeness of `evidence[k]`; the farthest are tried first. `is_supported_by`
    is asked about subsets in their given order.
    """
    kept = list(evidence)
    for _, each in sorted(zip(agreement, evidence, strict=True)):
        rest = [other for other in kept if other != each]
        if rest and is_supported_by(rest):
            kept = rest
    return tuple(kept)


def highlights(claim: ParsedSentence, source: ParsedSentence) -> list[tuple[int, int]]:
    """The parts of a long source sentence whose words the claim uses; [] if that is most of it.

    Two parts less than `GAP` tokens apart are one.
    """
    wanted = {claim.keys[i] for i in claim.content}
    used = [i for i in source.content if source.keys[i] in wanted]
    runs: list[list[int]] = []
    for i in used:
        if runs and i - runs[-1][-1] <= GAP:
            runs[-1].append(i)
        else:
            runs.append([i])
    found = [(source.tokens[run[0]].start, source.tokens[run[-1]].end) for run in runs]
    covered = sum(end - start for start, end in found)
    long = len(source.text.split()) > LONG and covered < MOSTLY * len(source.text)
    return found if long else []


def corroborates(claim: ParsedSentence, other: Evidence, agreement: float) -> bool:
    """Whether one sentence alone reports the same: its figures, dates, quotes and most names."""
    if agreement < MIN_CORROBORATION:
        return False
    if not all(rule(claim, [other]).passed for rule in (numbers, dates, quotes, polarity)):
        return False
    named = [
        token.text
        for index, token in enumerate(claim.tokens)
        if is_name(claim, index)
        and normalisation.plain(token.text) not in normalisation.PERSON_TITLES
    ]
    there = [token.text for token in other.parsed.tokens]
    plain = {normalisation.plain(word) for word in there}
    stands = sum(
        normalisation.plain(name) in plain
        or any(normalisation.demonym_rule(name, word) for word in there)
        for name in named
    )
    if named and stands / len(named) < MIN_NAMES:
        return False
    plainly = [i for i in claim.content if not is_name(claim, i)]
    shared = sum(claim.keys[i] in other.parsed.positions for i in plainly)
    return not plainly or shared / len(plainly) >= MIN_SHARED_WORDS
