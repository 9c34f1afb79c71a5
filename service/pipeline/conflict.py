"""Conflict: sources that disagree, on a figure, on whether something is so, on who said it.

Precision first: two sentences disagree only if they are near in meaning and
- give different figures for one kind of quantity (people killed, jobs cut, the same counted
  noun), neither holding the other's, unless one is a rounding or a bound of the other;
- hold one predicate or thing that one of them negates or denies, or one rejects reports
  of what the other says;
- hold one quotation in the mouths of two named speakers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations

import msgspec

from service.pipeline import lexicon
from service.pipeline.facts import Evidence, is_number
from service.pipeline.floor import SPEECH
from service.pipeline.syntax import (
    CONDITIONS,
    NEGATIONS,
    REFUSALS,
    REPORTED,
    SUBJECT,
    Clause,
    quotations,
)
from service.pipeline.types import ConflictType

NEAR = 0.46
"""Least cosine of two sentences that are compared at all."""

SAME_MATTER = 0.6
"""The same where the kind of quantity alone does not tell what is counted, and for denials."""

SAME_THING = 0.65
"""The same where a thing, not an act, is said not to be."""

SUPERSEDES_AFTER = timedelta(hours=3)
"""A figure published this much later updates the earlier one instead of disputing it."""

ROUNDED = 0.1
"""Share by which "about 200" may differ from another report's figure."""

KINDS = {
    "people killed": frozenset({"kill", "die", "dead", "death", "toll", "fatality", "perish", "claim"}),
    "people hurt": frozenset({"injure", "injury", "wound", "hurt"}),
    "people missing": frozenset({"miss", "missing", "unaccounted", "trap"}),
    "people arrested": frozenset({"arrest", "detain", "custody", "detention"}),
    "people who left": frozenset({"evacuate", "leave", "displace", "flee", "evacuation"}),
    "jobs": frozenset({"job", "position", "redundancy"}),
    "homes without power": frozenset({"electricity", "power", "dark", "outage", "blackout"}),
    "magnitude": frozenset({"magnitude"}),
    "area": frozenset({"hectare", "acre"}),
    "years in prison": frozenset({"prison", "jail"}),
}  # fmt: skip
"""Kinds of quantity → lemmas, one of which stands in the clause that gives it."""

PERSONS = frozenset({"people", "person", "man", "woman", "child", "victim", "passenger", "resident", "worker",
                     "miner", "soldier", "civilian", "inhabitant", "student", "officer", "protester",
                     "demonstrator", "migrant", "deputy", "lawmaker", "body", "villager", "guest", "fan", "driver"})  # fmt: skip
ANYONE = frozenset({"", "people", "person", "dead", "victim", "body", "other"})
"""Nouns that tell no group from another: "three soldiers" are not "three civilians"."""

HOMES = frozenset({"home", "household", "customer", "house", "property", "people"})
JOBS = frozenset({"job", "position", "post", "role", "worker", "employee"})
CURRENCIES = frozenset({"$", "\u20ac", "\u00a3", "dollar", "euro", "pound", "yen", "crown", "rouble", "ruble", "yuan",
                        "franc", "peso", "rupee"})  # fmt: skip
MOST_VALUES = 2
"""Values of one kind, among the sentences compared, that are a disagreement: more are a war's
daily tolls, or many lots of one thing."""

SHARES = frozenset({"%", "percent", "cent"})
DISTANCES = frozenset({"km", "kilometre", "kilometer", "mile", "metre", "meter", "foot"})
METRIC = {"kilometre": "km", "kilometer": "km", "meter": "metre"}
SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
}
TENS = {word: 10.0 * k for k, word in enumerate(
    "ten twenty thirty forty fifty sixty seventy eighty ninety".split(), start=1)}  # fmt: skip

NOT_COUNTED = frozenset(
    {"year", "month", "week", "day", "hour", "minute", "time", "point", "page", "a.m.", "p.m."}
)
"""Units of time and ordinals differ for many reasons that are no disagreement."""

RISES = frozenset(
    {"rise", "climb", "jump", "fall", "drop", "grow", "increase", "soar", "surge", "reach"}
)
"""Verbs that take a figure to a new one: "cases have jumped to 41"."""

PARTS = frozenset(
    {"another", "other", "more", "additional", "further", "including", "first", "last", "up"}
)
"""Beside a figure they make it a part, or a change, of another one."""

