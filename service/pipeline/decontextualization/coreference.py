"""Coreference: whom "he" or "she" names, from the sentences that stand before it.

Only what a reader could not take otherwise is resolved: the sentence before has a named
person as its subject, names and mentions nobody else, or goes on with the same pronoun about
the one who was. Every other pronoun stays, and a sentence that can't be read with it is not printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import ParsedSentence, quotations

PRONOUNS = {"he": "he", "his": "he", "him": "he", "she": "she", "her": "she"}
DATED = frozenset({"DATE", "TIME"})
BACK = 3
"""Sentences looked back at most."""

SHE_ONLY = frozenset({"mrs", "ms", "miss", "lady", "queen", "princess", "actress", "spokeswoman",
                      "congresswoman", "mother", "wife", "daughter", "sister", "woman", "girl"})  # fmt: skip
HE_ONLY = frozenset({"mr", "sir", "king", "prince", "spokesman", "congressman", "father", "husband",
                     "son", "brother", "man", "boy", "pope"})  # fmt: skip


class Named(msgspec.Struct, frozen=True):
    """`text[start:end]` of a sentence is a pronoun for `name`, which stands in a sentence
    `back` before it."""

    start: int
    end: int
    name: str
    back: int


def antecedent(clause: ParsedSentence, before: Iterable[ParsedSentence]) -> Named | None:
    """The pronoun that is or owns the sentence's subject, with the name of the person it stands for;
    None where there is none or it may mean another. `before` are the sentences of its article that
    precede it, nearest first."""
    index = _pronoun(clause)
    if index is None:
        return None
    token = clause.tokens[index]
    kind = PRONOUNS[token.text.lower()]
    for back, earlier in enumerate(before, start=1):
        if back > BACK:
            return None
        subject = _subject(earlier)
        if subject is None or _others(earlier, subject):
            return None
        if earlier.tokens[subject].text.lower() == kind:
            continue
        name = _person(earlier, subject)
        if name is None or _contradicts(earlier, subject, kind):
            return None
        if token.tag == "PRP$":
            name += "\u2019s" if "\u2019" in clause.text or "'" not in clause.text else "'s"
        return Named(token.start, token.end, name, back)
    return None


def _pronoun(clause: ParsedSentence) -> int | None:
    """The pronoun that is the main subject, or owns it ("His lawyer said …"), if it stands
    outside quotation marks and nobody is named before it."""
    subject = _subject(clause)
    if subject is None:
        return None
    for index in [subject, *clause.children[subject]]:
        token = clause.tokens[index]
        if token.text.lower() in PRONOUNS and (index == subject or token.dep == "poss"):
            break
    else:
        return None
    quoted = quotations(clause.text, unclosed=True)
    if any(start <= token.start < end for start, end in quoted):
        return None
    named = any(each.pos == "PROPN" and each.entity not in DATED for each in clause.tokens[:index])
    return None if named else index


def _subject(clause: ParsedSentence) -> int | None:
    """The subject of the main clause."""
    if len(clause.roots) != 1:
        return None
    return next(
        (
            i
            for i in clause.children[clause.roots[0]]
            if clause.tokens[i].dep in {"nsubj", "nsubjpass"}
        ),
        None,
    )


def _person(clause: ParsedSentence, index: int) -> str | None:
    """The person's name that the token is part of, as it stands there."""
    if clause.tokens[index].entity != "PERSON":
        return None
    first, last = clause.entity(index)
    name = clause.text[clause.tokens[first].start : clause.tokens[last].end]
    name = re.sub(r"['\u2019]s$", "", name)
    return name if re.fullmatch(r"[A-Z][\w.\u2019'-]*(?: [\w.\u2019'-]+){0,3}", name) else None


def _others(clause: ParsedSentence, subject: int) -> bool:
    """Whether the sentence has another person than its subject: a name or a noun that is not
    in the subject's own phrase nor said of it ("X is a singer")."""
    own = set(clause.subtree(subject))
    own |= {
        i
        for child in clause.children[clause.roots[0]]
        if clause.tokens[child].dep == "attr"
        for i in clause.subtree(child)
    }
    known = {clause.tokens[i].text for i in own if clause.tokens[i].entity == "PERSON"}
    conjoined = any(
        clause.tokens[i].dep == "conj" and clause.tokens[i].pos in {"PROPN", "NOUN"} for i in own
    )
    return conjoined or any(
        (token.entity == "PERSON" and token.text not in known and token.pos == "PROPN")
        or (token.pos == "NOUN" and normalisation.is_person(token.lemma))
        for index, token in enumerate(clause.tokens)
        if index not in own
    )


def _contradicts(clause: ParsedSentence, subject: int, kind: str) -> bool:
    """Whether the subject's own phrase says that it is no "he", or no "she"."""
    words = {clause.tokens[i].text.lower().rstrip(".") for i in clause.subtree(subject)}
    return bool(words & (SHE_ONLY if kind == "he" else HE_ONLY))
