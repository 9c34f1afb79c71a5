"""Citations: the smallest set of spans that supports a sentence, and what corroborates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.verification.predicate_arguments import polarity
from service.pipeline.verification.surface_facts import dates, numbers, quotes

LONG, GAP, MOSTLY = 20, 4, 0.8
"""Words of a long sentence; tokens between two parts of it; share that counts as all of it."""


def minimal_support(
    evidence: Sequence[int],
    agreement: Sequence[float],
    is_supported_by: Callable[[Sequence[int]], bool],
) -> tuple[int, ...]:
    """Evidence that supports together → a subset none of which can go (leave-one-out).

    `agreement[k]` is the closeness of `evidence[k]`: the closest is tried alone, then the farthest are left out first.
    `is_supported_by` is asked about subsets in their given order.
    """
    kept = list(evidence)
    if len(kept) > 1:
        _, closest = max(zip(agreement, evidence, strict=True))
        if is_supported_by([closest]):
            return (closest,)
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


def agrees(claim: ParsedSentence, other: Evidence) -> bool:
    """Whether one sentence holds all figures, dates and quotations of another, and denies nothing of it."""
    return all(rule(claim, [other]).passed for rule in (numbers, dates, quotes, polarity))
