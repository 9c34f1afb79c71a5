"""Check: may this sentence stand on this evidence? Readable rules, then vector agreement.

Every rule is a function `(claim, evidence) -> Check` in `RULES`; switching one off is
leaving it out of the tuple. A rule may fail a true sentence (the floor is always there to
fall back on); it must not pass a false one. `judge` weighs the rules together with what an
entailment model says of the sentence, where one was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from service.models.base import Token
from service.pipeline import lexicon
from service.pipeline.syntax import (
    ATTITUDES,
    CONDITIONS,
    LIMITERS,
    NEGATIONS,
    REPORTED,
    SOURCES,
    Clause,
    balanced,
    quotations,
)
from service.pipeline.types import Check, Normalisation, Verdict
from service.pipeline.verdict import features, probability

MIN_AGREEMENT = 0.6
"""Least cosine between a sentence and its evidence. Compressions and fusions of news
sentences that keep their sense lie above 0.7 with MiniLM, sentences on another fact of
the same story mostly below 0.6."""

VETOES = frozenset({"names", "numbers", "dates", "quotes"})
"""What these refuse stands in no cited span: then nothing in the sentence counts as right."""

SUPPORTED = 0.5
"""Least probability of a supported sentence, where an entailment model was asked."""

PARTIAL = 0.5
"""Least probability of a partly supported one, which passes promise 4's rules at least."""


class Evidence(msgspec.Struct, frozen=True):
    """One source sentence as the checker reads it."""

    clause: Clause
    published_at: datetime | None = None


class Report:
    """Collects one rule's failures and normalisations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failed: list[str] = []
        self.used: list[Normalisation] = []

    def check(self) -> Check:
        return Check(
            self.name,
            not self.failed,
            tuple(dict.fromkeys(self.failed)),
            tuple(dict.fromkeys(self.used)),
        )


def judge(
    claim: Clause,
    evidence: Sequence[Evidence],
    agreement: float,
    entailment: float | None = None,
) -> Verdict:
    """One verdict on `claim` from all rules, `agreement` (its best cosine with the evidence)
    and `entailment`, the probability of a model that read both, where there is one.

    The score is the probability that the evidence supports the claim. Supported is what
    passes every rule and what the model, where one was asked, does not doubt. Letting a
    sure model outweigh the rules of structure was tried: of 32 sentences of four briefs it
    let three false ones through. No evidence supports nothing.
    """
    if not evidence:
        return Verdict("unsupported", 0.0, (Check("evidence", False, ("no evidence",)),))
    checks = [rule(claim, evidence) for rule in RULES]
    checks.append(Check("agreement", agreement >= MIN_AGREEMENT))
    clauses = [each.clause for each in evidence]
    found = features(claim, clauses, agreement, checks, entailment)
    score = probability(found, modelled=entailment is not None)
    failed = {check.name for check in checks if not check.passed}
    if entailment is not None:
        checks.append(Check("entailment", score >= SUPPORTED))
        failed |= {"entailment"} if score < SUPPORTED else set()
    doubtful = score >= PARTIAL and not failed & VETOES
    status = "supported" if not failed else "partial" if doubtful else "unsupported"
    return Verdict(status, score, tuple(checks))


# --- words, names, numbers, dates: does each stand in the evidence? ---------------------


def names(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Every name stands in one source sentence, its parts in that order and close together.

    "Volodymyr Zelensky" supports "Zelensky" and "President Zelensky" where the source
    calls him president; "Donald Zelensky" is no part of "Donald Trump and Volodymyr
    Zelensky".
    """
    report = Report("names")
    for run in _name_runs(claim):
        if not any(_name_stands(claim, run, each.clause, report) for each in evidence):
            report.failed.append(" ".join(claim.tokens[index].text for index in run))
    return report.check()


def _name_runs(claim: Clause) -> Iterator[list[int]]:
    """Maximal runs of adjacent name tokens; a run breaks at commas and function words."""
    run: list[int] = []
    for index, token in enumerate(claim.tokens):
        if is_name(claim, index):
            run.append(index)
        elif not (
            run and token.text.lower() in {"'s", "\u2019s", "-", "of"} and _goes_on(claim, index)
        ):
            if run:
                yield run
            run = []
    if run:
        yield run


def _goes_on(claim: Clause, index: int) -> bool:
    """A hyphen or "of" inside one name: "U.S.-Ukraine", "Bank of England"."""
    return (
        claim.tokens[index].text.lower() in {"-", "of"}
        and index + 1 < len(claim.tokens)
        and is_name(claim, index + 1)
    )


