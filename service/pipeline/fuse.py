"""Fuse: two supported sentences as one, on the evidence of both.

What is joined by "and" is true where both parts are, so nothing is judged anew: the joined
sentence has both lists of checks, all passed, and both sets of spans. Which part comes first
decides what a reader takes for reported: see `_joined`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import msgspec

from service.pipeline.brief import Written
from service.pipeline.syntax import Clause, quotations
from service.pipeline.types import Check, Citation

MAX_JOINED = 36
"""Words of a joined sentence: more are not read in one breath."""


BREAKS = (";", ":", " -", "\u2014", "\u2013", "!", "?", ", though", "however", " also ")
"""Marks of a sentence that has more parts than one already, or leans on another."""

VERBS = frozenset({"VERB", "AUX"})

MOST_SHARED = 3
"""Content words that the two parts may share: with more they tell one thing twice."""


def fuse(
    written: Sequence[Written],
    pairs: Sequence[tuple[int, int]],
    shorter: Callable[[Written], Sequence[Written]],
    parse: Callable[[str], Clause],
) -> list[Written]:
    """Sentences and the pairs of ranks that may be told together → the sentences, fewer.

    Two are joined if they rest on different articles and stay short: each whole or as one of its
    `shorter` forms, of which the longest that fit together are taken. None is joined twice: the
    first of the pairs that can be joined is.
    """
    held = {each.rank: each for each in written}
    for one, other in pairs:
        if one in held and other in held and _apart(held[one], held[other]):
            forms = product(shorter(held[one]), shorter(held[other]))
            tries = sorted(forms, key=lambda each: -sum(len(part.text) for part in each))
            both = next(filter(None, (_fused(*each, parse) for each in tries)), None)
            if both is not None:
                held[one] = both
                del held[other]
    return list(held.values())


def _apart(one: Written, other: Written) -> bool:
    """Whether both are undisputed and whole sentences of their own, on different articles."""
    articles = [
        {each.article_id for each in part.citations if each.role == "supports"}
        for part in (one, other)
    ]
    free = all(each.status == "supported" and not each.fixed for each in (one, other))
    return free and not articles[0] & articles[1]


def _fused(one: Written, other: Written, parse: Callable[[str], Clause]) -> Written | None:
    first, second = (
        (other, one) if speaks(one.clause) and not speaks(other.clause) else (one, other)
    )
    text = _joined(first.clause, second.clause)
    if text is None or not second.rank:
        return None
    needs = second.needs if second.needs not in first.mentions else None
    return msgspec.structs.replace(
        one,
        text=text,
        mode="abstractive",
        checks=_both_checks(first.checks, second.checks),
        origins=min(one.origins, other.origins),
        citations=_both_citations(first.citations, second.citations),
        support=(*one.support, *other.support),
        place=min(one.place, other.place),
        clause=parse(text),
        needs=first.needs or needs,
        mentions=one.mentions | other.mentions,
        fixed=True,
    )


def _joined(first: Clause, second: Clause) -> str | None:
    """ "A happened." and "B said so." → "A happened, and B said so."; None where that would be
    too long or hard to follow. What reports speech comes last, so that nothing else reads as
    part of what is said."""
    rest = _lowered(second)
    hard = bool(quotations(first.text)) or any(
        mark in each.text for mark in BREAKS for each in (first, second)
    )
    shared = {first.keys[i] for i in first.content} & {second.keys[i] for i in second.content}
    if rest is None or hard or len(shared) > MOST_SHARED:
        return None
    if (alike := _predicate(first, second)) is not None:
        text = f"{first.text.rstrip(' .')} and {alike}"
        return None if speaks(first) or len(text.split()) > MAX_JOINED else text
    busy = any(", and " in each.text or ", but " in each.text for each in (first, second))
    text = f"{first.text.rstrip(' .')}{'; ' if busy else ', and '}{rest}"
    return text if len(text.split()) <= MAX_JOINED else None


def _predicate(first: Clause, second: Clause) -> str | None:
    """What the second sentence says of its subject, where it opens with that of the first."""
    opened = [_opening_subject(clause) for clause in (first, second)]
    if not opened[1] or opened[0].lower() != opened[1].lower():
        return None
    return second.text[len(opened[1]) :].lstrip()


def _opening_subject(clause: Clause) -> str:
    """The main verb's subject if the sentence opens with it and the verb follows, or ""."""
    for root in clause.roots[:1]:
        for child in clause.children[root]:
            own = clause.subtree(child)
            verbs = own[-1] + 1 < len(clause.tokens) and clause.tokens[own[-1] + 1].pos
            if clause.tokens[child].dep in {"nsubj", "nsubjpass"} and own[0] == 0:
                return clause.text[: clause.tokens[own[-1]].end] if verbs in VERBS else ""
    return ""


def speaks(clause: Clause) -> bool:
    """Whether a main verb has what is said, thought or wanted hanging on it."""
    return any(
        clause.tokens[i].dep in {"ccomp", "parataxis"}
        for root in clause.roots
        for i in clause.children[root]
    )


def _lowered(clause: Clause) -> str | None:
    """The sentence as it goes on after a comma: small unless it opens with a name; None where
    that can't be told."""
    first = clause.tokens[0]
    if first.pos in {"DET", "PRON", "ADP", "SCONJ", "ADV"} or (
        first.tag == "NNS" and not first.entity
    ):
        return clause.text[:1].lower() + clause.text[1:]
    return clause.text if first.pos == "PROPN" else None


def _both_checks(first: Sequence[Check], second: Sequence[Check]) -> tuple[Check, ...]:
    """One check a name: passed where both did, with what either failed or normalised."""
    merged = {check.name: check for check in first}
    for check in second:
        held = merged.get(check.name)
        if held is not None:
            check = Check(
                check.name,
                held.passed and check.passed,
                (*held.failed, *check.failed),
                tuple(dict.fromkeys((*held.normalisations, *check.normalisations))),
            )
        merged[check.name] = check
    return tuple(merged.values())


def _both_citations(first: Sequence[Citation], second: Sequence[Citation]) -> tuple[Citation, ...]:
    """What supports either part. What corroborates one part alone doesn't corroborate both."""
    supports = [each for each in (*first, *second) if each.role == "supports"]
    return tuple({(each.article_id, each.start, each.end): each for each in supports}.values())
