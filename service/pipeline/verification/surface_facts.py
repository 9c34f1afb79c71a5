"""Surface facts: does each name, number, date and quotation of a claim stand in its evidence?

Every rule is a function `(claim, evidence) -> Check`. What one of these refuses stands in no
source sentence, so no model can outweigh it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise

from service.models.base import Token
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.amounts import Amount, agree, amounts
from service.pipeline.linguistics.parse import ParsedSentence, quotations, verb_above
from service.pipeline.types import Check, Normalisation


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


PRECEDES_CAPITAL = frozenset({"\u201c", '"', "(", "[", "-", "\u2013", "\u2014", ":"})
"""Marks after which a word is capitalised as the first of a sentence is."""

NAMED = frozenset({"PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "LAW"})
"""Entity types that names have; quantities, dates and titles of works have others."""

MIN_QUOTED = 4
"""Words that stand verbatim in a source may be quoted though its own marks are elsewhere:
sentence splitting leaves the marks of long quotations in other sentences."""


def names(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Every name stands in one source sentence, its parts in that order and close together.

    "Volodymyr Zelensky" supports "Zelensky" and "President Zelensky" where the source
    calls him president; "Donald Zelensky" is no part of "Donald Trump and Volodymyr
    Zelensky".
    """
    report = Report("names")
    known = {token.text for each in evidence for token in each.parsed.tokens}
    for run in name_runs(claim):
        if _stands(claim, run, evidence, known, report):
            continue
        cuts = [k for k, i in enumerate(run) if claim.tokens[i].text in {"of", "-"}]
        parts = [run[: cuts[-1]], run[cuts[-1] + 1 :]] if cuts else [run]
        if len(parts) == 1 or not all(
            _stands(claim, part, evidence, known, report) for part in parts
        ):
            report.failed.append(" ".join(claim.tokens[index].text for index in run))
    return report.check()


def _stands(
    claim: ParsedSentence,
    run: list[int],
    evidence: Sequence[Evidence],
    known: Set[str],
    report: Report,
) -> bool:
    """Whether the run stands in one source sentence; a first word that is no name there may stand
    in lower case. `known` are the words of the evidence."""
    if any(_name_stands(claim, run, each.parsed, report) for each in evidence):
        return True
    first = claim.tokens[run[0]]
    if not opens_sentence(claim, run[0]) or first.text.lower() not in known:
        return False
    rest = run[1:]
    return not rest or any(_name_stands(claim, rest, each.parsed, report) for each in evidence)


def opens_sentence(claim: ParsedSentence, index: int) -> bool:
    """Whether a sentence or a quotation begins with this token."""
    return index == 0 or claim.tokens[index - 1].text in PRECEDES_CAPITAL


def name_runs(claim: ParsedSentence) -> Iterator[list[int]]:
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


def _goes_on(claim: ParsedSentence, index: int) -> bool:
    """A hyphen or "of" inside one name: "U.S.-Ukraine", "Bank of England"."""
    return (
        claim.tokens[index].text.lower() in {"-", "of"}
        and index + 1 < len(claim.tokens)
        and is_name(claim, index + 1)
    )


def is_name(claim: ParsedSentence, index: int) -> bool:
    """A capitalised word that is not merely the first of its sentence, or a proper noun."""
    token = claim.tokens[index]
    if not token.text[:1].isupper() or normalisation.plain(token.text) in normalisation.WEEKDAYS:
        return False
    if normalisation.month(token.text) and token.pos == "PROPN":
        return False
    return token.pos == "PROPN" or token.entity in NAMED or not opens_sentence(claim, index)


def _name_stands(
    claim: ParsedSentence, run: list[int], source: ParsedSentence, report: Report
) -> bool:
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


def _match_from(words: list[str], source: ParsedSentence, start: int) -> list[Normalisation] | None:
    """Match `words` from `start` on; between two of them only name words or titles may stand."""
    used: list[Normalisation] = []
    at = start
    for order, word in enumerate(words):
        limit = start + 1 if order == 0 else len(source.tokens)
        while at < limit:
            text = source.tokens[at].text
            if normalisation.plain(text) == normalisation.plain(word):
                break
            if rule := normalisation.demonym_rule(word, text):
                used.append(Normalisation(rule, word, text))
                break
            if order == 0 or not _may_skip(source, at):
                return None
            at += 1
        else:
            return None
        at += 1
    return used