def is_name(claim: Clause, index: int) -> bool:
    """A capitalised word that is not merely the first of its sentence, or a proper noun."""
    token = claim.tokens[index]
    if not token.text[:1].isupper() or lexicon.plain(token.text) in lexicon.WEEKDAYS:
        return False
    if lexicon.month(token.text) and token.pos == "PROPN":
        return False
    first = index == 0 or claim.tokens[index - 1].text in {"\u201c", '"'}
    return token.pos == "PROPN" or bool(token.entity) or not first


def _name_stands(claim: Clause, run: list[int], source: Clause, report: Report) -> bool:
    """Whether the run's words stand in `source` in order within one stretch of a name."""
    words = [claim.tokens[index].text for index in run]
    words = [word for word in words if word.lower() not in {"of", "-", "the"}] or words
    best: list[Normalisation] | None = None
    for start in range(len(source.tokens)):
        used = _match_from(words, source, start)
        if used is not None and (best is None or len(used) < len(best)):
            best = used
    if best is not None:
        report.used.extend(best)
    return best is not None


def _match_from(words: list[str], source: Clause, start: int) -> list[Normalisation] | None:
    """Match `words` from `start` on; between two of them only name words or titles may stand."""
    used: list[Normalisation] = []
    at = start
    for order, word in enumerate(words):
        limit = start + 1 if order == 0 else len(source.tokens)
        while at < limit:
            text = source.tokens[at].text
            if lexicon.plain(text) == lexicon.plain(word):
                break
            if rule := lexicon.demonym_rule(word, text):
                used.append(Normalisation(rule, word, text))
                break
            if order == 0 or not _may_skip(source, at):
                return None
            at += 1
        else:
            return None
        at += 1
    return used


def _may_skip(source: Clause, index: int) -> bool:
    token = source.tokens[index]
    return (
        token.text[:1].isupper()
        or lexicon.plain(token.text) in lexicon.TITLES
        or token.text.lower() in {"'s", "\u2019s", "of", "-", "de", "van", "von", "al", "bin"}
    )


