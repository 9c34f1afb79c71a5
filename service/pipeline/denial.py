"""Denial: whether one sentence says that what the other says is not so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from service.pipeline import lexicon
from service.pipeline.quantities import ANYONE
from service.pipeline.syntax import (
    CONDITIONS,
    NEGATIONS,
    OBJECT,
    REFUSALS,
    REPORTED,
    SUBJECT,
    Clause,
    predicate_above,
    verb_above,
)

SAME_MATTER = 0.6
"""Least cosine of a claim and its denial."""

SAME_THING = 0.65
"""The same where a thing, not an act, is said not to be."""

REJECTS = frozenset({"deny", "reject", "dismiss", "refute", "contradict", "rebut", "dispute"})
DISBELIEF = frozenset({"lie", "hoax", "fake", "false", "untrue", "bogus", "outlandish", "debunk"})
DEFIED = re.compile(
    r"\b(?:push\w* back against|shot down) (?:a |an |the )?(?:\w+ )?(?:report|claim|rumou?r|stor)"
)
"""What denies without a negation."""

NAMES = frozenset({"NORP", "GPE", "PERSON", "ORG"})

REPORTS = frozenset({"report", "claim", "story", "allegation", "account", "accusation", "announcement", "suggestion",
                     "rumor", "rumour", "speculation", "statement"})  # fmt: skip
LIGHT = frozenset({"be", "have", "do", "say", "tell", "make", "take", "get", "go", "come", "know", "think", "want",
                   "see", "find", "mean", "give", "add", "report", "announce", "deny", "call", "need", "try", "feel", "hold"})  # fmt: skip
"""Predicates that negated deny nothing in particular."""

MIN_SHARED = 2
"""Content words that two clauses share beside their predicate, for one to deny the other."""

MIN_STEM = 5
"""Letters that words of one family begin with."""


def denies(claim: Clause, denial: Clause, near: float) -> str | None:
    """What `denial` says is not so and `claim` says is; None where it denies nothing of it."""
    if near < SAME_MATTER or _negative(claim) or claim.text.rstrip().endswith("?"):
        return None
    for index in _denied(denial):
        if not denial.is_predicate(index) and near < SAME_THING:
            continue
        if any(_asserts(claim, held, denial, index) for held in claim.content):
            return denial.tokens[index].lemma.lower()
    if _shared(claim, denial) >= MIN_SHARED and any(
        set(told) & claim.positions.keys() for told in _rejected(denial)
    ):
        return "whether it is so"
    return None


def _asserts(claim: Clause, held: int, denial: Clause, index: int) -> bool:
    """Whether the claim says of its word `held` what the denial denies of its word `index`."""
    if not _one_word(claim.keys[held], denial.keys[index]):
        return False
    if claim.tokens[held].lemma.lower() in LIGHT:
        return False
    own = [(claim, held), (denial, index)]
    verbs = [
        clause.keys[i] if clause.is_predicate(i) else verb_above(clause, i) for clause, i in own
    ]
    light = all(verb in LIGHT or verb == c.keys[i] for verb, (c, i) in zip(verbs, own, strict=True))
    if not light and not _absent(denial, index) and not _one_word(*verbs):
        return False
    return (
        _asserted(claim, held)
        and _same_about(claim, held, denial, index)
        and _same_object(claim, held, denial, index)
    )


def _absent(denial: Clause, index: int) -> bool:
    """Whether the denial says that there is none, or "without any", of its noun."""
    head = denial.tokens[index].head
    exists = any(denial.tokens[i].dep == "expl" for i in denial.children[head])
    return exists or denial.tokens[head].text.lower() == "without"


def _same_object(claim: Clause, held: int, denial: Clause, index: int) -> bool:
    """Whether the two predicates have one object, as far as both have any, and no other name."""
    a, b = _objects(claim, held), _objects(denial, index)
    theirs, ours = _names_of(claim, a or [held]), _names_of(denial, b or [index])
    if theirs and ours and not ours & claim.positions.keys():
        return False
    return not (a and b) or bool({claim.keys[i] for i in a} & {denial.keys[i] for i in b})


def _names_of(clause: Clause, things: Sequence[int]) -> set[str]:
    """Keys of the names in the nouns' own phrases and in the phrase right behind each: whether
    "from Morocco" belongs to "employs" or to "women" a parser can't tell."""
    found: set[int] = set()
    for thing in things:
        if clause.tokens[thing].pos != "NOUN":
            continue
        own = clause.subtree(thing)
        found.update(own)
        behind = own[-1] + 1
        if behind < len(clause.tokens) and clause.tokens[behind].dep == "prep":
            found.update(clause.subtree(behind))
    return {clause.keys[i] for i in found if clause.tokens[i].entity in NAMES}


