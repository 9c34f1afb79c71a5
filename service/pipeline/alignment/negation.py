"""Negation: whether one sentence says that what the other says is not so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from service.pipeline.alignment.quantities import ANYONE
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import (
    CONDITIONS,
    MAX_MENTIONS,
    NEGATIONS,
    OBJECT,
    REFUSING_LEMMAS,
    REPORTED,
    SUBJECT,
    ParsedSentence,
    predicate_above,
    verb_above,
)

MIN_DENIAL_COSINE = 0.6
"""Least cosine of a claim and its denial."""

SAME_THING = 0.65
"""The same where a thing, not an act, is said not to be."""

REJECTS = frozenset({"deny", "reject", "dismiss", "refute", "contradict", "rebut", "dispute"})
DISBELIEF = frozenset({"lie", "hoax", "fake", "false", "untrue", "bogus", "outlandish", "debunk", "fabrication", "unfounded",
                       "baseless", "nonsense", "ludicrous", "fictitious", "discredit", "inaccurate"})  # fmt: skip
PRETENCE = frozenset({"hoax", "fake"})
HAVE = frozenset({"have", "get", "give", "undergo"})
"""Who has or undergoes a thing that is a pretence does not; who leads or opposes it may."""

TRUTH = frozenset({"true", "real", "accurate", "correct", "genuine"})
"""What is not so is untrue."""

DEFIED = re.compile(
    r"\b(?:push\w* back against|shot down) (?:a |an |the )?(?:\w+ )?(?:report|claim|rumou?r|stor)"
)
"""What denies without a negation."""

NAME_ENTITIES = frozenset({"NORP", "GPE", "PERSON", "ORG"})

REPORT_NOUNS = frozenset({"report", "claim", "story", "allegation", "account", "accusation", "announcement", "suggestion",
                     "rumor", "rumour", "speculation", "statement", "assertion", "theory", "notion"})  # fmt: skip
EVIDENCE = frozenset({"evidence", "proof", "truth", "sign", "indication"})
"""What tells something, as reports do: there is none "that it sold"."""

PLANS = frozenset({"plan", "intend", "intention", "set", "consider", "decide", "go", "look"})
"""Words under which an act is said of the future: "is looking to sell"."""

DOUBTS = frozenset({"claim", "allege", "allegedly", "apparent", "suppose", "supposed", "supposedly", "purport", "suspicion",
                    "scepticism", "skepticism", "rumor", "rumour", "insist"})  # fmt: skip
"""What a report holds at arm's length it doesn't say itself."""

STILL_THERE = frozenset({"threat", "call", "warning", "alarm", "alert", "email", "letter", "message", "name", "note",
                         "passport", "document", "account", "ticket"})  # fmt: skip
"""What was made or found though it was a hoax or a fake."""

NARROWED = frozenset({"just", "merely", "simply", "necessarily", "immediately", "always"})
"""Behind "not" they leave the act itself standing."""

NEVER_DENIED = frozenset({"be", "have", "do", "say", "tell", "make", "take", "get", "go", "come", "know", "think", "want",
                   "see", "find", "mean", "give", "add", "report", "announce", "deny", "call", "need", "try", "feel", "hold"})  # fmt: skip
"""Predicates that say too little for their negation to be a denial: "he did not say" denies no act."""

OBJECTS = frozenset({"dobj", "attr", "acomp", "pobj"})
"""Edges of what a predicate says of its subject."""

MIN_SHARED = 2
"""Content words that two sentences share, for one to deny the other."""

MIN_STEM = 5
"""Letters that words of one family begin with."""


def denies(claim: ParsedSentence, denial: ParsedSentence, near: float) -> str | None:
    """What `denial` says is not so and `claim` says is; None where it denies nothing of it."""
    if near < MIN_DENIAL_COSINE or _negative(claim) or claim.text.rstrip().endswith("?"):
        return None
    shared = _shared(claim, denial)
    families: dict[str, list[int]] = defaultdict(list)
    for held in claim.content:
        families[claim.keys[held][:MIN_STEM]].append(held)
    for index in dict.fromkeys(_denied(denial)) if shared >= MIN_SHARED else ():
        if not denial.is_predicate(index) and near < SAME_THING:
            continue
        alike = families.get(denial.keys[index][:MIN_STEM], ())[:MAX_MENTIONS]
        if any(_asserts(claim, held, denial, index) for held in alike):
            return denial.tokens[index].lemma.lower()
    if any(_taken_for_real(claim, denial, *called) for called in _disbelieved(denial)):
        return "whether it is so"
    if shared >= MIN_SHARED and any(
        set(told) & claim.positions.keys() for told in _rejected(denial)
    ):
        return "whether it is so"
    return None


def _asserts(claim: ParsedSentence, held: int, denial: ParsedSentence, index: int) -> bool:
    """Whether the claim's token `held` and the denial's token `index`, which the denial says is not so,
    are one word (or one family of words) with the same subject, object and predicate, and the claim
    says or reports it as a fact."""
    if not _one_word(claim.keys[held], denial.keys[index]):
        return False
    if claim.tokens[held].lemma.lower() in NEVER_DENIED:
        return False
    if _is_named(denial, index) and not _is_named(claim, held):
        return False
    own = [(claim, held), (denial, index)]
    verbs = [
        clause.keys[i] if clause.is_predicate(i) else verb_above(clause, i) for clause, i in own
    ]
    light = all(
        verb in NEVER_DENIED | PLANS or verb == c.keys[i]
        for verb, (c, i) in zip(verbs, own, strict=True)
    )
    if not light and not _absent(denial, index) and not _one_word(*verbs):
        return False
    return (
        _asserted(claim, held, planned=_planned(denial, index))
        and _same_subject(claim, held, denial, index)
        and _same_object(claim, held, denial, index)
    )


def _absent(denial: ParsedSentence, index: int) -> bool:
    """Whether the denial says that there is none, or "without any", of its noun."""
    head = denial.tokens[index].head
    exists = any(denial.tokens[i].dep == "expl" for i in denial.children[head])
    return exists or denial.tokens[head].text.lower() == "without"


def _is_named(clause: ParsedSentence, index: int) -> bool:
    """Whether the noun says what its subject is: "is the killer"."""
    return clause.tokens[index].dep == "attr" and not _absent(clause, index)


def _same_object(claim: ParsedSentence, held: int, denial: ParsedSentence, index: int) -> bool:
    """Whether the two predicates have one object, as far as both have any, and no other name."""
    a, b = _objects(claim, held), _objects(denial, index)
    for kinds in (NAME_ENTITIES, frozenset({"DATE"})):
        theirs = _entities(claim, a or [held], kinds)
        ours = _entities(denial, b or [index], kinds)
        if theirs and ours and not ours & claim.positions.keys():
            return False
    of = [_of(claim, a or [held]), _of(denial, b or [index])]
    if all(of) and not of[0] & of[1]:
        return False
    return not (a and b) or bool({claim.keys[i] for i in a} & {denial.keys[i] for i in b})


def _of(clause: ParsedSentence, things: Sequence[int]) -> set[str]:
    """Keys of what stands behind the nouns' "of": "godmother of 700 children"."""
    phrases = (i for thing in things for i in _below(clause, thing, {"prep"}))
    return {
        clause.keys[i]
        for phrase in phrases
        if clause.tokens[phrase].text.lower() == "of"
        for i in clause.subtree(phrase)
        if i in clause.content_set
    }


