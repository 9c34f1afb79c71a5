"""Synthetic errors: a true claim → a false one that differs in one named way.

Every function takes the claim's `Clause`, the evidence's clauses and a random generator,
and gives the false claim or None where it finds nothing to change. The kinds follow what
small writers do: swapped names and roles, other numbers and dates, negation, lost hedges
and attributions, additions, and two true facts fused into a false one (after FactCC,
Kryscinski et al. 2020, and SummEdits, Laban et al. 2023, in our own rules).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from service.pipeline.linguistics.parse import ParsedSentence

Corruption = Callable[[ParsedSentence, Sequence[ParsedSentence], Random], str | None]

ANTONYMS = {
    a: b
    for left, right in (
        pair.split("/")
        for pair in (
            "rose/fell rise/fall increase/decrease increased/decreased gain/loss won/lost win/lose"
            " accept/reject accepted/rejected support/oppose supported/opposed allow/ban allowed/banned"
            " agree/refuse agreed/refused open/close opened/closed start/end started/ended more/fewer"
            " higher/lower before/after above/below up/down first/last best/worst success/failure"
            " confirmed/denied confirm/deny approve/block approved/blocked arrested/released join/leave"
            " joined/left begin/finish began/finished larger/smaller strong/weak strengthen/weaken"
            " early/late earlier/later many/few guilty/innocent legal/illegal safe/dangerous"
            " bought/sold buy/sell arrive/depart arrived/departed victory/defeat friend/enemy"
            " male/female man/woman north/south east/west old/new major/minor public/private"
        ).split()
    )
    for a, b in ((left, right), (right, left))
}
MODALS = {"could", "may", "might"}
HEDGES = {"allegedly", "reportedly", "nearly", "almost", "possibly", "probably", "likely", "perhaps",
          "partly", "apparently", "alleged", "suspected", "planned", "proposed", "former"}  # fmt: skip
CLAIMING = {"claim", "allege", "believe", "accuse", "deny", "warn", "think", "hope", "expect", "want",
            "say", "suggest", "insist", "argue", "fear"}  # fmt: skip
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = ("January February March April May June July August September October November"
          " December").split()  # fmt: skip
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty".split()


def swap_names(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    """Two names of one kind change places."""
    spans = entities(claim)
    pairs = [
        (a, b)
        for k, a in enumerate(spans)
        for b in spans[k + 1 :]
        if a[2] == b[2] and text_of(claim, a) != text_of(claim, b)
    ]
    if not pairs:
        return None
    a, b = random.choice(pairs)
    text = claim.text
    return text[: a[0]] + text[b[0] : b[1]] + text[a[1] : b[0]] + text[a[0] : a[1]] + text[b[1] :]


def replace_name(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    """A name gives way to another of its kind from the evidence."""
    spans = entities(claim)
    random.shuffle(spans)
    for span in spans:
        others = sorted(
            {
                text_of(each, other)
                for each in evidence
                for other in entities(each)
                if other[2] == span[2] and text_of(each, other) not in claim.text
                and text_of(claim, span) not in text_of(each, other)
            }
        )  # fmt: skip
        if others:
            return put(claim.text, span, random.choice(others))
    return None


def change_number(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    """A number becomes another, from the evidence where there is one."""
    spans = [
        (token.start, token.end, "N")
        for token in claim.tokens
        if token.pos == "NUM" and (token.text[0].isdigit() or token.text.lower() in NUMBER_WORDS)
    ]
    if not spans:
        return None
    span = random.choice(spans)
    word = claim.text[span[0] : span[1]]
    if word.lower() in NUMBER_WORDS:
        return put(claim.text, span, random.choice([w for w in NUMBER_WORDS if w != word.lower()]))
    there = {
        t.text for each in evidence for t in each.tokens if t.pos == "NUM" and t.text[0].isdigit()
    }
    others = sorted(there - {word} - set(claim.text.split()))
    if others and random.random() < 0.5:
        return put(claim.text, span, random.choice(others))
    digits = [k for k, c in enumerate(word) if c.isdigit()]
    k = random.choice(digits)
    changed = random.choice([d for d in "123456789" if d != word[k]])
    return put(claim.text, span, word[:k] + changed + word[k + 1 :])


def change_date(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    for names in (WEEKDAYS, MONTHS):
        found = [token for token in claim.tokens if token.text in names and token.text != "May"]
        if found:
            token = random.choice(found)
            other = random.choice([name for name in names if name != token.text])
            return put(claim.text, (token.start, token.end, ""), other)
    return None


def negate(claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random) -> str | None:
    """A "not" is put in or taken out at the main verb."""
    nots = [token for token in claim.tokens if token.dep == "neg" and token.text.lower() == "not"]
    if nots:
        token = random.choice(nots)
        return claim.text[: token.start].rstrip() + claim.text[token.end :]
    for root in claim.roots:
        auxiliary = [i for i in claim.children[root] if claim.tokens[i].dep in {"aux", "auxpass"}
                     and claim.tokens[i].tag != "TO"]  # fmt: skip
        at = claim.tokens[auxiliary[0]] if auxiliary else claim.tokens[root]
        if auxiliary or at.lemma.lower() == "be":
            return claim.text[: at.end] + " not" + claim.text[at.end :]
        if at.tag == "VBD":
            return claim.text[: at.start] + f"did not {at.lemma}" + claim.text[at.end :]
        if at.tag == "VBZ":
            return claim.text[: at.start] + f"does not {at.lemma}" + claim.text[at.end :]
        if at.tag == "VBP":
            return claim.text[: at.start] + f"do not {at.lemma}" + claim.text[at.end :]
    return None


def turn(claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random) -> str | None:
    """A word becomes its opposite."""
    found = [token for token in claim.tokens if token.text.lower() in ANTONYMS]
    if not found:
        return None
    token = random.choice(found)
    return put(claim.text, (token.start, token.end, ""), ANTONYMS[token.text.lower()])


def harden(claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random) -> str | None:
    """A hedge goes: "could" becomes "will", "allegedly" nothing."""
    found = [t for t in claim.tokens if t.text.lower() in MODALS | HEDGES]
    if not found:
        return None
    token = random.choice(found)
    if token.text.lower() in MODALS:
        return put(claim.text, (token.start, token.end, ""), "will")
    return capital(re.sub(r"  +", " ", claim.text[: token.start] + claim.text[token.end :]).strip())


def assert_reported(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    """What somebody claims becomes a fact: only the reported clause is left."""
    for root in claim.roots:
        if claim.tokens[root].lemma.lower() not in CLAIMING:
            continue
        for child in claim.children[root]:
            if claim.tokens[child].dep != "ccomp":
                continue
            inside = [i for i in claim.subtree(child) if claim.tokens[i].dep != "mark"]
            text = claim.text[claim.tokens[inside[0]].start : claim.tokens[inside[-1]].end]
            if len(text.split()) >= 4:
                return capital(text.rstrip(" ,.;")) + "."
    return None


def speaker_last(claim: ParsedSentence) -> str | None:
    """The true inversion of "X said that Y": "Y, X said." None for another kind of sentence."""
    for root in claim.roots:
        if claim.tokens[root].lemma.lower() not in CLAIMING or root + 1 >= len(claim.tokens):
            continue
        for child in claim.children[root]:
            inside = [i for i in claim.subtree(child) if claim.tokens[i].dep != "mark"]
            if claim.tokens[child].dep != "ccomp" or inside[0] < root:
                continue
            said = claim.text[claim.tokens[inside[0]].start : claim.tokens[inside[-1]].end]
            head = claim.text[: claim.tokens[root].end]
            whole = inside[-1] >= len(claim.tokens) - 2 and claim.tokens[0].pos in {"PROPN", "DET"}
            if whole and len(head.split()) < 8 and "," not in head and '"' not in claim.text:
                return f"{capital(said.rstrip(' ,.;'))}, {uncapital(head, claim.tokens[0].pos)}."
    return None


def swap_roles(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random
) -> str | None:
    """Subject and object of a verb change places."""
    for index, token in enumerate(claim.tokens):
        if token.pos != "VERB":
            continue
        by_role = {claim.tokens[i].dep: i for i in claim.children[index]}
        subject = by_role.get("nsubj", by_role.get("nsubjpass"))
        object_ = by_role.get("dobj", by_role.get("agent"))
        if subject is None or object_ is None:
            continue
        a, b = claim.subtree(subject), claim.subtree(object_)
        if claim.tokens[object_].dep == "agent":
            b = b[1:]
        if not b or a[-1] >= b[0] or a[-1] - a[0] + 1 != len(a) or b[-1] - b[0] + 1 != len(b):
            continue
        if claim.tokens[subject].pos not in {"PROPN", "NOUN"} or len(b) > 8 or len(a) > 8:
            continue
        t = claim.tokens
        first, second = (t[a[0]].start, t[a[-1]].end), (t[b[0]].start, t[b[-1]].end)
        text = claim.text
        return capital(
            text[: first[0]] + text[second[0] : second[1]] + text[first[1] : second[0]]
            + uncapital(text[first[0] : first[1]], t[a[0]].pos) + text[second[1] :]
        )  # fmt: skip
    return None


def mix(claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random) -> str | None:
    """The subject of one source sentence with the predicate of another."""
    halves = [half for each in evidence if (half := predicate(each)) is not None]
    own = predicate(claim)
    if own is None or len(halves) < 2:
        return None
    subjects = sorted(
        {s for s, _ in halves if s.lower() not in claim.text.lower() and len(s.split()) < 7}
    )
    if not subjects:
        return None
    return capital(random.choice(subjects)) + " " + own[1]


def add(claim: ParsedSentence, evidence: Sequence[ParsedSentence], random: Random) -> str | None:
    """A detail that no source gives is added at the end."""
    detail = random.choice(
        ["in London", "in Geneva", "on Friday", "last year", "for the first time", "after a long dispute",
         "because of the weather", "despite protests", "with the help of the army", "at the White House",
         "for two hours", "without giving a reason", "by mistake", "to avoid a strike"]
    )  # fmt: skip
    if any(detail.lower() in each.text.lower() for each in evidence):
        return None
    return f"{claim.text.rstrip(' .')} {detail}."


CORRUPTIONS: dict[str, Corruption] = {
    "name_swap": swap_names,
    "name_replaced": replace_name,
    "number": change_number,
    "date": change_date,
    "negation": negate,
    "antonym": turn,
    "hedge": harden,
    "attribution": assert_reported,
    "role_swap": swap_roles,
    "mixed": mix,
    "addition": add,
}

ENTITY_KINDS = {"PERSON": "WHO", "ORG": "WHO", "NORP": "PLACE", "GPE": "PLACE", "LOC": "PLACE"}


def entities(clause: ParsedSentence) -> list[tuple[int, int, str]]:
    """(start, end, kind) of the names in a clause."""
    spans: list[tuple[int, int, str]] = []
    for token in clause.tokens:
        kind = ENTITY_KINDS.get(token.entity)
        if kind is None or token.text.lower() in {"the", "'s", "\u2019s"}:
            continue
        if (
            spans
            and not token.entity_begins
            and spans[-1][2] == kind
            and token.start - spans[-1][1] <= 1
        ):
            spans[-1] = (spans[-1][0], token.end, kind)
        else:
            spans.append((token.start, token.end, kind))
    return spans


def predicate(clause: ParsedSentence) -> tuple[str, str] | None:
    """Subject and the rest of a sentence that begins with its subject."""
    for root in clause.roots:
        for child in clause.children[root]:
            if clause.tokens[child].dep in {"nsubj", "nsubjpass"}:
                below = clause.subtree(child)
                if (
                    below[0] == 0
                    and below[-1] < root
                    and clause.tokens[child].pos in {"NOUN", "PROPN"}
                ):
                    end = clause.tokens[below[-1]].end
                    return clause.text[:end], clause.text[end:].strip()
    return None


def text_of(clause: ParsedSentence, span: tuple[int, int, str]) -> str:
    return clause.text[span[0] : span[1]]


def put(text: str, span: tuple[int, int, str], other: str) -> str:
    if text[span[0]].isupper() and other[0].islower():
        other = capital(other)
    return text[: span[0]] + other + text[span[1] :]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def uncapital(text: str, pos: str) -> str:
    return text if pos == "PROPN" else text[:1].lower() + text[1:]
