"""Layout: sentences → the text of a brief, and each sentence's offsets in it."""

from __future__ import annotations

from collections.abc import Sequence

from service.pipeline.ingest.abbreviations import ends_in_abbreviation
from service.pipeline.intermediate import PlannedSentence
from service.pipeline.types import BriefSentence, Citation, Options

BULLET = "\u2022 "
"""Before each sentence of a list."""


def lay_out(
    each: PlannedSentence, before: Sequence[BriefSentence], options: Options
) -> BriefSentence:
    """A sentence as it stands in the text behind those that are laid out already."""
    prefix, gap = _marks(options)
    start = (before[-1].end + len(gap) if before else 0) + len(prefix)
    return BriefSentence(
        id=f"s{len(before) + 1}",
        text=each.text,
        start=start,
        end=start + len(each.text),
        mode=each.mode,
        status=each.status,
        checks=each.checks,
        origins=each.origins,
        citations=bounded(each.citations, options.max_citations),
    )


def bounded(citations: Sequence[Citation], most: int) -> tuple[Citation, ...]:
    """At most that many citations: first of all those that the sentence rests on."""
    own = [each for each in citations if each.role != "corroborates"]
    further = [each for each in citations if each.role == "corroborates"]
    return (*own, *further[: max(0, most - len(own))])


def text_of(sentences: Sequence[BriefSentence], options: Options) -> str:
    """The text that the offsets of laid-out sentences refer to."""
    prefix, gap = _marks(options)
    return gap.join(prefix + each.text for each in sentences)


def _marks(options: Options) -> tuple[str, str]:
    """What stands before each sentence, and what between two."""
    return (BULLET, "\n") if options.style == "bullets" else ("", " ")


def without_full_stop(text: str) -> str:
    """A sentence as a line, its full stop gone unless that is an abbreviation's as well.

    >>> without_full_stop("Talks resumed."), without_full_stop("He left the U.S.")
    ('Talks resumed', 'He left the U.S.')
    """
    line = text.rstrip()
    return line if ends_in_abbreviation(line) else line.rstrip(" .")