def _entities(clause: ParsedSentence, things: Sequence[int], kinds: Set[str]) -> set[str]:
    """Keys of the names or dates in the nouns' own phrases and in the phrase right behind each: whether
    "from Morocco" belongs to "employs" or to "women" a parser can't tell. Of a verb, those in the
    phrases behind it: "flew to Paris on Friday"."""
    found: set[int] = set()
    for thing in things:
        if clause.is_predicate(thing):
            for phrase in _below(clause, thing, {"prep", "npadvmod"}):
                found.update(i for i in clause.subtree(phrase) if phrase > thing)
        if clause.tokens[thing].pos != "NOUN":
            continue
        own = clause.subtree(thing)
        found.update(own)
        behind = own[-1] + 1
        if behind < len(clause.tokens) and clause.tokens[behind].dep == "prep":
            found.update(clause.subtree(behind))
    return {clause.keys[i] for i in found if clause.tokens[i].entity in kinds}


def _objects(clause: ParsedSentence, index: int) -> list[int]:
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


def _asserted(clause: ParsedSentence, index: int, *, planned: bool = False) -> bool:
    """Whether the sentence says it itself or reports it: a main predicate, what is reported by
    one, or the object of either; nothing under "would", "if" or "to". With `planned` also what
    will be done, or is planned."""
    verb = index if clause.is_predicate(index) else predicate_above(clause, index)
    if verb is None:
        return False
    if verb != index:
        path = [index, *clause.ancestors(index)]
        highest = clause.tokens[path[path.index(verb) - 1]]  # "talk of expansion grew" is none
        if clause.tokens[index].dep not in OBJECTS or highest.dep not in OBJECTS | {"prep"}:
            return False
    for each in (verb, *clause.ancestors(verb)):
        below = [clause.tokens[i] for i in clause.children[each]]
        token = clause.tokens[each]
        plan = planned and token.dep in {"xcomp", "acl"}
        plan = plan and clause.tokens[token.head].lemma.lower() in PLANS
        if any(
            each.text.lower() in CONDITIONS
            or (each.tag == "MD" and not (planned and each.lemma.lower() in {"will", "'ll"}))
            or (each.tag == "TO" and not plan)
            for each in below
        ):
            return False
        if token.dep not in {"ccomp", "conj", "parataxis", "ROOT"} and not plan:
            return False
    return True


