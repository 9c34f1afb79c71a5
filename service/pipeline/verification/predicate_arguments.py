"""Predicates and arguments: does the evidence say it of the same things, as surely, and as much?

Every rule is a function `(claim, evidence) -> Check`. `roles`, `polarity` and `hedges` refuse
only what the evidence contradicts: they compare a word of the claim with its mention in the
source sentence that shares most of what hangs on it (`_matching_mentions`), and say nothing of a
word that no source uses of the same things. `words` and `argument_order` refuse all that the evidence does
not say in the very words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import islice

from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import (
    ATTITUDES,
    CONDITIONS,
    LIMITERS,
    NEGATIONS,
    OBJECT,
    REFUSING_LEMMAS,
    REPORTED,
    SOURCES,
    SUBJECT,
    ParsedSentence,
    predicate_above,
)
from service.pipeline.types import Check
from service.pipeline.verification.surface_facts import (
    Report,
    is_name,
    is_number,
    measured,
    name_runs,
    same_measure,
    same_number,
)


def words(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Every other word that carries a fact stands, in some inflection, in the evidence."""
    report = Report("words")
    known = {each for item in evidence for each in item.parsed.keys}
    for index in claim.content:
        token = claim.tokens[index]
        if claim.keys[index] not in known and not (is_name(claim, index) or is_number(token)):
            if (
                not normalisation.month(token.text)
                and normalisation.plain(token.text) not in normalisation.WEEKDAYS
            ):
                report.failed.append(token.text)
    return report.check()


# --- relations: does the evidence say it of the same things, as surely? ------------------

MAX_ABOVE = 24
"""Words above a word, the nearest, that are compared with the sources."""

LIGHT_VERBS = frozenset({"be", "have", "do", "get", "go", "make", "take", "come"})
"""Verbs that say little by themselves: two sentences that share one need not share a fact."""


def _matching_mentions(
    claim: ParsedSentence, index: int, evidence: Sequence[Evidence], apart_from: str = ""
) -> list[tuple[ParsedSentence, int]]:
    """Mentions, in the evidence, of the claim's word at `index` that tell of the same things:
    of the same kind of word, and sharing the most of what hangs on it or stands above it, the word
    in question, `apart_from`, not counted."""
    around = claim.around(index) - {apart_from}
    predicate = claim.is_predicate(index)
    best: list[tuple[ParsedSentence, int]] = []
    most = 0 if predicate and around else -1
    most += predicate and claim.tokens[index].lemma.lower() in LIGHT_VERBS
    for each in evidence:
        for other in each.parsed.positions.get(claim.keys[index], ()):
            if each.parsed.is_predicate(other) != predicate:
                continue
            shared = len(around & each.parsed.around(other))
            if shared > most:
                best, most = [], shared
            if shared == most and (best or shared > 0 or not predicate or not around):
                best.append((each.parsed, other))
    return best


