"""Clauses that a news sentence can lose, or tell apart: what the writer's examples are made of."""

from __future__ import annotations

import re

import msgspec

from service.pipeline.decontextualization.compression import CIRCUMSTANCE
from service.pipeline.linguistics.parse import ParsedSentence, balanced

ASIDES = frozenset({"relcl", "acl", "appos", "advcl", "prep"})


class Aside(msgspec.Struct, frozen=True):
    """What stands between commas and explains the token `on`: `text[start:end]` of its
    sentence, commas excluded. `kind` is the dependency of its own head."""

    kind: str
    on: int
    start: int
    end: int


def asides(clause: ParsedSentence) -> list[Aside]:
    """The clauses and phrases that a sentence holds between commas, in its order."""
    found: list[Aside] = []
    for index, token in enumerate(clause.tokens):
        if token.dep not in ASIDES or token.head >= index:
            continue
        below = [i for i in clause.subtree(index) if clause.tokens[i].pos != "SPACE"]
        while below and clause.tokens[below[-1]].pos == "PUNCT":
            below.pop()
        if not below or below != list(range(below[0], below[-1] + 1)):
            continue
        if token.dep == "prep" and token.text.lower() not in CIRCUMSTANCE:
            continue
        start, end = clause.tokens[below[0]].start, clause.tokens[below[-1]].end
        before, after = clause.text[:start].rstrip(), clause.text[end:].lstrip()
        if before.endswith(",") and (after.startswith(",") or re.fullmatch(r"[.!?]?", after)):
            found.append(Aside(token.dep, token.head, start, end))
    return found


def dropped(clause: ParsedSentence, aside: Aside) -> str | None:
    """The sentence without the aside, or None where what is left isn't whole."""
    before = clause.text[: aside.start].rstrip().removesuffix(",")
    after = clause.text[aside.end :].lstrip().removeprefix(",")
    between = "" if after[:1] in {"", ".", "!", "?"} else " "
    edges = {len(before), len(clause.text) - len(after.lstrip())}
    if between and any({each.start, each.end} & edges for each in asides(clause) if each != aside):
        between = ", "
    text = f"{before}{between}{after.lstrip()}"
    return text if balanced(text) else None


def told_alone(clause: ParsedSentence, aside: Aside) -> str | None:
    """A relative clause as a sentence of its own: "X, who did Y, …" says "X did Y."; or None."""
    if aside.kind != "relcl":
        return None
    first, *rest = [t for t in clause.tokens if aside.start <= t.start < aside.end]
    if first.text.lower() not in {"who", "which"} or first.dep not in {"nsubj", "nsubjpass"}:
        return None
    phrase = clause.span(
        i for i in clause.subtree(aside.on) if clause.tokens[i].start < aside.start
    )
    if phrase is None or not rest:
        return None
    said = f"{clause.text[slice(*phrase)]} {clause.text[rest[0].start : aside.end]}."
    return said[:1].upper() + said[1:] if balanced(said) else None


def two_acts(clause: ParsedSentence) -> tuple[str, str] | None:
    """ "X did Y and did Z." as "X did Y." and "X did Z."; None where it says no two acts of one
    subject, each in a finite verb of its own."""
    if len(clause.roots) != 1:
        return None
    root = clause.roots[0]
    subject = predicate_subject(clause, root)
    second = next(
        (
            i
            for i in clause.children[root]
            if clause.tokens[i].dep == "conj" and is_finite(clause, i)
        ),
        None,
    )
    if subject is None or second is None or predicate_subject(clause, second) is not None:
        return None
    whole = clause.span(clause.subtree(second))
    joint = clause.span(i for i in clause.children[root] if clause.tokens[i].dep == "cc")
    phrase = clause.span(clause.subtree(subject))
    if whole is None or joint is None or phrase is None or not joint[1] < whole[0] <= joint[1] + 2:
        return None
    before, after = clause.text[: joint[0]].rstrip(" ,"), clause.text[whole[1] :]
    if after.strip(" .") or clause.text[slice(*joint)].lower() != "and":
        return None
    one, other = f"{before}.", f"{clause.text[slice(*phrase)]} {clause.text[slice(*whole)]}."
    return (one, other[:1].upper() + other[1:]) if balanced(one) and balanced(other) else None


def predicate_subject(clause: ParsedSentence, verb: int) -> int | None:
    return next(
        (i for i in clause.children[verb] if clause.tokens[i].dep in {"nsubj", "nsubjpass"}), None
    )


def is_finite(clause: ParsedSentence, verb: int) -> bool:
    """Whether the verb, or its first auxiliary, carries the tense."""
    below = [i for i in clause.children[verb] if clause.tokens[i].dep in {"aux", "auxpass"}]
    return clause.tokens[min([*below, verb])].tag in {"VBD", "VBZ", "VBP", "MD"}
