"""Quotations: whose words the sentences of a quotation are.

A quotation of several sentences has its marks at both ends and its speaker in one sentence.
Journalism names the speaker where the quotation begins or after its first sentence, and what is
quoted right behind that, in the same paragraph, are the same person's words.
"""

from __future__ import annotations

from service.pipeline.linguistics.normalisation import is_person
from service.pipeline.linguistics.parse import (
    ParsedSentence,
    inside,
    opens,
    quotation_marks,
    quotations,
)

REPORTING_VERBS = frozenset({"say", "tell", "add", "note", "state", "write", "argue", "report", "announce",
                    "warn", "explain", "ask", "reply", "tweet", "post", "declare", "insist"})  # fmt: skip

QUOTATIVE_VERBS = REPORTING_VERBS | {"recall", "admit", "continue", "allege", "caution", "claim", "joke", "conclude",
                  "respond", "acknowledge", "concede", "predict", "remark", "recount", "lament"}  # fmt: skip
"""Lemmas of verbs that go with words quoted, in any tense."""

MAX_SPEAKER = 8
"""Words of a speaker's name with what stands before it: "Pentagon spokesman Col. Rob Manning"."""

PERSONAL = frozenset({"he", "she", "they", "i", "we"})

CLOSING = {'"': '"', "\u201c": "\u201d"}
OPENING = {'"': '"', "\u201d": "\u201c"}
"""A mark → the one that closes or opens what it begins or ends."""


def marks(text: str, quoted: str) -> tuple[str, str]:
    """The quotation marks that a sentence lacks in front and behind, "" where it lacks none;
    `quoted` is the mark of the quotation that it begins in, or "".

    >>> marks("It is late,\u201d he said.", "")
    ('“', '')
    >>> marks('"It is late.', ""), marks("We go home.", "\u201c")
    (('', '"'), ('“', '”'))
    """
    held = quotation_marks(text)
    if not held:
        return quoted, CLOSING.get(quoted, "")
    first, last = held[0], held[-1]
    front = "" if opens(text, first) else OPENING[text[first]]
    return front, CLOSING[text[last]] if opens(text, last) else ""


def all_quoted(text: str) -> bool:
    """Whether no word stands outside quotation marks.

    >>> all_quoted('"It is late."'), all_quoted('"It is late," he said.')
    (True, False)
    """
    spans = quotations(text)
    quoted = inside(spans)
    return bool(spans) and all(quoted(k) for k, letter in enumerate(text) if letter.isalnum())


def mostly_quoted(text: str) -> bool:
    """Whether half of it or more stands between quotation marks."""
    return 2 * sum(end - start for start, end in quotations(text)) >= len(text)


def attributed(clause: ParsedSentence) -> bool:
    """Whether the text outside its quotation marks has a noun or name that does or says something,
    or names a source."""
    outside = _outside(clause)
    return any(
        (
            clause.is_predicate(i)
            and any(
                each in outside
                and clause.tokens[each].dep in {"nsubj", "nsubjpass"}
                and clause.tokens[each].pos in {"PROPN", "NOUN"}
                for each in clause.children[i]
            )
        )
        or clause.tokens[i].lemma.lower() == "accord"
        for i in outside
    )


def sayings(clause: ParsedSentence) -> list[tuple[int, int]]:
    """Indices of each verb that goes with words quoted, itself outside quotation marks, and of its
    subject: in `"It is late," Vos said.` those of "said" and "Vos"."""
    return [
        (verb, subject)
        for verb in sorted(_outside(clause))
        if clause.tokens[verb].lemma.lower() in QUOTATIVE_VERBS
        for subject in clause.children[verb]
        if clause.tokens[subject].dep == "nsubj"
    ]


def named_speaker(clause: ParsedSentence) -> str | None:
    """The name of the first who says something in the sentence: "Angela Vos"; None where nobody is
    named."""
    for _, subject in sayings(clause):
        if clause.tokens[subject].pos == "PROPN":
            own = (i for i in clause.subtree(subject) if i <= subject)
            return " ".join(clause.tokens[i].text for i in own if clause.tokens[i].pos == "PROPN")
    return None


def speaker(clause: ParsedSentence) -> str | None:
    """Who says what the clause quotes, with the verb: "Angela Vos told reporters"; None where
    nobody is named, or more than one."""
    if not quotations(clause.text, unclosed=True):
        return None
    found = {_says(clause, *saying) for saying in sayings(clause)}
    return found.pop() if len(found) == 1 else None


def names_several(clause: ParsedSentence) -> bool:
    """Whether more than one person does or says something outside its quotation marks: then what is quoted
    behind it may be anybody's of them."""
    outside = _outside(clause)
    persons = {
        clause.tokens[i].text.lower()
        for i in outside
        if clause.tokens[i].dep in {"nsubj", "nsubjpass"}
        and (
            clause.tokens[i].pos == "PROPN"
            or clause.tokens[i].text.lower() in PERSONAL
            or (clause.tokens[i].pos == "NOUN" and is_person(clause.tokens[i].lemma))
        )
    }
    return len(persons) > 1


def _says(clause: ParsedSentence, verb: int, subject: int) -> str | None:
    """Subject, verb and, for "told", whom: None where the subject is a pronoun or long, or the verb
    denied or not plain past or present."""
    token = clause.tokens[verb]
    before = [i for i in clause.subtree(subject) if i <= subject]
    if (
        clause.tokens[subject].pos not in {"PROPN", "NOUN"}
        or before != list(range(before[0], subject + 1))
        or len(before) > MAX_SPEAKER
        or token.tag not in {"VBD", "VBZ", "VBP"}
        or any(clause.tokens[i].dep in {"aux", "neg", "mark"} for i in clause.children[verb])
    ):
        return None
    first = clause.tokens[before[0]]
    name = clause.text[first.start : clause.tokens[subject].end]
    if before[0] == 0 and first.pos != "PROPN":
        name = name[:1].lower() + name[1:]
    spoke = token.text.lower()
    whom = [i for i in clause.children[verb] if clause.tokens[i].dep in {"dobj", "dative"}]
    if token.lemma.lower() != "tell":
        return f"{name} {spoke}"
    if not whom or clause.tokens[whom[0]].pos == "PRON":
        return None
    own = clause.subtree(whom[0])
    listener = clause.text[clause.tokens[own[0]].start : clause.tokens[whom[0]].end]
    return f"{name} {spoke} {listener}"


def with_speaker(text: str, who: str) -> str:
    """A quotation with its speaker behind it.

    >>> with_speaker('"It is late."', "Vos said")
    '"It is late," Vos said.'
    """
    body, mark = text[:-1], text[-1]
    if body.endswith((".", ",")) and not body.endswith(".."):
        body = f"{body[:-1]},"
    elif not body.endswith(("!", "?")):
        body = f"{body},"
    return f"{body}{mark} {who}."


def _outside(clause: ParsedSentence) -> set[int]:
    """Indices of the tokens that stand in no quotation."""
    quoted = inside(quotations(clause.text, unclosed=True))
    return {
        i
        for i, token in enumerate(clause.tokens)
        if token.pos != "PUNCT" and not quoted(token.start)
    }