ABOUT = frozenset(
    {
        "about",
        "some",
        "around",
        "nearly",
        "almost",
        "approximately",
        "roughly",
        "close",
        "estimated",
    }
)
AT_LEAST = frozenset({"least", "over", "more"})
AT_MOST = frozenset({"up", "most", "under", "fewer", "less"})

REJECTS = frozenset({"deny", "reject", "dismiss", "refute", "contradict", "rebut", "dispute"})
REPORTS = frozenset({"report", "claim", "story", "allegation", "account", "accusation", "announcement", "suggestion",
                     "rumor", "rumour", "speculation", "statement"})  # fmt: skip
LIGHT = frozenset({"be", "have", "do", "say", "tell", "make", "take", "get", "go", "come", "know", "think", "want",
                   "see", "find", "mean", "give", "add", "report", "announce", "deny", "call", "need", "try"})  # fmt: skip
"""Predicates that negated deny nothing in particular."""

MIN_SHARED = 2
"""Content words that two clauses share beside their predicate, for one to deny the other."""

MIN_STEM = 5
"""Letters that words of one family begin with."""

MIN_QUOTED = 5
"""Words of a quotation that two speakers don't choose alike."""


class Dispute(msgspec.Struct, frozen=True):
    """Sentence `other` disagrees; `phrase` is what it gives instead, as it says it, or who says
    it; "" where its whole sentence says it."""

    type: ConflictType
    other: int
    phrase: str
    topic: str


def find(representative: Evidence, others: Sequence[tuple[int, float, Evidence]]) -> Dispute | None:
    """The first of `others` (index, cosine, evidence; other origins only) that disagrees."""
    mine = representative.clause
    counts = [representative.clause, *(each.clause for _, near, each in others if near >= NEAR)]
    values: dict[str, set[float]] = defaultdict(set)
    for figure in (figure for clause in counts for figure in figures(clause)):
        values[figure.kind].add(figure.value)
    running = {kind for kind, own in values.items() if len(own) > MOST_VALUES}
    for index, near, other in others:
        if near < NEAR:
            continue
        theirs = other.clause
        if (found := _figures_differ(mine, theirs, near)) is not None and found[0] not in running:
            topic, phrase = found
            later = _apart(other.published_at, representative.published_at)
            return Dispute("superseded" if later else "figure", index, phrase, topic)
        if (topic := _spoken_by_another(mine, theirs)) is not None:
            return Dispute("attribution", index, topic, "who said it")
        if (topic := _denies(mine, theirs, near) or _denies(theirs, mine, near)) is not None:
            return Dispute("status", index, "", topic)
    return None


# --- figures ---------------------------------------------------------------------------------


class Figure(msgspec.Struct, frozen=True):
    """A quantity as a sentence gives it. `low` and `high` bound the values that agree with it."""

    kind: str
    value: float
    low: float
    high: float
    phrase: str
    vague: bool
    predicate: str
    who: str


def figures(clause: Clause) -> list[Figure]:
    """The quantities of a sentence whose kind can be told."""
    found: list[Figure] = []
    taken: set[int] = set()
    for index, token in enumerate(clause.tokens):
        if index in taken or not (is_number(token) or token.text.lower() in TENS):
            continue
        if token.entity in {"DATE", "TIME", "ORDINAL"} and not _sentenced(clause, index):
            continue
        run = _number_run(clause, index)
        taken.update(run)
        value = _value(clause, run)
        kind = _kind(clause, run)
        if value is None or kind is None or _partial(clause, run):
            continue
        before = {clause.tokens[i].text.lower() for i in range(max(0, run[0] - 3), run[0])}
        low = high = value
        if before & ABOUT:
            low, high = value * (1 - ROUNDED), value * (1 + ROUNDED)
        if before & AT_LEAST:
            high = float("inf")
        if before & AT_MOST:
            low = 0.0
        found.append(
            Figure(
                kind[0],
                value,
                low,
                high,
                _phrase(clause, run),
                kind[1],
                _verb(clause, run[0]),
                _who(clause, run),
            )
        )
    return found


def _number_run(clause: Clause, index: int) -> list[int]:
    """The tokens of one number: "twenty", "-", "two"; "340", "million"."""
    run = [index]
    for i in range(index + 1, min(index + 4, len(clause.tokens))):
        text = clause.tokens[i].text.lower()
        glued = clause.tokens[i].start == clause.tokens[i - 1].end
        if text in SCALES or (text == "-" and glued) or (glued and is_number(clause.tokens[i])):
            run.append(i)
        else:
            break
    while clause.tokens[run[-1]].text == "-":
        run.pop()
    return run


