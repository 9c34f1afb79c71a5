"""Quantities: what a sentence counts or measures, and when two sentences give it differently.

Two figures are of one quantity if they are of one kind (people killed, jobs cut, the same
counted noun) and neither sentence holds the other's; a rounding or a bound agrees.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import combinations

import msgspec

from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.amounts import Amount, agree, amounts, comparable
from service.pipeline.linguistics.parse import (
    CONDITIONS,
    ParsedSentence,
    predicate_above,
    verb_above,
)
from service.pipeline.verification.surface_facts import is_number

MIN_COUNTED_COSINE = 0.6
"""Least cosine where the kind of quantity alone does not tell what is counted."""

SAME_EVENT = 0.72
"""Least cosine where two reports that share a name give a figure under different verbs."""

ROUNDED = 0.1
"""Share by which "about 200" may differ from another report's figure."""

MOST_APART = 4.0
"""Ratio from which two numbers of one noun count different things: 133 flights of a search and
three dives of a robot are both "missions completed"."""

KINDS = {
    "people killed": frozenset({"kill", "die", "dead", "death", "toll", "fatality", "perish", "claim", "drown"}),
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
TALLIES = frozenset({"number", "toll", "count", "total", "tally", "figure"})
"""Nouns for a figure: what they count stands in their own phrase, "the number of people who drowned"."""

TOLLS = frozenset({"people killed", "people hurt", "people missing", "people arrested", "people who left",
                   "homes without power", "area"})  # fmt: skip
"""Kinds of quantity that grow while something goes on: a later figure takes the place of an earlier one."""

ANYONE = frozenset({"", "people", "person", "dead", "victim", "body", "other"})
"""Nouns that tell no group from another: "three soldiers" are not "three civilians"."""

HOMES = frozenset({"home", "household", "customer", "house", "property", "people"})
JOB_NOUNS = frozenset({"job", "position", "post", "role", "worker", "employee"})
CURRENCIES = frozenset({"$", "\u20ac", "\u00a3", "dollar", "euro", "pound", "yen", "crown", "rouble", "ruble", "yuan",
                        "franc", "peso", "rupee"})  # fmt: skip
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
TENS = frozenset("ten twenty thirty forty fifty sixty seventy eighty ninety".split())
"""Number words that count whatever the tagger makes of them: "twenty-two" is three tokens."""

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
BOUND = re.compile(
    r"\b(?:at (?:least|most)|(?:more|fewer|less) than|up to|close to|over|under|about|some|around|nearly|almost"
    r"|approximately|roughly) $",
    re.IGNORECASE,
)
"""What right before a figure bounds it."""

AT_LEAST = frozenset({"least", "over", "more"})
AT_MOST = frozenset({"up", "most", "under", "fewer", "less"})


MAX_FIGURES = 24
"""A sentence with more figures is a table: none of them is compared."""


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
    amount: Amount | None


def figures(clause: ParsedSentence) -> list[Figure]:
    """The quantities of a sentence whose kind can be told."""
    found: list[Figure] = []
    taken: set[int] = set()
    words = _clause_words(clause)
    read = amounts(clause.text)
    for index, token in enumerate(clause.tokens):
        if index in taken or not (is_number(token) or token.text.lower() in TENS):
            continue
        if token.entity in {"DATE", "TIME", "ORDINAL"} and not _sentenced(clause, index):
            continue
        run = _number_run(clause, index)
        taken.update(run)
        amount, value = _amount(clause, run, read), _value(clause, run)
        if amount is not None and value is not None:
            value = min(amount.numbers)
        kind = _kind(clause, run, words[predicate_above(clause, run[0])] | _tallied(clause, run))
        if not value or kind is None or _partial(clause, run):
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
                verb_above(clause, run[0]),
                _who(clause, run),
                amount,
            )
        )
    return found if len(found) <= MAX_FIGURES else []


def _number_run(clause: ParsedSentence, index: int) -> list[int]:
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


def _amount(clause: ParsedSentence, run: Sequence[int], read: Sequence[Amount]) -> Amount | None:
    """The amount that begins where a number does, or before it with its sign."""
    start = clause.tokens[run[0]].start
    return next((each for each in read if each.start <= start < each.end), None)


def _value(clause: ParsedSentence, run: Sequence[int]) -> float | None:
    """
    >>> # "twenty-two" -> 22.0, "1.5 million" -> 1500000.0, "2:07:41" -> None, "50-60" -> None
    """
    total, scale = 0.0, 1.0
    if sum(clause.tokens[i].text.isdigit() for i in run) > 1:
        return None
    for i in run:
        word = clause.tokens[i].text.lower().replace(",", "").strip("$\u00a3\u20ac%")
        if word in SCALES:
            scale *= SCALES[word]
        elif normalisation.NUMBER_WORDS.get(word, "").isdigit():
            total += float(normalisation.NUMBER_WORDS[word])
        elif re.fullmatch(r"\d+(?:\.\d+)?", word):
            total += float(word)
        elif "-" in word and all(part in normalisation.NUMBER_WORDS for part in word.split("-")):
            total += sum(float(normalisation.NUMBER_WORDS[part]) for part in word.split("-"))
        elif word != "-":
            return None
    return total * scale or None


def _kind(clause: ParsedSentence, run: Sequence[int], words: Set[str]) -> tuple[str, bool] | None:
    """What is counted, and whether that alone is vague; None where it can't be told. `words` are the
    lemmas that stand under the number's own predicate, that one included."""
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
    if noun is not None and clause.tokens[noun].lemma.lower() in TALLIES:
        noun = None
    lemma = clause.tokens[noun].lemma.lower() if noun is not None else ""
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
            if lemma in JOB_NOUNS:
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


