"""Conflict: sources that give different figures for the same thing.

Precision first: two sentences disagree only if they state the same fact (cosine), count
the same noun in the same clause, and neither holds the other's figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from service.pipeline import lexicon
from service.pipeline.facts import Evidence, is_number
from service.pipeline.syntax import Clause
from service.pipeline.types import ConflictType

SAME_STATEMENT = 0.7
"""Least cosine of two sentences whose figures are compared."""

SUPERSEDES_AFTER = timedelta(hours=3)
"""A figure published this much later updates the earlier one instead of disputing it."""

NOT_COUNTED = frozenset({"year", "month", "week", "day", "hour", "minute", "time", "point", "page"})
"""Units of time and ordinals differ for many reasons that are no disagreement."""


class Figure(msgspec.Struct, frozen=True):
    """A number as a sentence gives it: "at least 14 people" counts "person" as "14"."""

    value: str
    counted: str
    predicate: str
    phrase: str


class Dispute(msgspec.Struct, frozen=True):
    """`other` gives another figure than the group's representative does."""

    type: ConflictType
    other: int
    phrase: str
    topic: str


def find(representative: Evidence, others: Sequence[tuple[int, float, Evidence]]) -> Dispute | None:
    """The first of `others` (index, cosine, evidence; other origins only) that disagrees."""
    for index, similarity, other in others:
        if similarity < SAME_STATEMENT:
            continue
        for mine in figures(representative.clause):
            for theirs in figures(other.clause):
                if _disagree(mine, theirs, representative.clause, other.clause):
                    later = _later(other.published_at, representative.published_at)
                    kind = "superseded" if later is not None else "figure"
                    return Dispute(kind, index, theirs.phrase, f"number of {mine.counted}")
    return None


def figures(clause: Clause) -> list[Figure]:
    """Numbers that count a noun, with the predicate they are said under."""
    found: list[Figure] = []
    for index, token in enumerate(clause.tokens):
        if not is_number(token) or token.dep != "nummod" or token.tag != "CD":
            continue
        noun = clause.tokens[token.head]
        if noun.pos != "NOUN" or noun.lemma.lower() in NOT_COUNTED:
            continue
        predicate = next((i for i in clause.ancestors(index) if clause.is_predicate(i)), None)
        below = [
            i
            for i in clause.subtree(token.head)
            if i <= token.head and clause.tokens[i].pos != "PUNCT"
        ]
        start, end = clause.tokens[below[0]].start, noun.end
        found.append(
            Figure(
                lexicon.NUMBER_WORDS.get(
                    lexicon.plain(token.text), lexicon.plain(token.text).replace(",", "")
                ),
                noun.lemma.lower(),
                clause.keys[predicate] if predicate is not None else "",
                clause.text[start:end],
            )
        )
    return found


def _disagree(mine: Figure, theirs: Figure, a: Clause, b: Clause) -> bool:
    return (
        mine.counted == theirs.counted
        and mine.predicate == theirs.predicate
        and mine.value != theirs.value
        and mine.value not in _values(b)
        and theirs.value not in _values(a)
    )


def _values(clause: Clause) -> set[str]:
    return {
        lexicon.NUMBER_WORDS.get(
            lexicon.plain(token.text), lexicon.plain(token.text).replace(",", "")
        )
        for token in clause.tokens
        if is_number(token)
    }


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    """The later of two times that lie far enough apart, else None."""
    if a is None or b is None or abs(a - b) < SUPERSEDES_AFTER:
        return None
    return max(a, b)