def _value(clause: Clause, run: Sequence[int]) -> float | None:
    """
    >>> # "twenty-two" -> 22.0, "1.5 million" -> 1500000.0, "2:07:41" -> None
    """
    total, scale = 0.0, 1.0
    for i in run:
        word = clause.tokens[i].text.lower().replace(",", "").strip("$\u00a3\u20ac%")
        if word in SCALES:
            scale *= SCALES[word]
        elif word in TENS:
            total += TENS[word]
        elif lexicon.NUMBER_WORDS.get(word, "").isdigit():
            total += float(lexicon.NUMBER_WORDS[word])
        elif re.fullmatch(r"\d+(?:\.\d+)?", word):
            total += float(word)
        elif "-" in word and all(
            part in TENS or part in lexicon.NUMBER_WORDS for part in word.split("-")
        ):
            total += sum(
                TENS.get(part) or float(lexicon.NUMBER_WORDS[part]) for part in word.split("-")
            )
        elif word != "-":
            return None
    return total * scale or None


def _kind(clause: Clause, run: Sequence[int]) -> tuple[str, bool] | None:
    """What is counted, and whether that alone is vague; None where it can't be told."""
    last = clause.tokens[run[-1]]
    near = {
        clause.tokens[i].text.lower()
        for i in (run[0] - 1, run[-1] + 1)
        if 0 <= i < len(clause.tokens)
    }
    near |= {
        clause.tokens[i].lemma.lower()
        for i in (run[0] - 1, run[-1] + 1)
        if 0 <= i < len(clause.tokens)
    }
    if len(run) + run[-1] < len(clause.tokens) and "per" in near:
        near.add("cent")
    if near & SHARES or "%" in last.text:
        return "share", True
    if near & CURRENCIES:
        return "money", True
    if near & DISTANCES:
        unit = min(near & DISTANCES)
        return f"distance in {METRIC.get(unit, unit)}", True
    noun = _counted(clause, run)
    lemma = clause.tokens[noun].lemma.lower() if noun is not None else ""
    words = _clause_words(clause, run[0])
    for kind, lemmas in KINDS.items():
        if not words & lemmas:
            continue
        if kind == "years in prison":
            if lemma == "year":
                return kind, False
        elif kind == "magnitude":
            if noun is None or lemma in {"magnitude", "earthquake", "quake"}:
                return kind, False
        elif kind == "area":
            if lemma in lemmas:
                return kind, False
        elif kind == "jobs":
            if lemma in JOBS:
                return kind, False
        elif kind == "homes without power":
            if lemma in HOMES:
                return kind, False
        elif noun is None or lemma in PERSONS or lemma in lemmas:
            return kind, False
    if noun is None or lemma in NOT_COUNTED:
        return None
    scaled = any(clause.tokens[i].text.lower() in SCALES for i in run)
    return f"number of {lemma}", scaled


def _counted(clause: Clause, run: Sequence[int]) -> int | None:
    """The noun that the number counts; None where it stands alone ("rose to 14")."""
    for i in reversed(run):
        token = clause.tokens[i]
        head = clause.tokens[token.head]
        if token.dep in {"nummod", "quantmod", "amod", "compound"} and head.pos in {
            "NOUN",
            "PROPN",
        }:
            return token.head
    following = clause.tokens[run[-1] + 1] if run[-1] + 1 < len(clause.tokens) else None
    if following is not None and following.pos == "NOUN":
        return run[-1] + 1
    token = clause.tokens[run[-1]]
    verb = _predicate(clause, run[-1])
    if token.dep != "pobj" or verb is None or clause.tokens[verb].lemma.lower() not in RISES:
        return None
    return next((i for i in clause.children[verb] if clause.tokens[i].dep == "nsubj"), None)


def _clause_words(clause: Clause, index: int) -> set[str]:
    """Lemmas that stand under the number's own predicate, that one included."""
    own = _predicate(clause, index)
    return {
        token.lemma.lower()
        for i, token in enumerate(clause.tokens)
        if i == own or _predicate(clause, i) == own
    }


def _predicate(clause: Clause, index: int) -> int | None:
    return next((i for i in clause.ancestors(index) if clause.is_predicate(i)), None)


