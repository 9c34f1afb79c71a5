"""Corrections: paragraphs in which an article takes back what it or another report said.

What a correction says is so may be printed; what it says of the report that it corrects ("an earlier
version of this article said \u2026") is read, and never printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LABEL = re.compile(
    r"^\W*(?:(?:update|refile|rpt|wrapup|exclusive)(?: ?\d{1,2})? ?[-:] ?)*(?:corrections?(?: (?:and|&) clarifications?)?|corrected|clarifications?|retraction|retracted|withdrawn"
    r"|editor(?:[\u2019']s|s[\u2019']?)? note|editors[\u2019'] note|note to (?:readers|editors)|kill(?:ed)?|update and correction)"
    r"(?: ?\([^)]{1,40}\)| [A-Z][a-z]+\.? \d{1,2}(?:, \d{4})?)?\s*(?:[:|\u2014\u2013\]]|-(?=[ A-Z]))\s*",
    re.IGNORECASE,
)
"""What a correction begins with, alone or before a title."""

CORRECTING = re.compile(
    r"\b(?:earlier|previous(?:ly)?|original(?:ly)?|initial(?:ly)?|first) (?:version|report|story|article|headline|post|reported|stated|said)"
    r"|\b(?:incorrect|incorrectly|inaccurate|inaccurately|misstated|misidentified|misreported|misspelled|mistaken|mistakenly"
    r"|erroneous|erroneously|wrong|wrongly|in error|correct(?:s|ed|ion)|retract(?:s|ed)|withdr(?:aw|ew|awn)|did not|was not"
    r"|were not|is not|are not|has not|have not|should have)\b",
    re.IGNORECASE,
)
"""What a note by the editor says if it corrects something."""

OF_THE_REPORT = re.compile(
    r"\b(?:(?:an|the|our|this|its) (?:earlier|previous|original|first|initial) (?:version|report|story|article|headline|post|dispatch)"
    r"|(?:earlier|previous) (?:versions|reports|stories)|this (?:article|story|report|post|item|version)|(?:article|story|report|headline)"
    r" (?:has been|was|is) (?:corrected|updated|amended|changed|retracted|withdrawn|removed)|we (?:regret|apologi[sz]e|retract|withdraw))\b",
    re.IGNORECASE,
)
"""Words in which a paragraph speaks of a report, not of what happened."""

REFILED = re.compile(
    r"^\W*(?:(?:This )?(?:(?:story|item|version|article|report) )?(?:refiles?|corrects?|adds|fixes|removes|amends|clarifies|repeats)\b(?=.{0,200}"
    r"\b(?:paragraph|headline|byline|spelling|typo|dateline|dropped|to (?:fix|correct|add|clarify|remove|show)|throughout|para)\b))",
    re.IGNORECASE | re.DOTALL,
)
"""A note on a refiled text: nobody but an editor needs it."""

WITHDRAWN = re.compile(
    r"\b(?:this|the) (?:article|story|report|item|post) (?:has been|was|is being) (?:retracted|withdrawn|removed|killed)\b"
    r"|\bwe (?:have )?(?:retracted|withdrawn|retract|withdraw) (?:this|the) (?:article|story|report|item|post)\b",
    re.IGNORECASE,
)
"""What takes back the article in which it stands."""


def is_correction(block: str) -> bool:
    """Whether a paragraph is labelled as a correction and takes something back.

    >>> is_correction("Correction: An earlier version of this article said that forty people were killed.")
    True
    >>> is_correction("Editor\u2019s note: This story contains descriptions of violence.")
    False
    """
    label = LABEL.match(block)
    return label is not None and bool(CORRECTING.search(block[label.end() :]))


def is_of_the_report(block: str) -> bool:
    """Whether a paragraph speaks of a report or its wording, not of what happened."""
    return bool(OF_THE_REPORT.search(block))


def is_refiled(block: str) -> bool:
    """Whether a paragraph says why the text was sent again."""
    return bool(REFILED.match(block))


def label_end(block: str) -> int:
    """Characters of the label that a correction begins with."""
    label = LABEL.match(block)
    return label.end() if label else 0


def is_withdrawn(notes: Sequence[str]) -> bool:
    """Whether one of an article's notes takes back the article itself."""
    return any(WITHDRAWN.search(note) for note in notes)
