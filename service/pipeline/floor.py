"""The floor: the source's own sentence, trimmed at clause borders, where it can stand alone.

A trim is a contiguous span, so its citation is exact. Only what can go without changing
what the rest says is cut: a linking word in front, a relative clause, apposition or
circumstance behind. The checker judges a trimmed sentence like any other.
"""

from __future__ import annotations

import re

from service.pipeline.syntax import Clause, balanced, quotations

MIN_WORDS, MAX_WORDS = 6, 45
"""Fewer words seldom say what happened; more are not read under deadline."""

LINK = re.compile(
    r"(?:(?:But|And|So|Yet|Or|Still|Also|However|Furthermore|Moreover|Meanwhile|Nevertheless|Nonetheless"
    r"|Afterwards?|Additionally|In addition|Besides|Indeed|Instead|Thus|Therefore|Then|For example"
    r"|For instance|Similarly|Likewise|At the same time|On the other hand|Of course|In fact|As a result"
    r"|Consequently|Finally|Plus|Overall|Increasingly|That said|Even so),?\s+)+(?=\S)"
)
"""Words that tie a sentence to one that will not be there."""

DROPPABLE = frozenset({"relcl", "acl", "appos", "advcl", "prep"})
CIRCUMSTANCE = frozenset({"as", "while", "when", "where", "after", "before", "since", "whereas",
                          "following", "amid", "including"})  # fmt: skip
"""Clauses and phrases that open so can go from the end; "if", "unless", "although",
"because", "despite" and "according to" stay."""

THIRD_PERSON = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself"})
OPENERS = frozenset({"it", "they", "this", "that", "these", "those", "such", "there", "their", "its",
                     "both", "another", "others", "neither", "either", "one", "some", "many",
                     "here", "what", "who", "which", "how", "why", "where", "whether"})  # fmt: skip
FIRST_AND_SECOND = frozenset({"i", "we", "you", "my", "our", "your", "us", "me", "let's", "ours"})
BACKWARD = re.compile(
    r"\b(?:both sides|the two (?:sides|men|women|leaders|countries)|the (?:former|latter|pair|trio|duo)"
    r"|as (?:mentioned|noted|reported) (?:above|earlier)|the following|below)\b",
    re.IGNORECASE,
)
SPEECH = frozenset({"say", "tell", "add", "note", "state", "write", "argue", "report", "announce",
                    "warn", "explain", "ask", "reply", "tweet", "post", "declare", "insist"})  # fmt: skip


