"""Headlines: short lines that may stand above a brief, made from a source sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from service.pipeline.decontextualization.compression import compressions
from service.pipeline.linguistics.parse import ParsedSentence, balanced
from service.pipeline.linguistics.person_mentions import SHORTEST_SURNAME

UNFINISHED = frozenset({"call", "make", "keep", "consider", "deem", "find", "seem", "leave"})
"""Lemmas of verbs whose object is not all that they need."""


HYPHENS = ("-", "\u2010", "\u2011")
"""Behind one no line begins: the parser takes "co-workers" for three words."""

AGE_ASIDE = re.compile(r", \d{1,3}(?:,(?= )|(?= and\b))")
"""How old somebody is, behind the name."""


def headlines(sentence: ParsedSentence) -> dict[str, int]:
    """Short lines from a sentence, each with what it tells: its words, names counted as one.

    They are its compressions without asides and ages, persons in full or by their last name alone:
    "Russian President Vladimir Putin, who is 73, is set to meet Mr. Witkoff" becomes "Putin is
    set to meet Witkoff". What follows the main verb's object can go too; the verifier judges
    the line.
    """
    asides = [*_asides(sentence), *(each.span() for each in AGE_ASIDE.finditer(sentence.text))]
    named = [*_forenames(sentence), *asides]
    lines: dict[str, int] = {}
    starts = [compressions(sentence)[0].start, *_openings(sentence)]
    ends = [each.end for each in compressions(sentence)] + _ends(sentence)
    for first, last in product(starts, ends):
        if sentence.text[:first][-1:] in HYPHENS:  # "co-|workers"
            continue
        short = _without(sentence.text, first, last, named)
        lines[_without(sentence.text, first, last, asides)] = lines[short] = len(short.split())
    return lines


def _without(text: str, first: int, last: int, cuts: Sequence[tuple[int, int]]) -> str:
    """`text[first:last]` without what is cut, as a line."""
    kept, at = "", first
    for start, end in sorted(cuts):
        if at <= start and end <= last:
            kept, at = kept + text[at:start], end
    line = (kept + text[at:last]).rstrip(" ,;:\u2014\u2013-")
    line = re.sub(r",(?=[\"\u201d]$)", "", line)
    return line[:1].upper() + line[1:]


def _openings(sentence: ParsedSentence) -> Iterator[int]:
    """Behind the time or circumstance that the main clause opens with: "On Tuesday, | Vos …"."""
    if len(sentence.roots) != 1:
        return
    root = sentence.roots[0]
    for index in sentence.children[root]:
        if sentence.tokens[index].dep not in {"prep", "advmod", "npadvmod"} or index > root:
            continue
        own = sentence.subtree(index)
        span = sentence.span(own)
        if span is None or sentence.text[: span[0]].strip():
            continue
        if sentence.text[span[1] :][:2] == ", ":
            yield span[1] + 2
        elif _begins_subject(sentence, own[-1] + 1):
            yield sentence.tokens[own[-1] + 1].start


def _begins_subject(sentence: ParsedSentence, index: int) -> bool:
    subjects = (
        i
        for i in sentence.children[sentence.roots[0]]
        if sentence.tokens[i].dep.startswith("nsubj")
    )
    return any(min(sentence.subtree(i)) == index for i in subjects)


def _forenames(sentence: ParsedSentence) -> Iterator[tuple[int, int]]:
    """What stands before a person's name, with the first name of a name of two words."""
    last = [t.text for t in sentence.tokens if t.entity == "PERSON" and t.dep != "compound"]
    for index, token in enumerate(sentence.tokens):
        if token.entity != "PERSON" or token.pos != "PROPN" or token.dep == "compound":
            continue
        if last.count(token.text) > 1:  # "Ron Tarnowski and Mary Tarnowski"
            continue
        before = [sentence.tokens[i] for i in sentence.subtree(index) if i < index]
        own = [part for part in before if part.entity == "PERSON"]
        if len(own) > 1 or len(token.text) <= SHORTEST_SURNAME:
            before = before[: before.index(own[0])] if own else []
            token = own[0] if own else token
        if before and all(part.pos in {"PROPN", "ADJ", "NOUN", "DET"} for part in before):
            yield before[0].start, token.start


def _asides(sentence: ParsedSentence) -> Iterator[tuple[int, int]]:
    """Appositions and relative clauses between two commas, with both commas."""
    for index, token in enumerate(sentence.tokens):
        if token.dep not in {"appos", "relcl"}:
            continue
        span = sentence.span(sentence.subtree(index))
        if span is None or not balanced(sentence.text[slice(*span)]):
            continue
        opened, closed = sentence.text[: span[0]].rstrip(), sentence.text[span[1] :]
        if opened.endswith(",") and closed.startswith(","):
            yield len(opened) - 1, span[1] + 1


def _ends(sentence: ParsedSentence) -> list[int]:
    """Where a headline may end: before each phrase that follows the main verb's last object, or
    its first phrase where it has none."""
    if len(sentence.roots) != 1:
        return []
    root = sentence.roots[0]
    if sentence.tokens[root].lemma in UNFINISHED:
        return []
    after = [i for i in sentence.children[root] if i > root and sentence.tokens[i].pos != "PUNCT"]
    said = [
        i
        for i in after
        if sentence.tokens[i].dep
        in {"dobj", "attr", "acomp", "agent", "xcomp", "ccomp", "oprd", "dative"}
    ]
    least = max(sentence.subtree(said[-1] if said else after[0] if after else root))
    found: list[int] = []
    for index in reversed(after):
        first = min(sentence.subtree(index))
        if sentence.tokens[index].dep in {"prep", "advcl", "npadvmod"} and first > least:
            found.append(sentence.tokens[first - 1].end)
    return [end for end in found if balanced(sentence.text[:end])]