def _planned(clause: ParsedSentence, index: int) -> bool:
    """Whether it is said of the future: "will not close", "no plans to close"."""
    verb = index if clause.is_predicate(index) else predicate_above(clause, index)
    if verb is None:
        return False
    future = any(clause.tokens[i].tag in {"MD", "TO"} for i in clause.children[verb])
    return future or clause.tokens[verb].lemma.lower() in PLANS


def _negative(clause: ParsedSentence) -> bool:
    return bool(DEFIED.search(clause.text)) or any(
        token.text.lower() in NEGATIONS | {"non"}
        or token.lemma.lower() in REFUSING_LEMMAS | REJECTS | DISBELIEF
        for token in clause.tokens
    )


def _denied(clause: ParsedSentence) -> Iterator[int]:
    """Main predicates that are negated, their objects, what is denied, what there is none of, and
    what is told by a report that is called untrue."""
    for index, token in enumerate(clause.tokens):
        head = token.head
        if token.dep == "neg" and clause.is_predicate(head):
            following = clause.tokens[index + 1 : index + 2]
            narrowed = any(each.text.lower() in NARROWED for each in following)
            if not narrowed and _asserted(clause, head, planned=True):
                yield from _planned_by(clause, head)
                yield from (
                    i for i in _below(clause, head, {"dobj", "attr"}) if not _known(clause, i)
                )
        elif token.text.lower() in {"no", "none", "nobody"} and (found := _none(clause, index)):
            yield from found
        elif token.text.lower() == "without" and clause.tokens[head].dep in {"ROOT", "ccomp"}:
            yield from _below(clause, index, {"pobj"})
        elif token.lemma.lower() in {"deny", "denied"}:
            for i in _below(clause, index, {*REPORTED, "dobj"}):
                yield from _planned_by(clause, i)
    for thing, _ in _disbelieved(clause):
        if clause.is_predicate(thing):
            yield thing
        elif clause.tokens[thing].lemma.lower() in REPORT_NOUNS:
            yield from _reported(clause, thing)


def _none(clause: ParsedSentence, index: int) -> list[int]:
    """What "no" says there is none of, or what nobody does: "no threats were made", "none of them
    came"; nothing of "no other threats" or "no serious threat"."""
    noun = clause.tokens[index].head if clause.tokens[index].dep == "det" else index
    verb = predicate_above(clause, noun)
    if verb is None or not _asserted(clause, verb) or _below(clause, noun, {"amod"}):
        return []
    found = [*_planned_by(clause, noun)] if noun != index else []
    if clause.tokens[noun].lemma.lower() in EVIDENCE:
        found += _reported(clause, noun)
    if clause.tokens[noun].dep in {"nsubj", "nsubjpass"}:
        found.append(verb)
    return found


def _known(clause: ParsedSentence, index: int) -> bool:
    """Whether there is one for sure, done to or not: "has not seen the evidence"."""
    words = {clause.tokens[i].text.lower() for i in clause.children[index]}
    return clause.tokens[index].dep == "dobj" and bool(words & {"the", "this", "these", "that"})


def _below(clause: ParsedSentence, index: int, deps: Set[str]) -> list[int]:
    return [i for i in clause.children[index] if clause.tokens[i].dep in deps]


def _planned_by(clause: ParsedSentence, index: int) -> Iterator[int]:
    """The act; of a plan also what is planned: "no plans to expand", "is considering a sale"."""
    yield index
    if clause.tokens[index].lemma.lower() in PLANS:
        yield from _below(clause, index, {"xcomp", "acl", "dobj"})