def _objects(clause: Clause, index: int) -> list[int]:
    """The nouns that the predicate is done to; none of a noun or pronoun."""
    if not clause.is_predicate(index):
        return []
    return [
        i
        for i in clause.children[index]
        if clause.tokens[i].dep in OBJECT | {"attr", "oprd"} and clause.tokens[i].pos != "PRON"
    ]


def _one_word(a: str, b: str) -> bool:
    """One word or one family of words: "agree" and "agreement"."""
    return (a == b and any(map(str.isalpha, a))) or (
        min(len(a), len(b)) >= MIN_STEM and a[:MIN_STEM] == b[:MIN_STEM]
    )


def _asserted(clause: Clause, index: int) -> bool:
    """Whether the sentence says it itself or reports it: a main predicate, what is reported by
    one, or the object of either; nothing under "would", "if" or "to"."""
    verb = index if clause.is_predicate(index) else predicate_above(clause, index)
    if verb is None or (
        verb != index and clause.tokens[index].dep not in {"dobj", "attr", "acomp", "pobj"}
    ):
        return False
    for each in (verb, *clause.ancestors(verb)):
        below = [clause.tokens[i] for i in clause.children[each]]
        if any(token.tag in {"MD", "TO"} or token.text.lower() in CONDITIONS for token in below):
            return False
        if clause.tokens[each].dep not in {"ccomp", "conj", "parataxis", "ROOT"}:
            return False
    return True


def _negative(clause: Clause) -> bool:
    return bool(DEFIED.search(clause.text)) or any(
        token.text.lower() in NEGATIONS | {"non"}
        or token.lemma.lower() in REFUSALS | REJECTS | DISBELIEF
        for token in clause.tokens
    )


def _denied(clause: Clause) -> Iterator[int]:
    """Main predicates that are negated, their objects, what is denied, and what there is none of."""
    for index, token in enumerate(clause.tokens):
        head = token.head
        if token.dep == "neg" and clause.is_predicate(head) and _asserted(clause, head):
            yield head
            yield from (
                i for i in clause.children[head] if clause.tokens[i].dep in {"dobj", "attr"}
            )
        elif token.text.lower() == "no" and token.dep == "det" and _asserted(clause, head):
            yield head
        elif token.text.lower() == "without" and clause.tokens[head].dep in {"ROOT", "ccomp"}:
            yield from (i for i in clause.children[index] if clause.tokens[i].dep == "pobj")
        elif token.lemma.lower() in {"deny", "denied"}:
            yield from (
                i for i in clause.children[index] if clause.tokens[i].dep in {*REPORTED, "dobj"}
            )


def _same_about(claim: Clause, held: int, denial: Clause, index: int) -> bool:
    """Whether the two clauses share names or nouns enough to be about one thing, and the one
    that each says it of is not another."""
    a, b = _subject(claim, held), _subject(denial, index)
    if a and b and not a & b:
        return False
    return _shared(claim, denial) >= MIN_SHARED


def _subject(clause: Clause, index: int) -> set[str]:
    """Keys of the names that the predicate is said of, else of the noun; none of a pronoun or of
    people, whom reports call by many nouns."""
    for verb in (index, *clause.ancestors(index)):
        for child in clause.children[verb]:
            if clause.tokens[child].dep not in SUBJECT | {"nsubjpass"}:
                continue
            own = clause.subtree(child)
            names = {clause.keys[i] for i in own if clause.tokens[i].pos == "PROPN"}
            token = clause.tokens[child]
            thing = token.pos == "NOUN" and not lexicon.is_person(token.lemma)
            return names or ({clause.keys[child]} - ANYONE if thing else set())
    return set()


def _shared(a: Clause, b: Clause) -> int:
    """Content words that both have."""

    def words(clause: Clause) -> set[str]:
        return {
            clause.keys[i] for i in clause.content
            if clause.tokens[i].lemma.lower() not in LIGHT and clause.tokens[i].entity not in {"DATE", "TIME"}
        }  # fmt: skip

    return len(words(a) & words(b))


def _rejected(clause: Clause) -> Iterator[list[str]]:
    """Per "… dismissing reports that …", "… rejected the claim": the keys of the
    verbs and nouns that tell what is rejected, none where the report is only named."""
    for index, token in enumerate(clause.tokens):
        if token.lemma.lower() not in REJECTS:
            continue
        for child in clause.children[index]:
            if clause.tokens[child].lemma.lower() in REPORTS:
                told = [i for i in clause.subtree(child) if i in set(clause.content) and i != child]
                yield [clause.keys[i] for i in told if clause.tokens[i].pos in {"VERB", "NOUN"}]
