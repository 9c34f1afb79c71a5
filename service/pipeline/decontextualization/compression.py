"""Compression: a source sentence, shortened at clause borders.

A compression is a contiguous span of its sentence, so its citation is exact. Only what can go
without changing what the rest says is cut: a linking word in front, a relative clause, apposition
or circumstance behind. A compression is verified like any other candidate.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from service.pipeline.linguistics.parse import ParsedSentence, balanced

MIN_WORDS, MAX_WORDS = 6, 45
"""Fewer words seldom say what happened; more are not read under deadline."""

READABLE_WORDS = 32
"""A longer sentence is compressed where a compression is supported."""

LINK = re.compile(
    r"(?:(?:But|And|So(?! far| many| much)|Yet|Or|Still|Also|However|Furthermore|Moreover|Meanwhile|Nevertheless|Nonetheless"
    r"|Afterwards?|Additionally|In addition(?! to\b)|Besides(?=,)|Indeed|Instead|Thus|Therefore|Then|For example"
    r"|For instance|Similarly|Likewise|At the same time|On the other hand|Of course|In fact|As a result"
    r"|Consequently|Finally|Plus|Overall|Increasingly|That said|Even so),?\s+)+(?=\S)"
)
"""Words that tie a sentence to one that will not be there."""

BORDER = re.compile(r"\s*(?:,|\u2014|\u2013|--)(?:\s+(?:and|but)\b)?\s*|\s+(?:and|but)\s+")
"""Where a clause may begin: at a comma, a dash, or the conjunction of two predicates."""

MAX_BORDERS = 40
"""A sentence with more borders is a list and offered whole: after each cut all borders before it are
tried again. The longest of 484 sentences of Multi-News, 64 words, has 12."""

DROPPABLE = frozenset({"relcl", "acl", "appos", "advcl", "prep"})

CIRCUMSTANCE = frozenset({"as", "while", "when", "where", "after", "before", "since", "whereas",
                          "following", "amid", "including"})  # fmt: skip
"""Clauses and phrases that open so can go from the end; "if", "unless", "although",
"because", "despite" and "according to" stay."""


class Compression:
    """A contiguous piece of a sentence: `start`/`end` in the sentence, `text` as printed."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        self.start, self.end = start, end
        body = sentence[start:end]
        cased = body[:1].upper() + body[1:]
        self.text = cased if re.search(r"[.!?][\"\u201d')]*$", cased) else cased + "."


def compressions(sentence: ParsedSentence) -> list[Compression]:
    """The sentence without its linking word, then shorter and shorter pieces of it.

    The first always stands for the whole sentence; each later one has lost one more
    clause from its end.
    """
    text = sentence.text
    link = LINK.match(text)
    start = link.end() if link else 0
    found = [Compression(text, start, len(text))]
    end = len(text.rstrip(" .!?"))
    borders = [match.start() for match in BORDER.finditer(text) if match.start() > start]
    if len(borders) > MAX_BORDERS:
        return found
    places = [token.start for token in sentence.tokens]
    while (cut := _last_clause(sentence, borders, places, end)) is not None:
        end = cut
        if len(text[start:end].split()) < MIN_WORDS or not balanced(text[start:end]):
            continue
        found.append(Compression(text, start, end))
    return found


def _last_clause(
    sentence: ParsedSentence, borders: Sequence[int], places: Sequence[int], end: int
) -> int | None:
    """Where the last droppable clause of `text[:end]` begins, one of `borders`, or None.

    `places` are the offsets of the tokens.
    """
    last = bisect_left(places, end)
    for border in reversed(borders[: bisect_left(borders, end)]):
        inside = [
            index
            for index in range(bisect_left(places, border), last)
            if sentence.tokens[index].pos not in {"PUNCT", "SPACE"}
        ]
        while inside and sentence.tokens[inside[0]].dep == "cc":
            inside = inside[1:]
        if inside and _droppable(sentence, inside):
            return border
    return None


def _droppable(sentence: ParsedSentence, inside: list[int]) -> bool:
    """Whether the tokens are one clause that only adds to what stands before it, and of
    which nothing stands there: "who, like his mount, | is owned by a brewer" is one clause."""
    span = set(inside)
    heads = {index for index in inside if sentence.tokens[index].head not in span}
    if span & set(sentence.roots):
        return False
    if any(sentence.tokens[index].head in span for index in range(inside[0])):
        return False
    if len(heads) != 1 or sentence.tokens[(head := heads.pop())].head > inside[0]:
        return False
    token = sentence.tokens[head]
    if token.dep == "conj":
        return _shares_subject(sentence, head)
    if token.dep not in DROPPABLE or _is_cleft(sentence, head):
        return False
    words = {sentence.tokens[index].text.lower() for index in inside}
    if token.dep == "prep" and token.text.lower() not in CIRCUMSTANCE:
        return False
    if token.dep == "advcl":
        marks = {
            sentence.tokens[child].text.lower()
            for child in sentence.children[head]
            if sentence.tokens[child].dep in {"mark", "advmod"}
        }
        if not marks & CIRCUMSTANCE and token.tag != "VBG":
            return False
    return not (words & {"if", "unless", "not", "only", "although", "though"})


def _is_cleft(sentence: ParsedSentence, clause: int) -> bool:
    """Whether the relative clause may be what "it is the traders | who …" says of them."""
    return sentence.tokens[clause].dep == "relcl" and any(
        sentence.tokens[root].lemma == "be"
        and any(
            sentence.tokens[i].text.lower() == "it" and sentence.tokens[i].dep.startswith("nsubj")
            for i in sentence.children[root]
        )
        for root in sentence.roots
    )


def _shares_subject(sentence: ParsedSentence, verb: int) -> bool:
    """Whether a finite verb that is joined to another one has that one's subject."""
    other = sentence.tokens[verb].head
    finite = all(
        sentence.is_predicate(i) and sentence.tokens[i].tag in {"VBD", "VBZ", "VBP", "VBN"}
        for i in (verb, other)
    )
    own = any(sentence.tokens[i].dep.startswith("nsubj") for i in sentence.children[verb])
    return finite and not own
