"""Repair: the smallest edits of a claim, in words of its evidence, under which it may stand.

An edit replaces, takes out or puts in what the claim and a near source sentence word differently. Whether the
claim then stands is for the verifier: what it refuses is no repair.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

PIECE = re.compile(r"\w+(?:[\u2019'.,:-]\w+)*|[^\w\s]")

MIN_RATIO = 0.5
"""Share of words in common, in order, from which two sentences are wordings of one thing."""

MOST_WORDS = 8
"""Words that an edit takes out or puts in; more is another sentence."""

MOST_EDITS = 3
"""Places that are edited together."""


def repairs(claim: str, sources: Sequence[str]) -> list[str]:
    """Edited claims, the smallest edit first.

    >>> repairs("Ida Brenner was found alive on Sunday.", ["Ida Brenner was found dead on Sunday."])
    ['Ida Brenner was found dead on Sunday.']
    """
    found: dict[str, int] = {}
    for source in sources:
        for text, words in _edited(claim, source):
            found[text] = min(words, found.get(text, words))
    return sorted(found, key=lambda text: (found[text], text))


def _edited(claim: str, source: str) -> list[tuple[str, int]]:
    """Edited claims with how many words the edit takes out and puts in."""
    mine, theirs = ([*PIECE.finditer(text)] for text in (claim, source))
    if mine and mine[0].group().lower() in {each.group() for each in theirs}:
        claim = claim[:1].lower() + claim[1:]  # something may come to stand before it
    words = [[each.group().lower() for each in own] for own in (mine, theirs)]
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if matcher.ratio() < MIN_RATIO:
        return []
    edits = [
        (a, b, source[theirs[c].start() : theirs[d - 1].end()] if d > c else "", (b - a) + (d - c))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal" and not all(p.group() in ".,;" for p in (*mine[a:b], *theirs[c:d]))
    ]
    edits = [edit for edit in edits if edit[3] <= MOST_WORDS]
    chosen = [[edit] for edit in edits]
    if 1 < len(edits) <= MOST_EDITS:
        chosen.append(edits)
    return [(_applied(claim, mine, own), sum(edit[3] for edit in own)) for own in chosen]


def _applied(
    claim: str, pieces: Sequence[re.Match[str]], edits: Sequence[tuple[int, int, str, int]]
) -> str:
    text = claim
    for first, last, put, _ in reversed(edits):
        start = pieces[first].start() if first < len(pieces) else len(claim)
        end = pieces[last - 1].end() if last > first else start
        text = f"{text[:start].rstrip()} {put} {text[end:].lstrip()}"
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" (?=[.,;:!?\u2019\u201d)])", "", text)
    return text[:1].upper() + text[1:]