class Trim:
    """A contiguous piece of a sentence: `start`/`end` in the sentence, `text` as printed."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        self.start, self.end = start, end
        body = sentence[start:end]
        cased = body[:1].upper() + body[1:]
        self.text = cased if re.search(r"[.!?][\"\u201d')]*$", cased) else cased + "."


def trims(sentence: Clause) -> list[Trim]:
    """The sentence without its linking word, then shorter and shorter pieces of it.

    The first always stands for the whole sentence; each later one has lost one more
    clause from its end.
    """
    text = sentence.text
    link = LINK.match(text)
    start = link.end() if link else 0
    found = [Trim(text, start, len(text))]
    end = len(text.rstrip(" .!?"))
    while (cut := _last_clause(sentence, start, end)) is not None:
        end = cut
        if len(text[start:end].split()) < MIN_WORDS or not balanced(text[start:end]):
            continue
        found.append(Trim(text, start, end))
    return found


def _last_clause(sentence: Clause, start: int, end: int) -> int | None:
    """Where the last droppable clause of `text[start:end]` begins, or None."""
    borders = [
        match.start()
        for match in re.finditer(r"\s*(?:,|\u2014|\u2013|--)\s*", sentence.text[:end])
        if match.start() > start
    ]
    for border in reversed(borders):
        inside = [
            index
            for index, token in enumerate(sentence.tokens)
            if border <= token.start < end and token.pos not in {"PUNCT", "SPACE"}
        ]
        if inside and _droppable(sentence, inside):
            return border
    return None


def _droppable(sentence: Clause, inside: list[int]) -> bool:
    """Whether the tokens are one clause that only adds to what stands before it."""
    span = set(inside)
    heads = {index for index in inside if sentence.tokens[index].head not in span}
    if len(heads) != 1 or sentence.tokens[(head := heads.pop())].head > inside[0]:
        return False
    token = sentence.tokens[head]
    if token.dep not in DROPPABLE or head in sentence.roots:
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


def dangles(sentence: Clause, start: int = 0) -> str | None:
    """Why a sentence can't be read without the one before it, or None.

    >>> # "He said so.", "The two sides met.", "We will win." -> a reason each
    """
    tokens = [token for token in sentence.tokens if token.start >= start and token.pos != "SPACE"]
    if not tokens:
        return "empty"
    quoted = quotations(sentence.text)
    outside = [
        token
        for token in tokens
        if not any(begin <= token.start < end for begin, end in quoted)
    ]
    first = next((token for token in outside if token.pos != "PUNCT"), tokens[0])
    if first.start == min(token.start for token in tokens) and first.text.lower() in OPENERS:
        return f"opens with {first.text!r}"
    if any(token.text.lower() in FIRST_AND_SECOND for token in outside if token.tag.startswith("PRP")):
        return "speaks in the first or second person"
    if BACKWARD.search(sentence.text[start:]):
        return "points back to another sentence"
    named = False
    for token in outside:
        if token.text.lower() in THIRD_PERSON and not named and not _named_later(sentence, token.start):
            return f"{token.text!r} has no referent"
        named = named or (token.pos == "PROPN" and token.entity in {"PERSON", "ORG", "GPE", "NORP", ""})
        named = named or (token.pos == "NOUN" and token.dep in {"nsubj", "nsubjpass"})
    return None


def _named_later(sentence: Clause, before: int) -> bool:
    """A pronoun in an opening clause whose name is the main subject: "As he spoke, Putin …"."""
    for root in sentence.roots:
        for child in sentence.children[root]:
            token = sentence.tokens[child]
            if token.dep in {"nsubj", "nsubjpass"} and token.start > before:
                return token.pos == "PROPN"
    return False


def definite_start(sentence: Clause, start: int = 0) -> str | None:
    """The noun that an opening "The …" takes as known ("The meeting"), or None.

    A noun that the sentence itself identifies, by a name, an "of" phrase or a relative
    clause, needs no earlier mention.
    """
    tokens = [(i, t) for i, t in enumerate(sentence.tokens) if t.start >= start and t.pos != "SPACE"]
    if not tokens or tokens[0][1].text.lower() not in {"the", "that", "this", "those", "these", "such"}:
        return None
    head = sentence.tokens[tokens[0][0]].head
    noun = sentence.tokens[head]
    if noun.pos != "NOUN" or noun.start < start:
        return None
    below = sentence.subtree(head)
    if any(sentence.tokens[i].pos == "PROPN" for i in below):
        return None
    if any(sentence.tokens[i].dep in {"prep", "relcl"} and sentence.tokens[i].head == head for i in below):
        return None
    return noun.lemma.lower()


def can_stand(sentence: Clause) -> bool:
    """Whether some trim of the sentence reads on its own, earlier mentions aside."""
    trim = trims(sentence)[0]
    words = len(trim.text.split())
    return (
        MIN_WORDS <= words <= MAX_WORDS
        and bool(re.search(r"[.!][\"\u201d')]*$", sentence.text))
        and balanced(sentence.text)
        and _has_finite_verb(sentence)
        and _attributed(sentence)
        and dangles(sentence, trim.start) is None
    )


def _has_finite_verb(sentence: Clause) -> bool:
    """A main verb with a subject of its own: no fragment, no bare command."""
    return any(
        sentence.is_predicate(root)
        and any(sentence.tokens[child].dep in {"nsubj", "nsubjpass", "csubj", "expl"} for child in sentence.children[root])
        for root in sentence.roots
    )


def _attributed(sentence: Clause) -> bool:
    """A sentence that is mostly quotation names who said it, in the same sentence."""
    quoted = sum(end - start for start, end in quotations(sentence.text))
    if quoted < 0.5 * len(sentence.text):
        return True
    return any(
        token.lemma.lower() in SPEECH
        and any(
            sentence.tokens[child].dep == "nsubj" and sentence.tokens[child].pos in {"PROPN", "NOUN"}
            for child in sentence.children[index]
        )
        for index, token in enumerate(sentence.tokens)
    )