def _may_skip(source: ParsedSentence, index: int) -> bool:
    token = source.tokens[index]
    return (
        token.text[:1].isupper()
        or normalisation.plain(token.text) in normalisation.PERSON_TITLES
        or token.text.lower() in {"'s", "\u2019s", "of", "-", "de", "van", "von", "al", "bin"}
    )


def numbers(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Every number stands in the evidence beside the same thing it counts or measures; one with a unit
    may stand there in other units or another notation."""
    report = Report("numbers")
    sources = [(each.parsed, _numbered(each.parsed)) for each in evidence]
    own = amounts(claim.text)
    theirs = [(each.parsed.text, given) for each in evidence for given in amounts(each.parsed.text)]
    for index, token in enumerate(claim.tokens):
        if not is_number(token):
            continue
        amount = next((each for each in own if each.start <= token.start < each.end), None)
        if amount is not None and amount.unit and _measured_otherwise(amount, theirs):
            report.failed.append(token.text)
        elif not any(_number_stands(claim, index, *each, report) for each in sources):
            if amount is None or not _converted(claim.text, amount, theirs, report):
                report.failed.append(token.text)
    return report.check()


def _measured_otherwise(amount: Amount, theirs: Sequence[tuple[str, Amount]]) -> bool:
    """Whether the sources give the figure, and always in another currency or measure."""
    alike = [each for _, each in theirs if each.numbers & amount.numbers]
    same = any(agree(amount, each) for _, each in theirs if each.unit)
    return bool(alike) and not same and all(each.unit for each in alike)


def _converted(
    claim: str, amount: Amount, theirs: Sequence[tuple[str, Amount]], report: Report
) -> bool:
    """Whether a source gives an amount with a unit in another notation, or in other units."""
    for source, each in theirs:
        if amount.unit and each.unit and agree(amount, each):
            rule = "separator" if amount.numbers & each.numbers else "conversion"
            phrases = claim[amount.start : amount.end], source[each.start : each.end]
            report.used.append(Normalisation(rule, *phrases))
            return True
    return False


def is_number(token: Token) -> bool:
    """Digits anywhere in the token, or a number word used as one ("one of them" is not)."""
    return any(letter.isdigit() for letter in token.text) or (
        normalisation.plain(token.text) in normalisation.NUMBER_WORDS
        and token.pos in {"NUM", "ADJ", "ADV"}
        and token.lemma.lower() != "one"
    )


def _numbered(source: ParsedSentence) -> dict[str, list[int]]:
    """What the sentence counts or measures, in the singular → the tokens of its numbers."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, token in enumerate(source.tokens):
        if is_number(token):
            found[_singular(measured(source, index))].append(index)
    return found


def _singular(word: str) -> str:
    return normalisation.plain(word).rstrip("s")


def _number_stands(
    claim: ParsedSentence,
    index: int,
    source: ParsedSentence,
    numbered: Mapping[str, Sequence[int]],
    report: Report,
) -> bool:
    """Whether the source has this number, and not for something else.

    It is for something else where the units differ, or where the source gives what the claim
    counts another number: "12 were killed" is not said by "5 were killed and 12 were hurt".
    """
    measure = measured(claim, index)
    for other, token in enumerate(source.tokens):
        if not same_number(claim.tokens[index].text, token.text):
            continue
        found = measured(source, other)
        if measure and found and not same_measure(measure, found, report):
            units = normalisation.is_unit(measure) or normalisation.is_unit(found)
            if units or _counted(measure, numbered, other):
                continue
        elif measure and not found and _counted(measure, numbered, other):
            if verb_above(claim, index) != verb_above(source, other):
                continue
        if rule := normalisation.number_rule(claim.tokens[index].text, token.text):
            report.used.append(Normalisation(rule, claim.tokens[index].text, token.text))
        return True
    return False


def same_number(claim: str, source: str) -> bool:
    """Whether both are one number, number words and separators normalised."""
    same = normalisation.plain(claim) == normalisation.plain(source)
    return same or normalisation.number_rule(claim, source) is not None


def _counted(measure: str, numbered: Mapping[str, Sequence[int]], other: int) -> bool:
    """Whether the source gives a number other than the one at `other` for what is measured."""
    return any(index != other for index in numbered.get(_singular(measure), ()))


def measured(clause: ParsedSentence, index: int) -> str:
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


def same_measure(claim: str, source: str, report: Report | None = None) -> bool:
    """Whether both name one unit or thing; a normalisation that it takes is reported."""
    if _singular(claim) == _singular(source):
        return True
    if rule := normalisation.unit_rule(claim, source):
        if report is not None:
            report.used.append(Normalisation(rule, claim, source))
        return True
    return False


def dates(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Weekdays and months stand in the evidence; a weekday may stand for its date and back."""
    report = Report("dates")
    for index, token in enumerate(claim.tokens):
        word = normalisation.plain(token.text)
        capital = token.text[:1].isupper()
        if capital and word in normalisation.WEEKDAYS:
            stands = any(_weekday_stands(token.text, each, report) for each in evidence)
        elif capital and token.pos == "PROPN" and normalisation.month(word):
            stands = any(_month_stands(claim, index, each, report) for each in evidence)
        else:
            continue
        if not stands:
            report.failed.append(token.text)
    for phrase, words in (day for each in evidence for day in each.days):
        if phrase.lower() in claim.text.lower():
            parts = (
                part for part in re.findall(r"\w+", phrase) if part[0].isupper() or part.isdigit()
            )
            report.used.extend(Normalisation("relative-day", part, words) for part in parts)
    return report.check()


def _weekday_stands(weekday: str, evidence: Evidence, report: Report) -> bool:
    words = [normalisation.plain(token.text) for token in evidence.parsed.tokens]
    if normalisation.plain(weekday) in words:
        return True
    if evidence.published_at is None:
        return False
    day = normalisation.date_of_weekday(weekday, evidence.published_at)
    for month, number in pairwise(words):
        if normalisation.month(month) == normalisation.MONTHS[day.month - 1] and number == str(
            day.day
        ):
            report.used.append(Normalisation("weekday-date", weekday, f"{month} {number}"))
            return True
    return False


def _month_stands(claim: ParsedSentence, index: int, evidence: Evidence, report: Report) -> bool:
    word = claim.tokens[index].text
    for token in evidence.parsed.tokens:
        if normalisation.month(token.text) == normalisation.month(word):
            if normalisation.plain(token.text) != normalisation.plain(word):
                report.used.append(Normalisation("unit", word, token.text))
            return True
    return False


def quotes(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """What stands in quotation marks stands so, word for word, in one source sentence.

    A quotation that the claim leaves open runs to its end, and one that it only closes from
    its beginning. What an ellipsis or a bracketed insertion leaves stands piece by piece.
    """
    report = Report("quotes")
    sources = [_quotable(each.parsed.text) for each in evidence]
    for start, end in quotations(claim.text, unclosed=True):
        quoted = claim.text[start:end].strip(" .,;:!?")
        pieces = [piece.strip(" .,;:!?") for piece in ELISION.split(quoted)]
        for piece in pieces:
            if piece and not any(_quoted_in(piece, *each) for each in sources):
                report.failed.append(piece)
    return report.check()


ELISION = re.compile(r"\.\.\.|\u2026|\[[^\]]*\]")


def _quotable(source: str) -> tuple[str, list[str]]:
    """The source and what it has in quotation marks, both evened."""
    inside = [_even(source[start:end]) for start, end in quotations(source, unclosed=True)]
    return _even(source), inside


def _quoted_in(quoted: str, plain: str, inside: Sequence[str]) -> bool:
    """Whether it stands, as `_quotable` gives them, in a source or between its quotation marks:
    verbatim, but for the case of its first letter, the form of apostrophes, and spacing."""
    wanted = _even(quoted)
    anywhere = [plain] if len(wanted.split()) >= MIN_QUOTED else []
    forms = (wanted, wanted[:1].swapcase() + wanted[1:])
    return any(form in each for each in (*inside, *anywhere) for form in forms)


def _even(text: str) -> str:
    """Apostrophes straight, one space between words."""
    return " ".join(text.replace("\u2019", "'").replace("\u2018", "'").split())