def _reported(clause: ParsedSentence, report: int) -> Iterator[int]:
    """What a report tells: "reports that it sold", "reports of a sale"."""
    yield from _below(clause, report, {"acl", "ccomp"})
    for i in _below(clause, report, {"prep"}):
        if clause.tokens[i].text.lower() == "of":
            yield from _below(clause, i, {"pobj", "pcomp"})


def _disbelieved(clause: ParsedSentence) -> Iterator[tuple[int, str]]:
    """What is called untrue, the noun or the verb of a clause, and by which word."""
    for index, token in enumerate(clause.tokens):
        word = token.lemma.lower()
        verb = index if token.pos == "VERB" else predicate_above(clause, index)
        if word not in DISBELIEF | TRUTH or verb is None:
            continue
        if clause.tokens[verb].dep == "xcomp":
            verb = clause.tokens[verb].head
        above = [verb, *clause.ancestors(verb)]
        negated = [
            any(clause.tokens[k].text.lower() in NEGATIONS for k in clause.children[i])
            for i in above
        ]
        if not _asserted(clause, verb) or negated[0] != (word in TRUTH) or any(negated[1:]):
            continue
        if any(clause.tokens[i].lemma.lower() in REJECTS for i in above):
            continue
        called = {"nsubjpass"}
        if token.dep in {"attr", "acomp"}:
            called |= {"nsubj"}
        if token.dep == "acomp":
            called |= {"ccomp"}
        if index == verb or token.dep in {"dobj", "pobj", "advcl"}:
            called |= {"dobj"}
        yield from ((i, word) for i in _below(clause, verb, called) if i != index)


def _taken_for_real(claim: ParsedSentence, denial: ParsedSentence, thing: int, word: str) -> bool:
    """Whether somebody has, in the claim, the very thing that the denial calls a fake, or that one
    called so says to have: "had a third breast", "who claimed to have a third breast"."""
    if word not in PRETENCE or denial.tokens[thing].lemma.lower() in STILL_THERE:
        return False
    if any(each.lemma.lower() in DOUBTS for each in claim.tokens):
        return False
    told = {denial.keys[i] for i in denial.subtree(thing) if i in denial.content_set}
    return len(told & claim.positions.keys()) >= MIN_SHARED and any(
        claim.keys[i] in told and token.dep == "dobj" and verb_above(claim, i) in HAVE
        for i, token in enumerate(claim.tokens)
    )


def _same_subject(claim: ParsedSentence, held: int, denial: ParsedSentence, index: int) -> bool:
    """Whether the two have one subject, as far as both name any."""
    a, b = _subject(claim, held), _subject(denial, index)
    return not (a and b) or bool(a & b)


def _subject(clause: ParsedSentence, index: int) -> set[str]:
    """Keys of the names that the predicate is said of, else of the noun; none of a pronoun or of
    people, whom reports call by many nouns, and none of the noun at `index` itself."""
    for verb in (index, *clause.ancestors(index)):
        for child in _below(clause, verb, SUBJECT | {"nsubjpass"}):
            own = clause.subtree(child)
            names = {clause.keys[i] for i in own if clause.tokens[i].pos == "PROPN"}
            token = clause.tokens[child]
            thing = token.pos == "NOUN" and not normalisation.is_person(token.lemma)
            if index in own:
                return set()
            return names or ({clause.keys[child]} - ANYONE - NEGATIONS if thing else set())
    return set()


def _shared(a: ParsedSentence, b: ParsedSentence) -> int:
    """Content words that both have."""

    def words(clause: ParsedSentence) -> set[str]:
        return {
            clause.keys[i] for i in clause.content
            if clause.tokens[i].lemma.lower() not in NEVER_DENIED and clause.tokens[i].entity not in {"DATE", "TIME"}
        }  # fmt: skip

    return len(words(a) & words(b))


def _rejected(clause: ParsedSentence) -> Iterator[list[str]]:
    """Per "… dismissing reports that …", "… rejected the claim": the keys of the
    verbs and nouns that tell what is rejected, none where the report is only named."""
    for index, token in enumerate(clause.tokens):
        if token.lemma.lower() not in REJECTS:
            continue
        for child in clause.children[index]:
            if clause.tokens[child].lemma.lower() in REPORT_NOUNS:
                told = [i for i in clause.subtree(child) if i in clause.content_set and i != child]
                yield [clause.keys[i] for i in told if clause.tokens[i].pos in {"VERB", "NOUN"}]