def _who(clause: Clause, run: Sequence[int]) -> str:
    noun = _counted(clause, run)
    return clause.tokens[noun].lemma.lower() if noun is not None else ""


def _verb(clause: Clause, index: int) -> str:
    own = _predicate(clause, index)
    return clause.keys[own] if own is not None else ""


def _sentenced(clause: Clause, index: int) -> bool:
    """A prison term is no date, though it is counted in years."""
    following = [token.lemma.lower() for token in clause.tokens[index + 1 : index + 3]]
    return "year" in following and bool(
        KINDS["years in prison"] & {t.lemma.lower() for t in clause.tokens}
    )


def _partial(clause: Clause, run: Sequence[int]) -> bool:
    """ "Three of the nine", "another three", "three more": a part or a change of another figure."""
    beside = [
        clause.tokens[i].text.lower()
        for i in (run[0] - 1, run[-1] + 1)
        if 0 <= i < len(clause.tokens)
    ]
    after = clause.text[clause.tokens[run[-1]].end :].lstrip().lower()
    before = clause.text[: clause.tokens[run[0]].start].rstrip().lower()
    return (
        after.startswith(("-", "of the", "of them", "of its", "of their", "more ", "others"))
        or bool({*beside} & PARTS - {"more"})
        or bool(re.search(r"\b(?:by|out of|from|including|between|than the)$", before))
    )


def _phrase(clause: Clause, run: Sequence[int]) -> str:
    """The figure with what it counts, as the sentence says it."""
    noun = _counted(clause, run)
    noun = noun if noun is not None and run[-1] < noun < run[-1] + 4 else None
    first, last = clause.tokens[run[0]].start, clause.tokens[max(run[-1], noun or 0)].end
    unit = clause.tokens[run[-1] + 1] if run[-1] + 1 < len(clause.tokens) else None
    if noun is None and unit is not None and unit.lemma.lower() in SHARES | CURRENCIES | DISTANCES:
        last = unit.end
    previous = clause.tokens[run[0] - 1] if run[0] else None
    if previous is not None and previous.text in CURRENCIES:
        first = previous.start
    return clause.text[first:last]


def _figures_differ(mine: Clause, theirs: Clause, near: float) -> tuple[str, str] | None:
    """Topic and the other's figure, where the two can't both be true."""
    if not _same_place(mine, theirs) or _years(mine) != _years(theirs):
        return None
    if any(_open(each) for each in (mine, theirs)):
        return None
    own, other = figures(mine), figures(theirs)
    for a in own:
        rivals = [b for b in other if b.kind == a.kind]
        if len(rivals) != 1 or sum(each.kind == a.kind for each in own) != 1:
            continue
        b = rivals[0]
        same = a.predicate == b.predicate
        if a.kind not in KINDS and near < (SAME_MATTER if same else SAME_THING):
            continue
        if a.vague and not same:
            continue
        if a.who != b.who and {a.who, b.who} - ANYONE == {a.who, b.who}:
            continue
        if a.vague and not _same_measure(mine, theirs):
            continue
        if _sums(mine, b.value) or _sums(theirs, a.value):
            continue
        if b.value in {each.value for each in own} or a.value in {each.value for each in other}:
            continue
        if not (a.low <= b.high and b.low <= a.high):
            return a.kind, b.phrase
    return None


def _sums(clause: Clause, total: float) -> bool:
    """Whether two of the sentence's figures add up: "four soldiers and six others" are ten."""
    values = [each.value for each in figures(clause)]
    return any(a + b == total for a, b in combinations(values, 2))


def _open(clause: Clause) -> bool:
    """Whether it leaves open of whom it speaks, or speaks of what would be: "his bond", "if"."""
    words = [token.text.lower() for token in clause.tokens]
    return words[0] in {"his", "her", "he", "she", "it", "they", "their", "its"} or bool(
        CONDITIONS & set(words)
    )


def _years(clause: Clause) -> set[str]:
    """The years that a sentence names: figures of two years are two figures."""
    return set(re.findall(r"\b(?:19|20)\d\ds?\b", clause.text))


PERIODS = frozenset({"annual", "monthly", "quarter", "quarterly", "yearly", "month", "half", "profit", "revenue", "sale",
                     "loss", "income", "seat", "vote"})  # fmt: skip