def argument_roles(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Who did what: a name stands to a word as the sources put it, or they don't put it at all.

    Refused is a name whose place another name holds in the source ("Russia's defeat" for
    "Ukraine's defeat"), or which stands there elsewhere, on the other side of the verb:
    from "Mr. Putin said that Ukraine must yield" follows "Ukraine must yield, Mr. Putin
    said" but not "Ukraine must yield to Mr. Putin". So is a noun that follows another
    preposition there ("reinstated from the club" for "into the club"), and a figure in whose
    place the source has another one ("cut $39 billion" for "cut $8.7 billion").
    """
    report = Report("roles")
    sources = {id(each.parsed): SourceRelations(each.parsed) for each in evidence}

    @cache
    def told_of(head: int) -> list[tuple[ParsedSentence, int]]:
        return _matching_mentions(claim, head, evidence)

    for run in name_runs(claim):
        named = {claim.keys[i] for i in run}
        index = next((i for i in run if claim.tokens[i].head not in run), run[-1])
        for head in islice(_heads(claim, index, run), MAX_ABOVE):
            told = told_of(head)
            link = _link(claim, index, head)
            if told and not any(
                _same_argument(claim, index, head, link, named, sources[id(source)], other)
                for source, other in told
            ):
                report.failed.append(claim.tokens[index].text)
                break
    for index in claim.content:
        head = claim.head_word(index)
        if claim.tokens[index].dep != "pobj" or head is None:
            continue
        links = {
            _link(source, i, other)
            for source, other in told_of(head)
            for i in source.positions.get(claim.keys[index], ())
            if other in source.ancestors(i)
        }
        moved = links and all(link.startswith("prep ") for link in links)
        if moved and _link(claim, index, head) not in links:
            report.failed.append(claim.tokens[index].text)
    for index in filter(lambda i: is_number(claim.tokens[i]), range(len(claim.tokens))):
        verb = predicate_above(claim, index)
        told = (
            _matching_mentions(claim, verb, evidence, claim.keys[index]) if verb is not None else []
        )
        if told and all(_displaced(claim, index, *each) for each in told):
            report.failed.append(claim.tokens[index].text)
    return report.check()


def _displaced(claim: ParsedSentence, index: int, source: ParsedSentence, verb: int) -> bool:
    """Whether the source's verb has another number of the same measure, and not the claim's."""
    below = [i for i in source.subtree(verb) if is_number(source.tokens[i])]
    if any(same_number(claim.tokens[index].text, source.tokens[i].text) for i in below):
        return False
    measure = measured(claim, index)
    return bool(measure) and any(
        same_measure(measure, measured(source, i)) and predicate_above(source, i) == verb
        for i in below
    )


def _heads(claim: ParsedSentence, index: int, run: Sequence[int]) -> Iterator[int]:
    """The fact-bearing words above a name, up to the first predicate."""
    for each in claim.ancestors(index):
        if each in run or is_name(claim, each):
            continue
        if each in claim.content_set:
            yield each
        if claim.is_predicate(each):
            return


class SourceRelations:
    """How the words of one source sentence stand to each other, each relation looked up once."""

    def __init__(self, clause: ParsedSentence) -> None:
        self.clause = clause
        self._roles: dict[tuple[str, str], frozenset[str]] = {}

    @cached_property
    def holders(self) -> dict[tuple[int, str], set[str]]:
        """(index of a word, label as `_label` gives it) → keys of the names that hang on the word so,
        at any depth."""
        found: dict[tuple[int, str], set[str]] = defaultdict(set)
        for index in (i for run in name_runs(self.clause) for i in run):
            below = index
            for each in self.clause.ancestors(index):
                found[each, _label(self.clause, below)].add(self.clause.keys[index])
                below = each
        return found

    def roles(self, below: str, above: str) -> frozenset[str]:
        """Keys of two words → the roles in which a mention of the one stands to one of the other."""
        if (below, above) not in self._roles:
            places = self.clause.positions
            self._roles[below, above] = frozenset(
                role
                for i in places.get(below, ())
                for k in places.get(above, ())
                if i != k
                for role in _source_roles(self.clause, i, k)
            )
        return self._roles[below, above]


def _same_argument(
    claim: ParsedSentence,
    index: int,
    head: int,
    link: str,
    named: set[str],
    source: SourceRelations,
    other: int,
) -> bool:
    """Whether the source gives the name at `index`, which hangs on `head` by this link, its place at
    `other`, or nobody that place."""
    holders = source.holders.get((other, link))
    if holders:
        return bool(named & holders) or _hangs(claim, index, head, source)
    there = [i for key in named for i in source.clause.positions.get(key, ())]
    if not there or _hangs(claim, index, head, source):
        return True
    return not claim.is_predicate(head) or any((i < other) == (index < head) for i in there)


def _link(clause: ParsedSentence, index: int, head: int) -> str:
    """How a word hangs on another one above it: the label of the word next to that one."""
    below = index
    for each in clause.ancestors(index):
        if each == head:
            break
        below = each
    return _label(clause, below)


def _label(clause: ParsedSentence, index: int) -> str:
    """How a word hangs on its head: "subject", "object", or its dependency label, with the
    preposition of a phrase."""
    token = clause.tokens[index]
    if token.dep in SUBJECT:
        return "subject"
    if token.dep in OBJECT:
        return "object"
    return f"{token.dep} {token.lemma.lower()}" if token.dep == "prep" else token.dep


def argument_order(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Each fact-bearing word hangs on the same word, in the same role, in one source sentence.

    "Vos flew to Oslo" is not placed by "Vos met Dahl in Oslo before flying to Geneva".
    """
    report = Report("placed")
    sources = [SourceRelations(each.parsed) for each in evidence]
    for index in (*claim.content, *_personal_pronouns(claim)):
        head = claim.head_word(index)
        if head is None:
            continue
        if not any(_hangs(claim, index, head, source) for source in sources):
            report.failed.append(claim.tokens[index].text)
    return report.check()


def _personal_pronouns(claim: ParsedSentence) -> list[int]:
    return [
        index
        for index, token in enumerate(claim.tokens)
        if token.tag in {"PRP", "PRP$", "WP", "EX"} and not claim.is_predicate(index)
    ]


def _hangs(claim: ParsedSentence, index: int, head: int, source: SourceRelations) -> bool:
    """Whether the source has a mention of the claim's word `index` in the claim's role to one of its
    word `head`, or in the same prepositional phrase of the same predicate."""
    role = claim.role(index, head)
    if role in source.roles(claim.keys[index], claim.keys[head]):
        return True
    attached = _attachment(claim, index)
    if role != "other" or attached is None:
        return False
    mentions = source.clause.positions.get(claim.keys[index], ())
    return any(attached == _attachment(source.clause, i) for i in mentions)


def _attachment(clause: ParsedSentence, index: int) -> tuple[str, str] | None:
    """(preposition, predicate of its clause) for the noun of a prepositional phrase.

    Parsers differ on whether "in Moscow" hangs on "hold" or on "talks" in "hold talks in
    Moscow"; that it is said of this clause is what counts.
    """
    if clause.tokens[index].dep != "pobj":
        return None
    preposition = clause.tokens[index].head
    predicate = predicate_above(clause, index)
    return (clause.keys[preposition], clause.keys[predicate]) if predicate is not None else None


def _source_roles(source: ParsedSentence, below: int, above: int) -> Iterator[str]:
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


def polarity(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """What the evidence denies the claim denies, clause by clause, and nothing else.

    "The talks failed to bring a deal" is not denied by "no deal was reached": that is for
    the model. "They have signed" is, by "they have not signed".
    """
    report = Report("polarity")
    for index in claim.content:
        if not claim.is_predicate(index):
            continue
        denied = _denied(claim, index)
        told = _matching_mentions(claim, index, evidence)
        opposite = bool(told) and all(denied != _denied(*each) for each in told)
        alone = denied and not any(_negative(each.parsed) for each in evidence)
        if opposite or alone:
            report.failed.append(claim.tokens[index].text)
    return report.check()


def _negative(clause: ParsedSentence) -> bool:
    """Whether a text denies or refuses anything at all."""
    return any(
        token.text.lower() in NEGATIONS or token.lemma.lower() in REFUSING_LEMMAS
        for token in clause.tokens
    )


def _denied(clause: ParsedSentence, index: int) -> bool:
    """Whether an odd number of negations stands with the predicate or with what it takes."""
    near = [index, *clause.children[index]]
    near += [
        below
        for child in clause.children[index]
        if clause.tokens[child].dep in {"dobj", "attr", "nsubj", "nsubjpass", "prep", "acomp"}
        for below in clause.children[child]
    ]
    found = sum(clause.tokens[each].text.lower() in NEGATIONS for each in near)
    token = clause.tokens[index]
    refused = token.dep in REPORTED and clause.tokens[token.head].lemma.lower() in REFUSING_LEMMAS
    return (found + refused) % 2 == 1


def hedges(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Nothing is said more surely, more fully or on less authority than the evidence says it.

    For every predicate some source sentence must hold it under the same modal verbs,
    conditions, reporting verbs and named sources; and a word that limits another
    ("almost", "former", "alleged") goes where the other goes.
    """
    report = Report("hedges")
    for index in claim.content:
        told = _matching_mentions(claim, index, evidence)
        if told:
            missing = min((_lost(claim, index, *each) for each in told), key=len)
            report.failed.extend(missing)
    return report.check()


def ordered(claim: ParsedSentence, evidence: Sequence[Evidence]) -> Check:
    """Nothing is said that the evidence only orders somebody to say.

    "Vos was arrested" is not what "write that Vos was arrested" reports, nor "the summary must say that
    Vos was arrested".
    """
    report = Report("hedges")
    for index in claim.content:
        if not claim.is_predicate(index):
            continue
        # Every mention, so that an order takes nothing from what is said elsewhere.
        orders = [
            _order_above(each.parsed, other)
            for each in evidence
            for other in each.parsed.positions.get(claim.keys[index], ())
            if each.parsed.is_predicate(other)
        ]
        if orders and all(orders) and _order_above(claim, index) is None:
            report.failed.append(orders[0] or "")
    return report.check()


def _order_above(source: ParsedSentence, index: int) -> str | None:
    """The verb that orders to say what the predicate at `index` tells: in its base form without a subject, or under
    a modal verb."""
    below = index
    for each in islice(source.ancestors(index), MAX_ABOVE):
        if source.tokens[below].dep in REPORTED and source.tokens[each].tag == "VB":
            children = [source.tokens[child] for child in source.children[each]]
            helpers = {token.tag for token in children if token.dep in {"aux", "auxpass"}}
            subject = any(token.dep in SUBJECT for token in children)
            if helpers == {"MD"} or not (helpers or subject):
                return source.tokens[each].text
        below = each
    return None


HEDGING = frozenset({"may", "might", "could", "would", "likely", "probably", "possibly", "perhaps",
                     "reportedly", "allegedly", "apparently", "seemingly"})  # fmt: skip
"""Words that say that something is not sure; one may stand for another."""

ROUNDING = frozenset({"about", "around", "roughly", "approximately", "nearly", "almost", "some", "over",
                      "than", "under", "least", "most", "only"})  # fmt: skip
"""Words beside a number that may go: the number itself stands."""


def _lost(claim: ParsedSentence, index: int, source: ParsedSentence, other: int) -> list[str]:
    """What limits `other` in the source and is not kept at `index` in the claim, as words."""
    hedged = any(claim.tokens[child].text.lower() in HEDGING for child in claim.children[index])
    lost = [
        source.tokens[child].text
        for child in source.children[other]
        if _limits(source, child)
        and source.keys[child] not in _keys_below(claim, index)
        and not (is_number(source.tokens[other]) and source.tokens[child].text.lower() in ROUNDING)
        and not (hedged and source.tokens[child].text.lower() in HEDGING)
    ]
    if not (claim.is_predicate(index) and source.is_predicate(other)):
        return lost
    above = {claim.keys[each] for each in claim.ancestors(index)} | _keys_below(claim, index)
    below = other
    for each in islice(source.ancestors(other), MAX_ABOVE):
        dep = source.tokens[below].dep
        reported = dep in REPORTED or (dep in {"acl", "relcl"} and _complement(source, below))
        if reported and source.keys[each] not in above and not _granted(claim, index, source, each):
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
    if not CONDITIONS & {token.text.lower() for token in claim.tokens}:
        lost.extend(
            source.tokens[mark].text
            for child in source.children[other]
            if source.tokens[child].dep == "advcl"
            for mark in source.children[child]
            if source.tokens[mark].text.lower() in {"if", "unless"}
        )
    if _unreal(source, other) and not _unreal(claim, index):
        lost.append("to " + source.tokens[other].text)
    return lost


NEUTRAL_REPORTING_VERBS = frozenset({"say", "tell", "add", "note", "state", "write", "report", "announce", "explain",
                    "comment", "observe", "remark", "reply"})  # fmt: skip
"""Verbs that report without a view; one may stand for another."""

FACTIVES = frozenset({"know", "confirm", "show", "find", "reveal", "realize", "realise", "discover",
                  "learn", "see", "manage", "help", "begin", "start", "continue", "convict",
                  "sentence", "understand", "acknowledge", "admit", "emphasize", "mention"})  # fmt: skip
"""Verbs that presuppose the clause under them: who "confirmed that it fell" takes it for a fact, so a
claim may say "it fell" without them."""

OF_RECORD = frozenset({"police", "authority", "authorities", "judge", "court", "document", "record",
                       "filing", "coroner", "sheriff"})  # fmt: skip
"""Sources whose reports of fact news prints without naming them again."""


OUTLETS = frozenset({"ap", "afp", "reuters", "bbc", "cnn", "nbc", "abc", "cbs", "times", "post", "herald",
                     "tribune", "journal", "guardian", "telegraph", "independent", "gazette",
                     "chronicle", "variety", "bloomberg", "upi", "xinhua", "tass"})  # fmt: skip
"""Last words of the names of news outlets: who published a fact is no hedge on it."""


UNNAMED = frozenset({"source", "insider", "report", "rumor", "rumour", "witness"})
"""Who is not named, or not bound to be right: what they confirm is still only theirs."""


def _granted(claim: ParsedSentence, index: int, source: ParsedSentence, verb: int) -> bool:
    """Whether the claim may say what the source says under `verb` without that verb: a factive verb,
    or a reporting verb where the claim has a reporting verb or source of its own or the source's
    subject is one of record or a news outlet."""
    lemma = source.tokens[verb].lemma.lower()
    subjects = [source.tokens[i] for i in source.children[verb] if source.tokens[i].dep == "nsubj"]
    if lemma in FACTIVES:
        return not any(token.lemma.lower() in UNNAMED for token in subjects)
    if lemma not in NEUTRAL_REPORTING_VERBS:
        return False
    said = {claim.tokens[i].lemma.lower() for i in claim.ancestors(index)}
    said |= {claim.tokens[i].lemma.lower() for i in _governed(claim, index)}
    if said & (NEUTRAL_REPORTING_VERBS | SOURCES):
        return True
    return any(
        {token.lemma.lower(), token.text.lower()} & (OF_RECORD | OUTLETS) for token in subjects
    )


def _complement(source: ParsedSentence, index: int) -> bool:
    """Whether a clause on a noun is its content: "the claim that it fell"."""
    return any(source.tokens[child].dep == "mark" for child in source.children[index])


def _governed(source: ParsedSentence, index: int) -> Iterator[int]:
    """Children of the predicate and of the words above it."""
    for each in (index, *islice(source.ancestors(index), MAX_ABOVE)):
        yield from source.children[each]


def _keys_below(clause: ParsedSentence, index: int) -> set[str]:
    return {clause.keys[each] for each in clause.children[index]} | {clause.keys[index]}


def _limits(source: ParsedSentence, child: int) -> bool:
    token = source.tokens[child]
    word = token.text.lower()
    return (
        word in LIMITERS
        or token.tag == "MD"
        or (token.dep == "mark" and word in CONDITIONS)
        or (token.dep == "cc" and word in {"or", "nor"})
    )


def _unreal(clause: ParsedSentence, index: int) -> bool:
    """An infinitive or a modal: planned or possible, not done."""
    return any(
        clause.tokens[child].tag in {"TO", "MD"} and clause.tokens[child].dep == "aux"
        for child in clause.children[index]
    )
