"""Who reports what, as every page of a brief shows it: a line a sentence, the outlets by what they say."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.types import Article, Brief, Citation, Stance
from service.representations.citation_marks import outlet_of
from service.schemas.wire import BriefResponse


class Voice(msgspec.Struct, frozen=True):
    """An outlet with the spans in which it says something of a sentence, and how many reprint it."""

    outlet: str
    citations: tuple[Citation, ...]
    reprints: int


class Line(msgspec.Struct, frozen=True):
    """A sentence of the brief, or a fact that it `left_out`, and who says what of it."""

    text: str
    left_out: bool
    reports: tuple[Voice, ...]
    part: tuple[Voice, ...]
    disputes: tuple[Voice, ...]


def agreement_lines(brief: Brief | BriefResponse, articles: Sequence[Article]) -> list[Line]:
    """The agreement table's rows; [] where the whole set is one origin's, which is told elsewhere."""
    if brief.coverage.origins < 2:
        return []
    used = [each for each in brief.articles if each.used]
    reprints = {each.origin: sum(one.origin == each.origin for one in used) - 1 for each in used}

    def voices(stance: Stance, k: int) -> tuple[Voice, ...]:
        return tuple(
            Voice(outlet_of(cell.origin, articles), cell.citations, reprints.get(cell.origin, 0))
            for cell in brief.agreement[k].cells
            if cell.stance == stance
        )

    return [
        Line(
            row.text,
            row.sentence is None,
            voices("reports", k),
            voices("part", k),
            voices("disputes", k),
        )
        for k, row in enumerate(brief.agreement)
    ]