def numbers(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Every number stands in the evidence beside the same thing it counts or measures."""
    report = Report("numbers")
    for index, token in enumerate(claim.tokens):
        if not is_number(token):
            continue
        if not any(_number_stands(claim, index, each.clause, report) for each in evidence):
            report.failed.append(token.text)
    return report.check()


def is_number(token: Token) -> bool:
    """Digits anywhere in the token, or a number word used as one ("one of them" is not)."""
    return any(letter.isdigit() for letter in token.text) or (
        lexicon.plain(token.text) in lexicon.NUMBER_WORDS
        and token.pos in {"NUM", "ADJ", "ADV"}
        and token.lemma.lower() != "one"
    )


def _number_stands(claim: Clause, index: int, source: Clause, report: Report) -> bool:
    measured = _measured(claim, index)
    for other, token in enumerate(source.tokens):
        rule = lexicon.number_rule(claim.tokens[index].text, token.text)
        if rule is None and lexicon.plain(claim.tokens[index].text) != lexicon.plain(token.text):
            continue
        found = _measured(source, other)
        if measured and found and not _same_measure(measured, found, report):
            continue
        if rule is not None:
            report.used.append(Normalisation(rule, claim.tokens[index].text, token.text))
        return True
    return False


def _measured(clause: Clause, index: int) -> str:
    """The word that a number counts or the unit it measures, else ""."""
    token = clause.tokens[index]
    if token.head != index and token.dep in {"nummod", "quantmod", "compound", "amod", "nmod"}:
        return clause.tokens[token.head].text
    for child in clause.children[index]:
        if (
            clause.tokens[child].dep in {"quantmod", "nmod"}
            and not clause.tokens[child].text.isalpha()
        ):
            return clause.tokens[child].text
    return ""


def _same_measure(claim: str, source: str, report: Report) -> bool:
    if lexicon.plain(claim).rstrip("s") == lexicon.plain(source).rstrip("s"):
        return True
    if rule := lexicon.unit_rule(claim, source):
        report.used.append(Normalisation(rule, claim, source))
        return True
    return False


def dates(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Weekdays and months stand in the evidence; a weekday may stand for its date and back."""
    report = Report("dates")
    for index, token in enumerate(claim.tokens):
        word = lexicon.plain(token.text)
        capital = token.text[:1].isupper()
        if capital and word in lexicon.WEEKDAYS:
            stands = any(_weekday_stands(token.text, each, report) for each in evidence)
        elif capital and token.pos == "PROPN" and lexicon.month(word):
            stands = any(_month_stands(claim, index, each, report) for each in evidence)
        else:
            continue
        if not stands:
            report.failed.append(token.text)
    return report.check()


def _weekday_stands(weekday: str, evidence: Evidence, report: Report) -> bool:
    words = [lexicon.plain(token.text) for token in evidence.clause.tokens]
    if lexicon.plain(weekday) in words:
        return True
    if evidence.published_at is None:
        return False
    day = lexicon.date_of_weekday(weekday, evidence.published_at)
    for month, number in pairwise(words):
        if lexicon.month(month) == lexicon.MONTHS[day.month - 1] and number == str(day.day):
            report.used.append(Normalisation("weekday-date", weekday, f"{month} {number}"))
            return True
    return False


def _month_stands(claim: Clause, index: int, evidence: Evidence, report: Report) -> bool:
    word = claim.tokens[index].text
    for token in evidence.clause.tokens:
        if lexicon.month(token.text) == lexicon.month(word):
            if lexicon.plain(token.text) != lexicon.plain(word):
                report.used.append(Normalisation("unit", word, token.text))
            return True
    return False


def quotes(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """What stands in quotation marks stands so in the evidence, and every mark is closed."""
    report = Report("quotes")
    if not balanced(claim.text):
        report.failed.append("unbalanced quotation mark")
    for start, end in quotations(claim.text):
        quoted = claim.text[start:end].rstrip(".,;:!? ")
        if not any(_quoted_in(quoted, each.clause.text) for each in evidence):
            report.failed.append(claim.text[start:end])
    return report.check()


def _quoted_in(quoted: str, source: str) -> bool:
    inside = [source[start:end] for start, end in quotations(source)]
    if source.count("\u201c") != source.count("\u201d"):
        inside.append(re.split("[\u201c\u201d]", source)[-1])
    return bool(quoted) and any(quoted in each for each in inside)


def words(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Every other word that carries a fact stands, in some inflection, in the evidence."""
    report = Report("words")
    known = {each for item in evidence for each in item.clause.keys}
    for index in claim.content:
        token = claim.tokens[index]
        if claim.keys[index] not in known and not (is_name(claim, index) or is_number(token)):
            if not lexicon.month(token.text) and lexicon.plain(token.text) not in lexicon.WEEKDAYS:
                report.failed.append(token.text)
    return report.check()


# --- structure: does the evidence say it of the same things, as surely? -----------------


def roles(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Each fact-bearing word hangs on the same word, in the same role, in one source sentence.

    From "Mr. Putin said that Ukraine must yield" follows "Ukraine must yield, Mr. Putin
    said" but not "Ukraine must yield to Mr. Putin": there, Putin hangs on "yield".
    """
    report = Report("roles")
    for index in (*claim.content, *_personal_pronouns(claim)):
        head = claim.head_word(index)
        if head is None:
            continue
        if not any(_hangs(claim, index, head, each.clause) for each in evidence):
            report.failed.append(claim.tokens[index].text)
    return report.check()


def _personal_pronouns(claim: Clause) -> list[int]:
    return [
        index
        for index, token in enumerate(claim.tokens)
        if token.tag in {"PRP", "PRP$", "WP", "EX"} and not claim.is_predicate(index)
    ]


def _hangs(claim: Clause, index: int, head: int, source: Clause) -> bool:
    role = claim.role(index, head)
    attached = _attachment(claim, index)
    for below in _mentions(claim, index, source):
        for above in _mentions(claim, head, source):
            if above != below and role in _source_roles(source, below, above):
                return True
        if role == "other" and attached is not None and attached == _attachment(source, below):
            return True
    return False


def _attachment(clause: Clause, index: int) -> tuple[str, str] | None:
    """(preposition, predicate of its clause) for the noun of a prepositional phrase.

    Parsers differ on whether "in Moscow" hangs on "hold" or on "talks" in "hold talks in
    Moscow"; that it is said of this clause is what counts.
    """
    if clause.tokens[index].dep != "pobj":
        return None
    preposition = clause.tokens[index].head
    predicate = next((each for each in clause.ancestors(index) if clause.is_predicate(each)), None)
    return (clause.keys[preposition], clause.keys[predicate]) if predicate is not None else None


def _mentions(claim: Clause, index: int, source: Clause) -> Sequence[int]:
    """Where `source` names what `claim` names at `index`, the allowed normalisations included."""
    return source.positions.get(claim.keys[index], ())


def _source_roles(source: Clause, below: int, above: int) -> Iterator[str]:
    """Roles in which `below` stands to `above`: directly, or as the noun of a relative clause."""
    if above in source.ancestors(below):
        role = source.role(below, above)
        yield role
        if role == "object" and source.tokens[below].dep in {"oprd", "attr"}:
            yield "other"
    for each in (above, *source.ancestors(above)):
        if source.tokens[each].dep not in {"relcl", "acl"} or source.tokens[each].head != below:
            continue
        subjects = [
            child
            for child in source.children[each]
            if source.tokens[child].dep in {"nsubj", "nsubjpass"}
        ]
        passive = source.tokens[each].tag == "VBN" and not any(
            source.tokens[child].dep == "aux" for child in source.children[each]
        )
        own = any(source.tokens[child].tag not in {"WDT", "WP"} for child in subjects)
        if (
            any(source.tokens[child].dep == "nsubjpass" for child in subjects)
            or own
            or (passive and source.tokens[each].dep == "acl")
        ):
            yield "object"
        else:
            yield "subject"


def polarity(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """What the evidence negates, the claim negates, word for word, and nothing else."""
    report = Report("polarity")
    for index in claim.content:
        wanted = _negations(claim, index)
        found = [
            _negations(each.clause, other)
            for each in evidence
            for other in _mentions(claim, index, each.clause)
        ]
        if (wanted or found) and wanted not in found:
            report.failed.append(claim.tokens[index].text)
    return report.check()


def _negations(clause: Clause, index: int) -> bool:
    """Whether an odd number of negations hangs directly on the word."""
    return bool(
        sum(clause.tokens[child].text.lower() in NEGATIONS for child in clause.children[index]) % 2
    )


def hedges(claim: Clause, evidence: Sequence[Evidence]) -> Check:
    """Nothing is said more surely, more fully or on less authority than the evidence says it.

    For every predicate some source sentence must hold it under the same modal verbs,
    conditions, reporting verbs and named sources; and a word that limits another
    ("almost", "former", "alleged") goes where the other goes.
    """
    report = Report("hedges")
    for index in claim.content:
        mentions = [
            (each.clause, other)
            for each in evidence
            for other in _mentions(claim, index, each.clause)
        ]
        if not mentions:
            continue
        missing = min((_lost(claim, index, clause, other) for clause, other in mentions), key=len)
        report.failed.extend(missing)
    return report.check()


def _lost(claim: Clause, index: int, source: Clause, other: int) -> list[str]:
    """What limits `other` in the source and is not kept at `index` in the claim."""
    lost = [
        source.tokens[child].text
        for child in source.children[other]
        if _limits(source, child) and source.keys[child] not in _keys_below(claim, index)
    ]
    if not (claim.is_predicate(index) and source.is_predicate(other)):
        return lost
    above = {claim.keys[each] for each in claim.ancestors(index)} | _keys_below(claim, index)
    below = other
    for each in source.ancestors(other):
        dep = source.tokens[below].dep
        reported = dep in REPORTED or (dep in {"acl", "relcl"} and _complement(source, below))
        if reported and source.keys[each] not in above:
            lost.append(source.tokens[each].text)
        if not reported and dep not in {"conj", "advcl", "relcl", "acl"}:
            break
        below = each
    if source.tokens[other].lemma.lower() in ATTITUDES:
        named = {
            claim.keys[each] for child in claim.children[index] for each in claim.children[child]
        }
        lost.extend(
            f"by {source.tokens[below].text}"
            for child in source.children[other]
            if source.tokens[child].dep == "agent"
            for below in source.children[child]
            if source.keys[below] not in named | above
        )
    lost.extend(
        token.text
        for child in _governed(source, other)
        if (token := source.tokens[child]).lemma.lower() in SOURCES
        and source.keys[child] not in claim.keys
    )
    if _unreal(source, other) and not _unreal(claim, index):
        lost.append("to " + source.tokens[other].text)
    return lost


def _complement(source: Clause, index: int) -> bool:
    """Whether a clause on a noun is its content: "the claim that it fell"."""
    return any(source.tokens[child].dep == "mark" for child in source.children[index])


def _governed(source: Clause, index: int) -> Iterator[int]:
    """Children of the predicate and of every predicate above it."""
    for each in (index, *source.ancestors(index)):
        yield from source.children[each]


def _keys_below(clause: Clause, index: int) -> set[str]:
    return {clause.keys[each] for each in clause.children[index]} | {clause.keys[index]}


def _limits(source: Clause, child: int) -> bool:
    token = source.tokens[child]
    word = token.text.lower()
    return (
        word in LIMITERS
        or token.tag == "MD"
        or (token.dep in {"mark", "advmod"} and word in CONDITIONS)
        or (token.dep == "cc" and word in {"or", "nor"})
    )


def _unreal(clause: Clause, index: int) -> bool:
    """An infinitive or a modal: planned or possible, not done."""
    return any(
        clause.tokens[child].tag in {"TO", "MD"} and clause.tokens[child].dep == "aux"
        for child in clause.children[index]
    )


RULES: tuple[Callable[[Clause, Sequence[Evidence]], Check], ...] = (
    names,
    numbers,
    dates,
    quotes,
    words,
    roles,
    polarity,
    hedges,
)
