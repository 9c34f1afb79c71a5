"""Conflicts: sources that disagree, on a figure, on whether something is so, on who said it.

Precision first: two sentences disagree only if they are near in meaning and give different
figures for one quantity (`quantities`), or one says that what the other says is not so
(`negation`), or both hold one quotation in the mouths of two named speakers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from service.pipeline.alignment.negation import denies
from service.pipeline.alignment.quantities import TOLLS, differ, figures
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence, quotations
from service.pipeline.linguistics.person_mentions import may_be_one
from service.pipeline.linguistics.quotations import named_speaker
from service.pipeline.types import ConflictType

NEAR = 0.46
"""Least cosine of two sentences that are compared at all."""

MOST_VALUES = 2
"""Values of one kind, among the sentences compared, that are a disagreement: more are a war's
daily tolls, or many lots of one thing."""

SUPERSEDES_AFTER = timedelta(hours=3)
"""A figure published this much later updates the earlier one instead of disputing it."""

MIN_SHARED_QUOTATION = 5
"""Words of a quotation that two speakers don't choose alike."""


DAY = re.compile(r"[A-Z][a-z]+ \d{1,2}\b(?:, \d{4})?|\b\d{4}\b")
"""A date, or a year, in a phrase of `Evidence.days`."""


class Dispute(msgspec.Struct, frozen=True):
    """Sentence `other` disagrees; `phrase` is what it gives instead, as it says it, or who says
    it; "" where its whole sentence says it."""

    type: ConflictType
    other: int
    phrase: str
    topic: str


def find(representative: Evidence, others: Sequence[tuple[int, float, Evidence]]) -> Dispute | None:
    """The first of `others` (index, cosine, evidence; other origins only) that disagrees."""
    mine = representative.parsed
    counts = [representative.parsed, *(each.parsed for _, near, each in others if near >= NEAR)]
    values: dict[str, set[float]] = defaultdict(set)
    for figure in (figure for clause in counts for figure in figures(clause)):
        values[figure.kind].add(figure.value)
    running = {kind for kind, own in values.items() if len(own) > MOST_VALUES}
    if (toll := superseded(representative, others)) is not None:
        return toll
    for index, near, other in others:
        if near < NEAR:
            continue
        theirs = other.parsed
        if (found := differ(mine, theirs, near)) is not None and found[0] not in running:
            topic, phrase = found
            later = _apart(other.published_at, representative.published_at)
            return Dispute("superseded" if later else "figure", index, phrase, topic)
        if (topic := _spoken_by_another(mine, theirs)) is not None:
            return Dispute("attribution", index, topic, "who said it")
        if (topic := denies(mine, theirs, near) or denies(theirs, mine, near)) is not None:
            return Dispute("status", index, "", topic)
    return None


def superseded(
    representative: Evidence, others: Sequence[tuple[int, float, Evidence]]
) -> Dispute | None:
    """The newest of `others` that gives another figure of a toll than the representative, and came out far
    from it; where that is older, the one that came out last before it."""
    found: list[tuple[datetime, Dispute]] = []
    for index, near, other in others:
        if near < NEAR or not _apart(other.published_at, representative.published_at):
            continue
        given = differ(representative.parsed, other.parsed, near, apart=True)
        if given is not None and given[0] in TOLLS and other.published_at is not None:
            found.append((other.published_at, Dispute("superseded", index, given[1], given[0])))
    return max(found, key=lambda each: each[0])[1] if found else None


def of_other_days(mine: Evidence, theirs: Evidence) -> bool:
    """Whether both name days that were read by their publication, and none in common: a strike that began on one
    and ended on another is no contradiction."""
    a, b = ({part for day, _ in each.days for part in DAY.findall(day)} for each in (mine, theirs))
    return bool(a and b) and not a & b


def _spoken_by_another(mine: ParsedSentence, theirs: ParsedSentence) -> str | None:
    """The other sentence's speaker of a quotation that this one gives to somebody else."""
    if not _quoted(mine) & _quoted(theirs):
        return None
    a, b = named_speaker(mine), named_speaker(theirs)
    return b if a and b and not may_be_one(a, b) else None


def _quoted(clause: ParsedSentence) -> set[str]:
    """The sentence's quotations of at least `MIN_QUOTED` words, in lower case."""
    found = (
        clause.text[start:end].lower().strip(" .,!?") for start, end in quotations(clause.text)
    )
    return {text for text in found if len(text.split()) >= MIN_SHARED_QUOTATION}


def _apart(a: datetime | None, b: datetime | None) -> bool:
    """Whether two times lie so far apart that the later updates the earlier."""
    return a is not None and b is not None and abs(a - b) >= SUPERSEDES_AFTER