def _counted(clause: ParsedSentence, run: Sequence[int]) -> int | None:
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
    verb = predicate_above(clause, run[-1])
    if token.dep != "pobj" or verb is None or clause.tokens[verb].lemma.lower() not in RISES:
        return None
    return next((i for i in clause.children[verb] if clause.tokens[i].dep == "nsubj"), None)


def _tallied(clause: ParsedSentence, run: Sequence[int]) -> set[str]:
    """Lemmas of the phrase that says what a "number" counts."""
    noun = _counted(clause, run)
    if noun is None or clause.tokens[noun].lemma.lower() not in TALLIES:
        return set()
    return {clause.tokens[i].lemma.lower() for i in clause.subtree(noun)}


def _clause_words(clause: ParsedSentence) -> dict[int | None, set[str]]:
    """Predicate, or None for what stands under none → the lemmas that stand under it as under their
    nearest one, its own included."""
    found: dict[int | None, set[str]] = defaultdict(set)
    for i, token in enumerate(clause.tokens):
        found[predicate_above(clause, i)].add(token.lemma.lower())
        found[i].add(token.lemma.lower())
    return found


def _who(clause: ParsedSentence, run: Sequence[int]) -> str:
    noun = _counted(clause, run)
    lemma = clause.tokens[noun].lemma.lower() if noun is not None else ""
    return "" if lemma in TALLIES else lemma


def _sentenced(clause: ParsedSentence, index: int) -> bool:
    """A prison term is no date, though it is counted in years."""
    following = [token.lemma.lower() for token in clause.tokens[index + 1 : index + 3]]
    return "year" in following and bool(
        KINDS["years in prison"] & {t.lemma.lower() for t in clause.tokens}
    )


def _partial(clause: ParsedSentence, run: Sequence[int]) -> bool:
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


def _phrase(clause: ParsedSentence, run: Sequence[int]) -> str:
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
    bound = BOUND.search(clause.text[:first])
    said = clause.text[first if bound is None else bound.start() : last]
    return said if clause.text[:1] != said[:1] else said[:1].lower() + said[1:]


def tolls(clause: ParsedSentence) -> frozenset[str]:
    """The kinds of toll that a sentence gives: of people killed, hurt, missing \u2026"""
    return frozenset(each.kind for each in figures(clause)) & TOLLS


def differ(
    mine: ParsedSentence, theirs: ParsedSentence, near: float, *, apart: bool = False
) -> tuple[str, str] | None:
    """Topic and the other's figure, where the two can't both be true, or, of a toll in reports that came out
    far `apart`, where the later takes the place of the earlier: "at least three", "at least eleven"."""
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
        named = near >= SAME_EVENT and bool(_names(mine) & _names(theirs))
        if a.kind not in KINDS and not named and not (same and near >= MIN_COUNTED_COSINE):
            continue
        if a.vague and not same:
            continue
        ratio = max(a.value, b.value) / min(a.value, b.value)
        if a.kind not in KINDS and not a.vague and ratio > MOST_APART:
            continue
        if a.who != b.who and {a.who, b.who} - ANYONE == {a.who, b.who}:
            continue
        if a.vague and not _same_measure(mine, theirs):
            continue
        if _sums(own, b.value) or _sums(other, a.value):
            continue
        if (
            a.amount
            and b.amount
            and (agree(a.amount, b.amount) or not comparable(a.amount, b.amount))
        ):
            continue
        if b.value in {each.value for each in own} or a.value in {each.value for each in other}:
            continue
        grown = apart and a.kind in TOLLS and ratio > 1 + ROUNDED
        if grown or not (a.low <= b.high and b.low <= a.high):
            return a.kind, b.phrase
    return None


def _names(clause: ParsedSentence) -> set[str]:
    return {token.text for token in clause.tokens if token.pos == "PROPN"}


def _sums(figures: Sequence[Figure], total: float) -> bool:
    """Whether two of a sentence's figures add up: "four soldiers and six others" are ten."""
    return any(a.value + b.value == total for a, b in combinations(figures, 2))


def _open(clause: ParsedSentence) -> bool:
    """Whether it leaves open of whom it speaks, or speaks of what would be: "his bond", "if"."""
    words = [token.text.lower() for token in clause.tokens]
    return words[0] in {"his", "her", "he", "she", "it", "they", "their", "its"} or bool(
        CONDITIONS & set(words)
    )


def _years(clause: ParsedSentence) -> set[str]:
    """The years that a sentence names: figures of two years are two figures."""
    return set(re.findall(r"\b(?:19|20)\d\ds?\b", clause.text))


PERIODS = frozenset({"annual", "monthly", "quarter", "quarterly", "yearly", "month", "half", "profit", "revenue", "sale",
                     "loss", "income", "seat", "vote"})  # fmt: skip


def _same_measure(mine: ParsedSentence, theirs: ParsedSentence) -> bool:
    """Whether neither names a period or a measure that the other doesn't."""
    a, b = ({token.lemma.lower() for token in each.tokens} & PERIODS for each in (mine, theirs))
    return a == b


def _same_place(mine: ParsedSentence, theirs: ParsedSentence) -> bool:
    """Whether the two don't name different places, and none in common."""
    a, b = (
        {
            normalisation.plain(token.text)
            for token in each.tokens
            if token.entity in {"GPE", "LOC", "FAC"}
        }
        for each in (mine, theirs)
    )
    return not a or not b or bool(a & b) or bool(_names(mine) & _names(theirs))