def _same_measure(mine: Clause, theirs: Clause) -> bool:
    """Whether neither names a period or a measure that the other doesn't."""
    a, b = ({token.lemma.lower() for token in each.tokens} & PERIODS for each in (mine, theirs))
    return a == b


def _same_place(mine: Clause, theirs: Clause) -> bool:
    """Whether the two don't name different places, and none in common."""
    a, b = (
        {
            lexicon.plain(token.text)
            for token in each.tokens
            if token.entity in {"GPE", "LOC", "FAC"}
        }
        for each in (mine, theirs)
    )
    names_a, names_b = (
        {token.text for token in each.tokens if token.pos == "PROPN"} for each in (mine, theirs)
    )
    return not a or not b or bool(a & b) or bool(names_a & names_b)


# --- claims and denials ------------------------------------------------------------------------


def _denies(claim: Clause, denial: Clause, near: float) -> str | None:
    """What `denial` says is not so and `claim` says is; None where it denies nothing of it."""
    if near < SAME_MATTER or _negative(claim):
        return None
    for index in _denied(denial):
        if not denial.is_predicate(index) and near < SAME_THING:
            continue
        for held in claim.content:
            if (
                _one_word(claim.keys[held], denial.keys[index])
                and claim.tokens[held].lemma.lower() not in LIGHT
                and _asserted(claim, held)
                and _same_about(claim, held, denial, index)
            ):
                return denial.tokens[index].lemma.lower()
    if _shared(claim, denial) >= MIN_SHARED and any(
        set(told) & claim.positions.keys() for told in _rejected(denial)
    ):
        return "whether it is so"
    return None


def _one_word(a: str, b: str) -> bool:
    """One word or one family of words: "agree" and "agreement"."""
    return a == b or (min(len(a), len(b)) >= MIN_STEM and a[:MIN_STEM] == b[:MIN_STEM])


def _asserted(clause: Clause, index: int) -> bool:
    """Whether the sentence says it itself or reports it: a main predicate, what is reported by
    one, or the object of either; nothing under "would", "if" or "to"."""
    verb = index if clause.is_predicate(index) else _predicate(clause, index)
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
    return any(
        token.text.lower() in NEGATIONS | {"non"} or token.lemma.lower() in REFUSALS | REJECTS
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
    subjects = [_subject(claim, held), _subject(denial, index)]
    if all(subjects) and not subjects[0] & subjects[1] and "" not in (subjects[0] | subjects[1]):
        return False
    return _shared(claim, denial) >= MIN_SHARED


def _subject(clause: Clause, index: int) -> set[str]:
    """Keys of the names that the predicate is said of; {""} where it is a pronoun or a noun."""
    for verb in (index, *clause.ancestors(index)):
        for child in clause.children[verb]:
            if clause.tokens[child].dep in SUBJECT | {"nsubjpass"}:
                names = {
                    clause.keys[i] for i in clause.subtree(child) if clause.tokens[i].pos == "PROPN"
                }
                return names or {""}
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


# --- attribution -------------------------------------------------------------------------------


def _spoken_by_another(mine: Clause, theirs: Clause) -> str | None:
    """The other sentence's speaker of a quotation that this one gives to somebody else."""
    for quote in _quoted(mine):
        if quote not in _quoted(theirs):
            continue
        a, b = _speaker(mine), _speaker(theirs)
        if a and b and not set(a.lower().split()) & set(b.lower().split()):
            return b
    return None


def _quoted(clause: Clause) -> set[str]:
    found = (
        clause.text[start:end].lower().strip(" .,!?") for start, end in quotations(clause.text)
    )
    return {text for text in found if len(text.split()) >= MIN_QUOTED}


def _speaker(clause: Clause) -> str | None:
    """The person who says what the sentence quotes: the named subject of its verb of speech."""
    quoted = quotations(clause.text)
    for index, token in enumerate(clause.tokens):
        if token.lemma.lower() not in SPEECH or any(a <= token.start < b for a, b in quoted):
            continue
        for child in clause.children[index]:
            if clause.tokens[child].dep != "nsubj" or clause.tokens[child].pos != "PROPN":
                continue
            return " ".join(
                clause.tokens[i].text
                for i in clause.subtree(child)
                if i <= child and clause.tokens[i].pos == "PROPN"
            )
    return None


def _apart(a: datetime | None, b: datetime | None) -> bool:
    """Whether two times lie so far apart that the later updates the earlier."""
    return a is not None and b is not None and abs(a - b) >= SUPERSEDES_AFTER
